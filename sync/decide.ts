import type { Replicated } from '#contracts/sync/documents.ts';

/** One pushed row and what the server has, all under the lock of the scope. */
export interface Question<Doc> {
  /** The server's document, tombstones too; undefined where there is no row. */
  master: Replicated<Doc> | undefined;
  /** Deletions of the scope up to this revision are forgotten. */
  floor: number;
  wanted: Replicated<Doc>;
  /** What the device knew when it changed the document; undefined: nothing. */
  assumed: Replicated<Doc> | undefined;
  /** This very change took effect before. */
  isKnown: boolean;
  isSame(a: Replicated<Doc>, b: Replicated<Doc>): boolean;
}

/**
 * same: it is as wanted already. overtaken: this change took effect, others came after it; there is nothing to merge. conflict: the device
 * did not know what stands here. apply: it did.
 */
export type Verdict<Doc> =
  | { kind: 'same' | 'apply' }
  | { kind: 'overtaken'; master: Replicated<Doc> }
  | { kind: 'conflict'; master: Replicated<Doc> };

/**
 * What becomes of a pushed row. States alone say nothing about order (in, out, in again look alike), so what the device knew is compared by
 * its revision: the copy of an older push never undoes a newer change. Where a row is missing, a deletion may have been forgotten: a
 * document is as if it had been deleted at the floor.
 */
export function decide<Doc extends { revision: number }>(question: Question<Doc>): Verdict<Doc> {
  const { master, floor, wanted, assumed, isKnown, isSame } = question;
  if (master ? isSame(master, wanted) : wanted._deleted) return { kind: 'same' };
  const present = master ?? { ...wanted, _deleted: true, revision: floor };
  if (isKnown) return { kind: 'overtaken', master: present };
  const conflict: Verdict<Doc> = { kind: 'conflict', master: present };
  if (master) {
    const isAssumed = assumed !== undefined && assumed.revision === master.revision && isSame(assumed, master);
    return isAssumed ? { kind: 'apply' } : conflict;
  }
  const knew = assumed?.revision ?? 0;
  const wasThere = assumed !== undefined && !assumed._deleted;
  // Above the floor nothing was forgotten: the server never had it (a restore undid that), and takes it as new.
  return knew < floor || (wasThere && knew === floor) ? conflict : { kind: 'apply' };
}
