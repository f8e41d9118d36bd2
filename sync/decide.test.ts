import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type CartItemDoc, isEqual, isSame, merge } from '#contracts/sync/cart-items.ts';
import { isTold, REFUSED_REVISION, type Replicated } from '#contracts/sync/documents.ts';
import { decide, type Verdict } from './decide.ts';
import { changeKey } from './pushed.ts';

type Doc = Replicated<CartItemDoc>;
const doc = (revision: number, isIn: boolean, addedAt = ''): Doc => ({
  id: 'p',
  eventId: 'e',
  isSelected: true,
  addedAt,
  revision,
  _deleted: !isIn,
});
const ask = (question: { master?: Doc; floor?: number; wanted: Doc; assumed?: Doc; isKnown?: boolean }) =>
  decide<CartItemDoc>({
    master: question.master,
    floor: question.floor ?? 0,
    wanted: question.wanted,
    assumed: question.assumed,
    isKnown: question.isKnown ?? false,
    isSame,
  });

describe('sync/decide', () => {
  it('applies what was based on what stands, and nothing else', () => {
    const wanted = doc(0, true);
    const out = (revision: number) => doc(revision, false);
    const cases: [string, Parameters<typeof ask>[0], Verdict<CartItemDoc>['kind']][] = [
      ['put in for the first time', { wanted }, 'apply'],
      ['put in where it is in', { wanted, master: doc(3, true) }, 'same'],
      ['taken out where it never was', { wanted: out(0) }, 'same'],
      ['put in again, knowing it was taken out', { wanted, master: out(2), assumed: out(2) }, 'apply'],
      ['put in, not knowing it was taken out', { wanted, master: out(2) }, 'conflict'],
      ['put in again, a copy of an older push', { wanted, master: out(4), assumed: out(2) }, 'conflict'],
      ['taken out, knowing it', { wanted: out(1), master: doc(1, true), assumed: doc(1, true) }, 'apply'],
      [
        'taken out, a copy of an older push',
        { wanted: out(1), master: doc(3, true), assumed: doc(1, true) },
        'conflict',
      ],
      [
        'a change that took effect and was undone',
        { wanted, master: out(4), assumed: out(4), isKnown: true },
        'overtaken',
      ],
      ['put in for the first time where deletions are forgotten', { wanted, floor: 4 }, 'conflict'],
      ['put in again, the deletion was forgotten', { wanted, assumed: out(4), floor: 4 }, 'apply'],
      ['put in again, a later deletion was forgotten', { wanted, assumed: out(2), floor: 4 }, 'conflict'],
      ['changed, its deletion was forgotten', { wanted, assumed: doc(3, true), floor: 4 }, 'conflict'],
      ['changed, a restored server never had it', { wanted, assumed: doc(9, true), floor: 4 }, 'apply'],
    ];
    for (const [what, question, kind] of cases) assert.equal(ask(question).kind, kind, what);
    const answer = ask({ wanted: { ...wanted, eventId: 'mine' }, floor: 4 }) as { master: Doc };
    assert.deepEqual(
      answer.master,
      { ...doc(4, false), eventId: 'mine' },
      'what was forgotten looks like its last deletion',
    );
  });

  // Two devices and a server that forgets deletions, on a line that loses answers and delivers copies of whatever was ever sent.
  it('in any order of taps, pushes, lost answers, late copies and forgotten deletions: each tap counts once at most, no copy counts', () => {
    const action = fc.oneof(
      { weight: 4, arbitrary: fc.record({ do: fc.constant('tap' as const), who: fc.nat(1) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('push' as const), who: fc.nat(1), isHeard: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('pull' as const), who: fc.nat(1), isNoted: fc.boolean() }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('copy' as const), of: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('order' as const), who: fc.nat(1) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('late look' as const), who: fc.nat(1), of: fc.nat() }) },
    );
    fc.assert(
      fc.property(fc.array(action, { minLength: 5, maxLength: 60 }), fc.boolean(), (actions, isNamed) => {
        const world = makeWorld(isNamed);
        for (const each of actions) {
          if (each.do === 'tap') world.tap(each.who);
          else if (each.do === 'push') world.push(each.who, each.isHeard);
          else if (each.do === 'pull') world.pull(each.who, each.isNoted);
          else if (each.do === 'copy') world.copy(each.of);
          else if (each.do === 'order') world.order(each.who);
          else if (each.do === 'late look') world.lookLate(each.who, each.of);
          else world.forget();
        }
        world.settle();
      }),
      { numRuns: 3_000 },
    );
  });
});

