import { AppError } from '#contracts/errors.ts';
import type { PhotoStatus } from '#contracts/http/photos.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import { notify } from '#server/platform/notify.ts';
import { enqueue } from '#server/platform/outbox.ts';
import { nextRevision, scopes } from '#server/platform/sync-revision.ts';
import { mayReview } from './machine.ts';
import type { PhotoRow } from './repository.ts';
import * as repository from './repository.ts';

export type ReviewOutcome = 'changed' | 'unchanged' | 'refused' | 'not_found';
export interface ReviewResult {
  id: string;
  outcome: ReviewOutcome;
  status: PhotoStatus | null;
}

/** One revision per event for what changed in it: phones pull it, the worker's face index is dropped. */
export async function raiseRevisions(trx: Trx, eventIds: Iterable<string>): Promise<Map<string, number>> {
  const revisions = new Map<string, number>();
  for (const eventId of [...new Set(eventIds)].sort()) {
    await nextRevision(trx, scopes.eventFaces(eventId));
    revisions.set(eventId, await nextRevision(trx, scopes.eventPhotos(eventId)));
  }
  return revisions;
}

interface Step {
  photo: PhotoRow;
  to: PhotoStatus;
}

/** Writes the new statuses with everything that hangs on them. The rows are locked by the caller. */
async function apply(trx: Trx, steps: Step[], actor: Viewer, reason: string | null): Promise<void> {
  if (steps.length === 0) return;
  const users = await repository.photographerUsers(trx, [...new Set(steps.map((s) => s.photo.photographer_id))]);
  await trx
    .insertInto('photo_reviews')
    .values(
      steps.map(({ photo, to }) => ({
        photo_id: photo.id,
        reviewer_id: actor.userId,
        from_status: photo.status,
        to_status: to,
        reason,
      })),
    )
    .execute();
  const revisions = await raiseRevisions(
    trx,
    steps.map(({ photo }) => photo.event_id),
  );
  for (const { photo, to } of steps) {
    const revision = revisions.get(photo.event_id)!;
    await trx
      .updateTable('photos')
      .set({ status: to, revision, updated_at: new Date(), approved_at: to === 'approved' ? new Date() : null })
      .where('id', '=', photo.id)
      .where('status', '=', photo.status)
      .execute();
    if (to === 'approved') await enqueue(trx, 'match-photo', `${photo.id}-r${revision}`, { photoId: photo.id });
    await notify(trx, users.get(photo.photographer_id)!, {
      type: 'photo.changed',
      photoId: photo.id,
      eventId: photo.event_id,
      status: to,
    });
    await audit(trx, {
      actorId: actor.userId,
      action: `photo.${to === 'approved' ? 'approve' : to === 'rejected' ? 'reject' : 'reopen'}`,
      subjectKind: 'photo',
      subjectId: photo.id,
      details: { from: photo.status, to, ...(reason && { reason }) },
    });
  }
}

const resultsFor = (ids: readonly string[], outcomes: Map<string, ReviewResult>): ReviewResult[] =>
  ids.map((id) => outcomes.get(id) ?? { id, outcome: 'not_found', status: null });

export function createReview({ db }: { db: Db }) {
  /** Each photo by itself: one that cannot move does not keep the others. Repeating it changes nothing. */
  async function review(
    ids: readonly string[],
    to: 'approved' | 'rejected',
    reason: string | undefined,
    actor: Viewer,
  ): Promise<ReviewResult[]> {
    return db.transaction().execute(async (trx) => {
      const steps: Step[] = [];
      const outcomes = new Map<string, ReviewResult>();
      for (const photo of await repository.lockPhotos(trx, ids)) {
        const from = photo.status as PhotoStatus;
        const moves = from !== to && mayReview(from, to);
        if (moves) steps.push({ photo, to });
        const outcome = moves ? 'changed' : from === to ? 'unchanged' : 'refused';
        outcomes.set(photo.id, { id: photo.id, outcome, status: moves ? to : from });
      }
      await apply(trx, steps, actor, reason ?? null);
      return resultsFor(ids, outcomes);
    });
  }

  return {
    review,
    /** Throws photo.not_found, photo.transition. */
    async reviewOne(id: string, to: 'approved' | 'rejected', reason: string | undefined, actor: Viewer): Promise<void> {
      const [result] = await review([id], to, reason, actor);
      if (result!.outcome === 'not_found') throw new AppError('photo.not_found');
      if (result!.outcome === 'refused') throw new AppError('photo.transition', { from: result!.status, to });
    },
    /** Back to where each photo was before its last review; an undo is not undone. */
    async undo(ids: readonly string[], actor: Viewer): Promise<ReviewResult[]> {
      return db.transaction().execute(async (trx) => {
        const photos = await repository.lockPhotos(trx, ids);
        const last = await trx
          .selectFrom('photo_reviews')
          .distinctOn('photo_id')
          .select(['photo_id', 'from_status', 'to_status', 'reason'])
          .where('photo_id', 'in', ids)
          .orderBy('photo_id')
          .orderBy('id', 'desc')
          .execute();
        const lastOf = new Map(last.map((row) => [row.photo_id, row]));
        const steps: Step[] = [];
        const outcomes = new Map<string, ReviewResult>();
        for (const photo of photos) {
          const done = lastOf.get(photo.id);
          const to = done?.from_status as PhotoStatus | undefined;
          const moves =
            to !== undefined &&
            done?.to_status === photo.status &&
            done.reason !== undoReason &&
            mayReview(photo.status as PhotoStatus, to);
          if (moves) steps.push({ photo, to });
          outcomes.set(photo.id, {
            id: photo.id,
            outcome: moves ? 'changed' : 'unchanged',
            status: moves ? to : (photo.status as PhotoStatus),
          });
        }
        await apply(trx, steps, actor, undoReason);
        return resultsFor(ids, outcomes);
      });
    },
  };
}

const undoReason = 'undo';
