import { CURRENT_ENGINE } from '#contracts/pipeline.ts';
import type { Db } from '#server/platform/db.ts';
import type { JobHandler } from '#server/platform/queue.ts';
import { facesRevision } from '../face-index.ts';
import * as searches from '../searches.repository.ts';
import type { SearchMatcher } from './match-search.job.ts';

/**
 * Brings a newly approved photo to the open searches of its event: each is compared anew with everything, so that results
 * never depend on the order of uploads. A search remembers the revision it has seen: after a batch of a hundred photos the
 * first job does the work and the others find nothing left to do.
 */
export function createMatchPhotoJob(deps: { db: Db; matcher: SearchMatcher }): JobHandler<'match-photo'> {
  const turns = new Map<string, Promise<void>>();

  async function refresh(eventId: string): Promise<void> {
    const revision = await facesRevision(deps.db, eventId);
    for (const { id } of await searches.findOpenSearches(deps.db, eventId, CURRENT_ENGINE, revision))
      await deps.matcher.run(id);
  }
  /** One at a time for each event; whoever waits finds most of it done. */
  function inTurn(eventId: string): Promise<void> {
    const before = turns.get(eventId) ?? Promise.resolve();
    const mine = before.catch(() => {}).then(() => refresh(eventId));
    turns.set(eventId, mine);
    const leave = () => {
      if (turns.get(eventId) === mine) turns.delete(eventId);
    };
    mine.then(leave, leave);
    return mine;
  }
  return async ({ photoId }) => {
    const photo = await deps.db
      .selectFrom('photos')
      .select('event_id as eventId')
      .where('id', '=', photoId)
      .where('status', '=', 'approved')
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (photo) await inTurn(photo.eventId);
  };
}
