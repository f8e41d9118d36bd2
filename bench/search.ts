import { normalize } from '#face/descriptor.ts';
import { buildIndex, searchIndex } from '#face/search.ts';

console.table(measureSearch([1000, 10_000]));

/** Milliseconds to build and to search, by size of the event, on made-up faces of twenty photos a person. */
function measureSearch(sizes: readonly number[]) {
  let state = 1;
  const noise = () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      sum += state / 2 ** 32;
    }
    return sum;
  };
  const vector = (scale: number) => Float32Array.from({ length: 128 }, () => noise() * scale);
  const sum = (...parts: Float32Array[]) =>
    normalize(parts[0]!.map((_, i) => parts.reduce((s, part) => s + part[i]!, 0)));
  const mean = normalize(vector(1));
  return sizes.map((size) => {
    const people = Array.from({ length: Math.ceil(size / 20) }, () => vector(0.038));
    const faces = Array.from({ length: size }, (_, i) => ({
      photoId: `photo-${i}`,
      faceId: `face-${i}`,
      descriptor: sum(mean, people[i % people.length]!, vector(0.018)),
      quality: 0.9,
    }));
    const start = performance.now();
    const index = buildIndex(faces);
    const build = Math.round(performance.now() - start);
    const taken = Array.from({ length: 30 }, (_, i) => {
      const query = sum(mean, people[i % people.length]!, vector(0.018));
      const from = performance.now();
      searchIndex(index, query);
      return performance.now() - from;
    }).sort((a, b) => a - b);
    return {
      faces: size,
      buildMs: build,
      medianMs: Math.round(taken[15]! * 100) / 100,
      p95Ms: Math.round(taken[28]! * 100) / 100,
    };
  });
}