/** In place of a tap: nobody did it. */
const NOBODYS = 0;

/** `isNamed`: devices say who they are, as the app does; without, only copies are known, by what they were based on. */
function makeWorld(isNamed: boolean) {
  let master: Doc | undefined;
  let revision = 0;
  let floor = 0;
  let taps = 0;
  const known = new Set<string>();
  const effects = new Map<number, number>();
  const sent: { row: Row; device: string }[] = [];
  interface Row {
    newDocumentState: Doc;
    assumedMasterState?: Doc;
    tap: number;
  }
  const phones = ['one', 'two'].map((device) => ({
    device,
    fork: undefined as Doc | undefined,
    assumed: undefined as Doc | undefined,
    tap: 0,
    isResolved: false,
    /** Written as the server told, not noted yet: what is pushed now is nobody's. */
    isTold: false,
    told: [] as Doc[],
    /** What was tapped here last; ordered: out. */
    word: undefined as 'in' | 'out' | undefined,
    /** An order whose answer has not come. */
    order: null as { tap: number; of: number } | null,
  }));
  const isPending = ({ fork, assumed, isResolved }: (typeof phones)[number]): boolean =>
    fork !== undefined && (isResolved || !assumed || !isEqual(assumed, fork));

  const took = (tap: number): unknown => effects.set(tap, (effects.get(tap) ?? 0) + 1);
  function arrive(
    { newDocumentState: wanted, assumedMasterState: assumed, tap }: Row,
    device: string,
  ): Doc | undefined {
    const key = changeKey(device, { newDocumentState: { ...wanted }, assumedMasterState: assumed }).toString('hex');
    const isKnown = isNamed && known.has(key);
    const verdict = decide<CartItemDoc>({ master, floor, wanted, assumed, isKnown, isSame });
    if (verdict.kind === 'conflict') return verdict.master;
    if (verdict.kind === 'overtaken') return { ...verdict.master, revision: REFUSED_REVISION };
    if (verdict.kind === 'apply') {
      took(tap);
      master = { ...wanted, revision: ++revision };
    }
    known.add(key);
    return undefined;
  }
  const world = {
    tap(who: number): void {
      const phone = phones[who]!;
      if (phone.order !== null) return;
      phone.tap = ++taps;
      const isIn = !phone.fork || phone.fork._deleted;
      // As the app writes: each tap a decision of its own, put in anew or the document deleted.
      phone.fork = isIn ? doc(-1 - taps, true, String(taps)) : { ...phone.fork!, revision: -1 - taps, _deleted: true };
      phone.word = isIn ? 'in' : 'out';
      phone.isResolved = false;
      phone.isTold = false;
    },
    /** What RxDB does: what changed goes with what was assumed; a conflict is merged, and the outcome goes next. */
    push(who: number, isHeard: boolean): void {
      const phone = phones[who]!;
      if (!isPending(phone)) return;
      const { fork, assumed, device } = phone;
      const tap = phone.isTold ? NOBODYS : phone.tap;
      const row: Row = { newDocumentState: fork!, ...(assumed && { assumedMasterState: assumed }), tap };
      if (!isTold(row)) sent.push({ row, device });
      // What the server told comes back as it is, and is not sent.
      const conflict = isTold(row) ? fork : arrive(row, device);
      if (!isHeard) return;
      phone.isResolved = false;
      if (!conflict) {
        phone.assumed = fork;
        phone.isTold = false;
        return;
      }
      phone.fork = merge({ newDocumentState: fork!, assumedMasterState: assumed, realMasterState: conflict });
      phone.assumed = conflict;
      phone.isResolved = !isEqual(conflict, phone.fork);
      phone.isTold &&= phone.isResolved;
    },
    /** Replication writes what it is told and notes it after that; a push may come in between. */
    pull(who: number, isNoted: boolean): void {
      const phone = phones[who]!;
      if (isPending(phone) && !phone.isTold) return;
      const forgotten = floor > 0 && phone.fork ? { ...phone.fork, _deleted: true, revision: floor } : undefined;
      const now = master ?? forgotten;
      if (!now) return;
      phone.fork = now;
      phone.isTold = !isNoted;
      phone.told.push(now);
      if (isNoted) phone.assumed = now;
    },
    /** It may have read what it was told before it was told more, and finds it different from what it assumes by now. */
    lookLate(who: number, of: number): void {
      const { told, assumed, device } = phones[who]!;
      const seen = told[of % Math.max(1, told.length)];
      if (!seen || (assumed && isEqual(assumed, seen))) return;
      const row: Row = { newDocumentState: seen, ...(assumed && { assumedMasterState: assumed }), tap: NOBODYS };
      if (!isTold(row)) arrive(row, device);
    },
    /** Orders what the phone has in the cart, which the server then takes out; or the answer comes, and the phone takes it out, too. */
    order(who: number): void {
      const phone = phones[who]!;
      const isIn = phone.fork !== undefined && !phone.fork._deleted;
      if (phone.order === null) {
        if (!isIn) return;
        phone.order = { tap: ++taps, of: phone.fork!.revision };
        if (!master || master._deleted) return;
        took(phone.order.tap);
        master = { ...master, revision: ++revision, _deleted: true };
        return;
      }
      const { tap, of } = phone.order;
      phone.order = null;
      phone.word = 'out';
      // Put in elsewhere after the order.
      if (!isIn || (of > 0 && phone.fork!.revision > of)) return;
      // What the server told is noted by then.
      if (phone.isTold) phone.assumed = phone.fork;
      phone.isTold = false;
      // Of a line that the server had not numbered nobody can say whether it is the one that it took out.
      phone.tap = of > 0 ? tap : ++taps;
      phone.fork = { ...phone.fork!, _deleted: true };
      phone.isResolved = false;
    },
    copy(of: number): void {
      const twin = sent[of % Math.max(1, sent.length)];
      if (!twin) return;
      const before = [master, revision];
      arrive(twin.row, twin.device);
      assert.deepEqual([master, revision], before, 'a copy changed something');
    },
    forget(): void {
      if (!master?._deleted) return;
      floor = master.revision;
      master = undefined;
    },
    settle(): void {
      for (const [who, { order }] of phones.entries()) if (order !== null) world.order(who);
      for (let turn = 0; turn < 6; turn += 1) for (const who of [0, 1]) world.push(who, true);
      for (const phone of phones) assert.ok(!isPending(phone), 'it comes to rest');
      for (const who of [0, 1]) world.pull(who, true);
      const isIn = master !== undefined && !master._deleted;
      for (const { fork } of phones) if (fork) assert.equal(!fork._deleted, isIn, 'they agree');
      const words = phones.flatMap(({ word }) => word ?? []);
      assert.ok(isIn ? words.includes('in') : words.length === 0 || words.includes('out'), 'nobody chose that');
      assert.ok(!effects.has(NOBODYS), 'what the server told took effect');
      if (isNamed) for (const count of effects.values()) assert.equal(count, 1, 'a tap took effect twice');
    },
  };
  return world;
}
