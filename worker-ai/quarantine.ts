import { sql } from 'kysely';
import type { Db } from '#server/platform/db.ts';

/** A photo that ended this many runs without a word (killed the process, or hung) is not tried again by itself. */
export const MAX_STRIKES = 5;
/** From here on it is tried alone, so that nobody beside it takes the blame or is torn down with it. */
const ALONE_FROM = 2;

export type Quarantine = ReturnType<typeof createQuarantine>;

/**
 * Counts runs that began and never ended, in the database, where a dead process cannot take the count with it. A run that ends,
 * well or with an error, takes its mark back: an unreachable store is not the photo's fault.
 */
export function createQuarantine({ db }: { db: Db }) {
  const running = new Set<string>();
  const waiting: Array<{ isAlone: boolean; start: () => void }> = [];
  let sharing = 0;
  let isExclusive = false;

  function admit(): void {
    for (let next = waiting[0]; next; next = waiting[0]) {
      if (isExclusive || (next.isAlone && sharing > 0)) return;
      waiting.shift();
      if (next.isAlone) isExclusive = true;
      else sharing++;
      next.start();
    }
  }
  const enter = (isAlone: boolean) =>
    new Promise<void>((start) => {
      waiting.push({ isAlone, start });
      admit();
    });
  function leave(isAlone: boolean): void {
    if (isAlone) isExclusive = false;
    else sharing--;
    admit();
  }
  const mark = async (photoId: string): Promise<number> => {
    const row = await db
      .updateTable('photos')
      .set({ index_attempts: sql<number>`index_attempts + 1` })
      .where('id', '=', photoId)
      .returning('index_attempts as strikes')
      .executeTakeFirst();
    return row?.strikes ?? 1;
  };
  const clear = (photoIds: readonly string[]) =>
    db
      .updateTable('photos')
      .set({ index_attempts: sql<number>`greatest(index_attempts - 1, 0)` })
      .where('id', 'in', [...photoIds])
      .execute();

  return {
    /** Runs the work; 'given_up' without running it when the photo had its chances. */
    async run(photoId: string, work: () => Promise<void>): Promise<'done' | 'given_up'> {
      const row = await db
        .selectFrom('photos')
        .select('index_attempts as strikes')
        .where('id', '=', photoId)
        .executeTakeFirst();
      const before = row?.strikes ?? 0;
      if (before >= MAX_STRIKES) return 'given_up';
      const isAlone = before >= ALONE_FROM;
      await enter(isAlone);
      try {
        await mark(photoId);
        running.add(photoId);
        await work();
        return 'done';
      } finally {
        leave(isAlone);
        // The work was cut off by a stop: `forgive` did it already.
        if (running.delete(photoId)) await clear([photoId]);
      }
    },
    /** A worker that stops cuts off what runs: none of it is to blame. */
    async forgive(): Promise<void> {
      const photoIds = [...running];
      running.clear();
      if (photoIds.length > 0) await clear(photoIds);
    },
    get running(): number {
      return running.size;
    },
  };
}
