import { onWiped, openIdb } from '../idb.ts';
import { kvAll, kvDelete } from '../kv.ts';
import { type Effect, laneOf, type NewEffect, type Outcome, type Step } from './effects.ts';

const idb = openIdb('px-outbox', 1, (db) => {
  db.createObjectStore('effects', { keyPath: 'seq', autoIncrement: true });
  db.createObjectStore('outcomes', { keyPath: 'id' });
});
type Rows = 'effects' | 'outcomes';
const write = <T>(store: Rows | Rows[], act: (at: IDBTransaction) => IDBRequest<T>): Promise<T> =>
  idb.run(store, 'readwrite', act);
const readAll = <T>(store: Rows): Promise<T[]> =>
  idb.run(store, 'readonly', (at) => at.objectStore(store).getAll()) as Promise<T[]>;

/** What the device did not keep: sent all the same while this page lives, and handed over when it keeps again. */
const memory = { effects: new Map<string, Effect>(), outcomes: new Map<string, Outcome>(), ended: new Set<string>() };
let memorySeq = Number.MAX_SAFE_INTEGER - 1e9;
export const isInMemory = (): boolean => memory.effects.size > 0;

/** What lay on the device when it was looked at last: thrown away by the browser, it is sent from here, under the same keys. */
const known = new Map<string, Effect>();
onWiped(() => {
  for (const effect of known.values()) memory.effects.set(effect.id, effect);
});

export async function addEffect(effect: NewEffect & Omit<Effect, 'seq' | 'lane'>): Promise<Effect> {
  const row = { ...effect, lane: laneOf(effect) };
  try {
    const seq = (await write('effects', (at) => at.objectStore('effects').add(row))) as number;
    known.set(row.id, { ...row, seq });
    return { ...row, seq };
  } catch {
    const kept = { ...row, seq: memorySeq++ };
    memory.effects.set(kept.id, kept);
    return kept;
  }
}

/** Everything that waits, in the order it was done; also what an earlier visit, an older version or another tab left. */
export async function listEffects(): Promise<Effect[]> {
  let kept = await readAll<Effect>('effects').catch(() => null);
  if (kept && (memory.effects.size > 0 || memory.ended.size > 0)) {
    handing ??= handOver().finally(() => {
      handing = null;
    });
    await handing;
    kept = await readAll<Effect>('effects').catch(() => null);
  }
  const all = new Map<string, Effect>();
  for (const effect of [...(kept ?? []), ...memory.effects.values()])
    if (!all.has(effect.id) && !memory.ended.has(effect.id)) all.set(effect.id, effect);
  if (kept) {
    known.clear();
    for (const effect of all.values()) known.set(effect.id, effect);
  }
  return [...all.values()].sort((a, b) => a.seq - b.seq);
}

let handing: Promise<void> | null = null;
/** The device keeps again: what memory held goes there, in its order. One tab at a time: another may hold the same. */
const handOver = (): Promise<void> =>
  typeof navigator !== 'undefined' && navigator.locks
    ? navigator.locks.request('px-outbox-rows', handOverAlone).then(() => undefined)
    : handOverAlone();

async function handOverAlone(): Promise<void> {
  const kept = await readAll<Effect>('effects').catch(() => null);
  if (!kept) return;
  for (const id of [...memory.ended]) {
    const row = kept.find((effect) => effect.id === id);
    if (row) await write('effects', (at) => at.objectStore('effects').delete(row.seq)).catch(() => undefined);
    else memory.ended.delete(id);
  }
  for (const effect of [...memory.effects.values()].sort((a, b) => a.seq - b.seq)) {
    const { seq: _, ...row } = effect;
    if (!kept.some((other) => other.id === effect.id)) {
      const isKept = await write('effects', (at) => at.objectStore('effects').add(row)).then(
        () => true,
        () => false,
      );
      if (!isKept) return;
    }
    memory.effects.delete(effect.id);
  }
}

export async function putEffect(effect: Effect): Promise<void> {
  if (memory.effects.has(effect.id)) memory.effects.set(effect.id, effect);
  else
    await write('effects', (at) => {
      const rows = at.objectStore('effects');
      const there = rows.getKey(effect.seq);
      // Taken back meanwhile: it stays away.
      there.onsuccess = () => there.result !== undefined && rows.put(effect);
      return there;
    }).catch(() => undefined);
}

export async function removeEffect({ id, seq }: Effect): Promise<void> {
  known.delete(id);
  if (memory.effects.delete(id)) return;
  await write('effects', (at) => at.objectStore('effects').delete(seq)).catch(() => memory.ended.add(id));
}

/** The effect leaves and what became of it is written down, in one transaction. */
export async function settleEffect(outcome: Outcome): Promise<void> {
  const { id, effect } = outcome;
  known.delete(id);
  const wasInMemory = memory.effects.delete(id);
  await write(['effects', 'outcomes'], (at) => {
    if (!wasInMemory) at.objectStore('effects').delete(effect.seq);
    return at.objectStore('outcomes').put(outcome);
  }).catch(() => {
    memory.ended.add(id);
    memory.outcomes.set(id, outcome);
  });
}

export async function listOutcomes(): Promise<Outcome[]> {
  const kept = await readAll<Outcome>('outcomes').catch(() => []);
  return [...kept, ...memory.outcomes.values()].sort((a, b) => a.effect.seq - b.effect.seq);
}
export async function forgetOutcome(id: string): Promise<void> {
  memory.outcomes.delete(id);
  await write('outcomes', (at) => at.objectStore('outcomes').delete(id)).catch(() => undefined);
}

/** Effects as versions before this one kept them: taken over, under the keys they had. */
interface OldEffect extends Omit<NewEffect, 'before' | 'lane'> {
  id: string;
  createdAt: number;
  before?: Step;
}
export async function takeOver(owner: Effect['owner']): Promise<void> {
  for (const { before, ...old } of await kvAll<OldEffect>('outbox')) {
    const steps = before && [{ ...before, key: `${old.id}-before` }];
    await addEffect({ ...old, owner, attempted: true, ...(steps && { before: steps }) });
    await kvDelete('outbox', old.id);
  }
}

/** Sign-out: nothing of this person stays. */
export async function clearOutbox(): Promise<void> {
  known.clear();
  memory.effects.clear();
  memory.outcomes.clear();
  await write(['effects', 'outcomes'], (at) => {
    at.objectStore('effects').clear();
    return at.objectStore('outcomes').clear();
  }).catch(() => undefined);
}

export const resetOutboxStore = (): void => idb.reset();
