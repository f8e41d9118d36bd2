import type { Db } from '#server/platform/db.ts';
import type { JobHandler } from '#server/platform/queue.ts';
import { facesRevision } from '../event-faces.repository.ts';
import type { SearchMatcher } from './match-search.job.ts';

/**
 * Brings a newly approved photo to the open searches of its event: those that it may change are compared anew with
 * everything, so that results never depend on the order of uploads. A search remembers the revision it has seen: after a
 * batch of a hundred photos the first job does the work and the others find nothing left to do.
 */
export function createMatchPhotoJob(deps: { db: Db; matcher: SearchMatcher }): JobHandler<'match-photo'> {
  const running = new Map<string, { isAskedAgain: boolean }>();

  /**
   * One at a time for each event. Whoever comes meanwhile leaves word and goes: the one that runs ends only when all is
   * done, and is repeated as a whole when it dies.
   */
  async function refreshOnce(eventId: string): Promise<void> {
    const other = running.get(eventId);
    if (other) {
      other.isAskedAgain = true;
      return;
    }
    const mine = { isAskedAgain: false };
    running.set(eventId, mine);
    try {
      do {
        mine.isAskedAgain = false;
        const revision = await facesRevision(deps.db, eventId);
        await deps.matcher.refresh(eventId, revision, () => mine.isAskedAgain);
      } while (mine.isAskedAgain);
    } finally {
      running.delete(eventId);
    }
  }
  return async ({ photoId }) => {
    const photo = await deps.db
      .selectFrom('photos')
      .select('event_id as eventId')
      .where('id', '=', photoId)
      .where('status', '=', 'approved')
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (photo) await refreshOnce(photo.eventId);
  };
}
