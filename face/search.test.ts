import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  descriptorFromBytes,
  descriptorToBytes,
  euclidean,
  isDescriptor,
  meanDescriptor,
  normalize,
} from './descriptor.ts';
import { shareAbove, thresholdFor } from './search/calibration.ts';
import { chooseCohort, crowding } from './search/cohort.ts';
import { VectorBlock } from './search/vectors.ts';
import { buildIndex, type IndexedFace, searchIndex, traceSearch } from './search.ts';

/** Deterministic numbers of mean 0 and variance 1. */
function createNoise(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** People like real descriptors: strangers at a cosine of about 0.84, one person's photos at about 0.96. */
function createPeople(count: number, seed = 1) {
  const noise = createNoise(seed);
  const vector = (scale: number) => Float32Array.from({ length: 128 }, () => noise() * scale);
  const add = (...parts: Float32Array[]) => normalize(parts[0]!.map((_, i) => parts.reduce((s, p) => s + p[i]!, 0)));
  const mean = normalize(vector(1));
  // few directions carry the differences, as in real networks: that makes look-alikes
  const axes = Array.from({ length: 40 }, () => normalize(vector(1)));
  return Array.from({ length: count }, () => {
    const person = new Float32Array(128);
    for (const axis of axes) {
      const weight = noise() * 0.068;
      for (let i = 0; i < 128; i++) person[i]! += weight * axis[i]!;
    }
    return () => add(mean, person, vector(0.018));
  });
}

function createEvent(people: ReturnType<typeof createPeople>, photosEach: number): IndexedFace[] {
  return people.flatMap((shoot, p) =>
    Array.from({ length: photosEach }, (_, k) => ({
      photoId: `photo-${p}-${k}`,
      faceId: `face-${p}-${k}`,
      descriptor: shoot(),
      quality: 0.9,
    })),
  );
}

const owners = (hits: ReturnType<typeof searchIndex>) => hits.map((hit) => Number(hit.photoId.split('-')[1]));

describe('face search', () => {
  const people = createPeople(300);
  const faces = createEvent(people, 4);
  const index = buildIndex(faces);

  it('scans exactly: no face is skipped', () => {
    const query = people[7]!();
    const cosines = VectorBlock.of(faces.map((face) => face.descriptor)).cosines(query);
    faces.forEach((face, i) => {
      assert.ok(Math.abs(Math.sqrt(2 - 2 * cosines[i]!) - euclidean(face.descriptor, query)) < 1e-3);
    });
  });

  it('finds the person and keeps strangers out of "sure"', () => {
    let found = 0;
    let strangers = 0;
    for (let p = 0; p < 40; p++) {
      const sure = searchIndex(index, people[p]!()).filter((hit) => hit.band === 'sure');
      found += owners(sure).filter((owner) => owner === p).length;
      strangers += owners(sure).filter((owner) => owner !== p).length;
    }
    assert.ok(found >= 0.9 * 160, `${found} of 160`);
    assert.ok(strangers <= 2, `${strangers} strangers`);
  });

  it('is less confident of a hit the further it lags behind the best one of the search', () => {
    const query = people[5]!();
    const stranger = people[200]!();
    const face = (id: string, descriptor: Float32Array) => ({ photoId: id, faceId: id, descriptor, quality: 0.9 });
    // faces between the searcher and a stranger, and in the second event the very picture that is searched with
    const between = Array.from({ length: 20 }, (_, i) =>
      face(`between-${i}`, normalize(query.map((value, k) => value + (0.3 + i / 5) * stranger[k]!))),
    );
    const others = faces.filter(({ photoId }) => !photoId.startsWith('photo-5-'));
    const [before, after] = [[], [face('same', query)]].map((more) =>
      searchIndex(buildIndex([...others, ...between, ...more]), query),
    );
    assert.equal(after![0]!.photoId, 'same');
    for (const hits of [before!, after!])
      for (const [i, hit] of hits.entries()) assert.ok(i === 0 || hit.confidence <= hits[i - 1]!.confidence);
    const doubtful = before!.filter(({ confidence }) => confidence < 0.9999);
    assert.ok(doubtful.length >= 2, String(doubtful.length));
    for (const hit of doubtful) {
      const now = after!.find(({ photoId }) => photoId === hit.photoId);
      assert.ok(!now || now.confidence < hit.confidence, `${now?.confidence} after ${hit.confidence}`);
    }
    assert.ok(doubtful.some((hit) => after!.some(({ photoId }) => photoId === hit.photoId)));
  });

  it('does not depend on the order of upload', () => {
    const shuffled = [...faces].sort(
      (a, b) => euclidean(a.descriptor, faces[3]!.descriptor) - euclidean(b.descriptor, faces[3]!.descriptor),
    );
    const other = buildIndex(shuffled);
    assert.deepEqual(other.calibration, index.calibration);
    for (const p of [0, 11, 222]) {
      const query = people[p]!();
      assert.deepEqual(searchIndex(other, query), searchIndex(index, query));
    }
  });

  it('gives one answer for any order of uploads: few people or many, group photos, feedback', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.constantFrom(9, 50, 120),
        fc.constantFrom(1, 3, 5),
        fc.infiniteStream(fc.integer()),
        (seed, count, perPhoto, numbers) => {
          const guests = createPeople(count, seed);
          const event = createEvent(guests, 2).map((face, i) => ({
            ...face,
            photoId: `photo-${Math.floor(i / perPhoto)}`,
          }));
          const keys = new Map(event.map((face) => [face.faceId, numbers.next().value]));
          const shuffled = [...event].sort((a, b) => keys.get(a.faceId)! - keys.get(b.faceId)!);
          const [one, other] = [buildIndex(event), buildIndex(shuffled)];
          assert.deepEqual(other.calibration, one.calibration);
          const feedback = { confirmed: ['face-3-1'], rejected: ['face-4-0'] };
          for (const options of [{}, feedback]) {
            const query = guests[3]!();
            assert.deepEqual(searchIndex(other, query, options), searchIndex(one, query, options));
          }
        },
      ),
      { numRuns: 12, seed: 7 },
    );
  });

  it('keeps what "sure" promises in small and large events', () => {
    for (const [count, photosEach] of [
      [10, 3],
      [100, 3],
      [700, 2],
    ] as const) {
      const guests = createPeople(count, 40 + count);
      const event = buildIndex(createEvent(guests, photosEach));
      let strangers = 0;
      const searches = Math.min(100, count);
      for (let p = 0; p < searches; p++) {
        const sure = searchIndex(event, guests[p]!()).filter((hit) => hit.band === 'sure');
        strangers += owners(sure).filter((owner) => owner !== p).length;
      }
      // one more than 1.5 times what is promised can be chance
      assert.ok(strangers <= event.calibration.promise.sure * searches * 1.5 + 1, `${count} people: ${strangers}`);
    }
  });

  it('compares with people chosen by their faces alone, nobody twice, and at most so many', () => {
    const gallery = index.internals.gallery;
    const other = buildIndex([...faces].reverse()).internals.gallery;
    for (const limit of [40, 10_000]) {
      const [one, two] = [gallery, other].map((each) => chooseCohort(each, 0.94, limit).vectors);
      assert.equal(one!.count, two!.count);
      assert.ok(
        limit === 40 ? one!.count === 40 : one!.count >= 250 && one!.count <= 350,
        `${one!.count} of 300 people`,
      );
      for (let i = 0; i < one!.count; i++) {
        assert.deepEqual(one!.at(i), two!.at(i));
        assert.equal(one!.nearest(one!.at(i), 2).filter(({ score }) => score >= 0.94).length, 1);
      }
    }
  });

  it('is stricter where faces that share a photo look alike: a family, a team', () => {
    const alone = createEvent(createPeople(100, 9), 3);
    const photoOf = (i: number) => i % 100;
    const together = alone.map((face, i) => ({ ...face, photoId: `photo-${photoOf(i)}` }));
    // every third photo shows relatives: different people, more like one of them than strangers are
    const alike = together.map((face, i) =>
      photoOf(i) % 3 === 0
        ? { ...face, descriptor: meanDescriptor([alone[photoOf(i)]!.descriptor, face.descriptor]) }
        : face,
    );
    const [usual, family] = [buildIndex(together).calibration, buildIndex(alike).calibration];
    assert.equal(usual.strangerPairs, 300);
    assert.ok(family.strangerPairs > 200 && family.inflation > usual.inflation * 1.5, JSON.stringify(family));
  });

  it('lets no hit vouch for itself, and the others find what the query alone would not', () => {
    const [query, ...rest] = Array.from({ length: 6 }, people[9]!);
    const { internals } = index;
    const found = traceSearch(index, query!);
    const known = found.expandedBy.filter((id) => id.startsWith('face-9-'));
    assert.ok(known.length >= 2 && internals.gallery.count === faces.length && rest.length === 5);
    // a face that moves the query has the score it gets without itself: alone, that of the plain query
    const only = buildIndex(faces.filter((face) => !face.faceId.startsWith('face-9-') || face.faceId === known[0]));
    const [hit] = searchIndex(only, query!);
    const shift = crowding(normalize(query!), only.internals.cohort) / 2;
    const row = only.internals.gallery.rowOfFace(known[0]!);
    const plain = only.internals.gallery.exact(query!, row) - only.internals.gallery.offset(row) - shift;
    assert.equal(hit!.faceId, known[0]);
    assert.ok(Math.abs(hit!.confidence - 1 / (1 + shareAbove(plain, only.calibration) * only.faces)) < 1e-6);
  });

  it('shows a photo once, with its best face, best first', () => {
    const crowd = faces.map((face, i) => ({ ...face, photoId: `photo-${Math.floor(i / 8)}` }));
    const hits = searchIndex(buildIndex(crowd), people[0]!());
    assert.equal(new Set(hits.map((hit) => hit.photoId)).size, hits.length);
    for (let i = 1; i < hits.length; i++) assert.ok(hits[i]!.confidence <= hits[i - 1]!.confidence);
  });

  it('works in an event of a few group photos', () => {
    const guests = createPeople(12, 5);
    const few = Array.from({ length: 6 }, (_, photo) =>
      guests.flatMap((shoot, guest) =>
        (guest + photo) % 3 === 0
          ? []
          : [{ photoId: `photo-${photo}`, faceId: `face-${guest}-${photo}`, descriptor: shoot(), quality: 0.9 }],
      ),
    ).flat();
    const small = buildIndex(few);
    for (const [guest, shoot] of guests.entries()) {
      const hits = searchIndex(small, shoot());
      const own = hits.filter((hit) => hit.faceId.startsWith(`face-${guest}-`));
      assert.ok(own.length >= 3, `guest ${guest} finds ${own.length} of 4`);
      assert.ok(hits.length - own.length <= 1, `guest ${guest} sees ${hits.length - own.length} strangers`);
    }
  });

  it('survives events of one face, of one person and of nobody', () => {
    const alone = people[0]!;
    assert.deepEqual(searchIndex(buildIndex([]), alone()), []);
    const one = { photoId: 'p', faceId: 'f', descriptor: alone(), quality: 1 };
    assert.equal(searchIndex(buildIndex([one]), alone())[0]?.band, 'sure');
    const portraits = Array.from({ length: 20 }, (_, i) => ({
      ...one,
      photoId: `p${i}`,
      faceId: `f${i}`,
      descriptor: alone(),
    }));
    assert.equal(searchIndex(buildIndex(portraits), alone()).length, 20);
    const broken = { ...one, descriptor: new Float32Array(128) };
    assert.equal(buildIndex([broken, one]).faces, 1);
  });

  it('follows "me" and "not me" for this search only', () => {
    const query = people[5]!();
    const before = searchIndex(index, query);
    const own = before[0]!;
    const without = searchIndex(index, query, { rejected: [own.faceId] });
    assert.ok(!without.some((hit) => hit.photoId === own.photoId));
    const stranger = 'face-200-0';
    const confirmed = searchIndex(index, query, { confirmed: [stranger] });
    assert.deepEqual([confirmed[0]!.photoId, confirmed[0]!.band], ['photo-200-0', 'sure']);
    assert.deepEqual(searchIndex(index, query), before);
  });

  it("thresholds and shares are each other's inverse, and stricter means higher", () => {
    const { calibration } = index;
    let last = Number.NEGATIVE_INFINITY;
    for (const share of [1e-2, 1e-3, 1e-4, 1e-5, 1e-6]) {
      const threshold = thresholdFor(share, calibration);
      assert.ok(threshold > last);
      last = threshold;
      assert.ok(Math.abs(Math.log(shareAbove(threshold, calibration) / share)) < 1e-6);
    }
  });
});

describe('face descriptors', () => {
  it('survive the way through the database bit by bit', () => {
    const descriptor = createPeople(1)[0]!();
    assert.deepEqual(descriptorFromBytes(descriptorToBytes(descriptor)), descriptor);
    assert.throws(() => descriptorFromBytes(new Uint8Array(511)), RangeError);
  });

  it('are 128 numbers of length 1', () => {
    const descriptor = createPeople(1)[0]!();
    assert.ok(isDescriptor(descriptor) && isDescriptor(meanDescriptor([descriptor, descriptor])));
    assert.ok(
      !isDescriptor(descriptor.map((v) => v * 2)) && !isDescriptor(new Float32Array(128)) && !isDescriptor([1]),
    );
    assert.ok(!isDescriptor(descriptor.map((v, i) => (i === 4 ? Number.NaN : v))));
    assert.throws(() => normalize(new Float32Array(128)), RangeError);
  });
});
