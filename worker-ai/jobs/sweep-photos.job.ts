import { PIPELINE_VERSION } from '#contracts/pipeline.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db } from '#server/platform/db.ts';
import type { Logger } from '#server/platform/logger.ts';
import { enqueue } from '#server/platform/outbox.ts';
import type { JobHandler } from '#server/platform/queue.ts';
import type { Storage } from '#server/platform/storage.ts';
import { nextRevision, scopes } from '#server/platform/sync-revision.ts';
import { findUnblurred, storeBlurs, type Unblurred } from '../blur.repository.ts';
import * as describing from '../describe.repository.ts';
import { forgetChanges } from '../event-faces.repository.ts';
import { thumbHashOf } from '../pipeline/blur.ts';
import { neededSpaces } from '../spaces.repository.ts';
import * as repository from '../sweep.repository.ts';
import { finishChange } from './describe-photo.job.ts';
import { fail } from './index-photo.job.ts';

/** Photos enqueued again in one sweep. */
const BATCH = 300;
/** After this many tries (half a day) a photo that kills its worker is given up. */
const MAX_TRIES = 10;
/** Blurred pictures made up for in one go, and how long a sweep goes on with them: a hundred take about half a second. */
const BLURS = 100;
const BLUR_FOR_MS = 15_000;
/** A picture just uploaded may still be waiting for its row. */
const LEFTOVER_AGE_MS = 10 * 60_000;

/**
 * Every minute: what was lost is enqueued again under a new key (the queue and the outbox ignore keys they know), what was
 * kept long enough is deleted. Lost jobs, backfills and pipeline upgrades share this one path.
 */
export function createSweepJob(deps: { db: Db; storage: Storage; logger: Logger }): JobHandler<'sweep-photos'> {
  const { db, storage } = deps;
  const minute = () => Math.floor(Date.now() / 60_000);

  async function repeatPhotos(): Promise<void> {
    for (const photo of await repository.findLeftBehind(db, BATCH)) {
      if (photo.tries >= MAX_TRIES && photo.isUploaded) await fail(db, photo.photoId, 'gave_up', deps.logger);
      else if (photo.tries < MAX_TRIES)
        await db.transaction().execute((trx) =>
          enqueue(trx, 'index-photo', `${photo.photoId}-v${PIPELINE_VERSION}-s${minute()}`, {
            photoId: photo.photoId,
            pipelineVersion: PIPELINE_VERSION,
          }),
        );
    }
  }
  /** Changes of descriptor space: lost photos again, complete ones switch, what nobody needs any more goes. */
  async function tendSpaces(): Promise<void> {
    for (const { photoId } of await describing.findUndescribed(db, BATCH))
      await db.transaction().execute((trx) => enqueue(trx, 'describe-photo', `${photoId}-s${minute()}`, { photoId }));
    for (const { eventId } of await describing.findRunningChanges(db)) await finishChange(db, eventId);
    for (const { id, eventId, engine } of await describing.findUncleaned(db))
      await db.transaction().execute(async (trx) => {
        await trx.selectFrom('events').select('id').where('id', '=', eventId).forUpdate().execute();
        if ((await neededSpaces(trx, eventId)).includes(engine)) return;
        const descriptors = await describing.dropSpace(trx, eventId, engine);
        await describing.markCleaned(trx, id);
        deps.logger.info({ eventId, engine, descriptors }, 'descriptors that nobody needs are dropped');
      });
  }
  /**
   * Blurred pictures for photos indexed before there were any, from their stored thumbnails. Cheap enough to be done here; nothing is
   * detected anew for it.
   */
  async function blurPhotos(): Promise<void> {
    const until = Date.now() + BLUR_FOR_MS;
    for (let found = BLURS; found === BLURS && Date.now() < until; ) {
      const photos = await findUnblurred(db, BLURS);
      found = photos.length;
      if (found === 0) return;
      const blurs = [];
      for (const photo of photos) blurs.push({ ...photo, hash: await blurOf(photo) });
      await storeBlurs(db, blurs);
    }
  }
  async function blurOf({ photoId, objectKey }: Unblurred): Promise<Buffer> {
    const none = Buffer.alloc(0);
    if (!objectKey) return none;
    try {
      return await thumbHashOf(await storage.getBuffer(objectKey));
    } catch (error) {
      // A store that is away throws something else than sharp: then the sweep tries again in a minute.
      const { code } = error as { code?: string };
      if (code !== undefined && code !== 'NotFound' && code !== 'NoSuchKey') throw error;
      deps.logger.warn({ photoId, err: error }, 'thumbnail cannot be read, no blurred picture of it');
      return none;
    }
  }
  async function repeatSearches(): Promise<void> {
    for (const { id } of await repository.findWaitingSearches(db, BATCH))
      await db
        .transaction()
        .execute((trx) => enqueue(trx, 'match-search', `${id}-s${Math.floor(minute() / 5)}`, { searchId: id }));
  }
  async function expire(): Promise<void> {
    await db.transaction().execute((trx) => repository.expireSearches(trx));
    for (const { id } of await repository.findEventsPastRetention(db))
      await db.transaction().execute(async (trx) => {
        const faces = await repository.deleteEventFaces(trx, id);
        await audit(trx, {
          actorId: null,
          action: 'faces.expire',
          subjectKind: 'event',
          subjectId: id,
          details: { faces },
        });
        await nextRevision(trx, scopes.eventFaces(id));
      });
  }
  /** A deleted event takes its pictures along: originals, thumbnails, previews, clean ones. */
  async function emptyDeletedEvents(): Promise<void> {
    const photoIds = await repository.findPhotosOfDeletedEvents(db, BATCH);
    if (photoIds.length === 0) return;
    await db.transaction().execute(async (trx) => {
      const keys = await repository.deletePhotoFiles(trx, photoIds);
      await enqueue(trx, 'delete-objects', `deleted-event-${photoIds[0]}`, { keys });
    });
    deps.logger.info({ photos: photoIds.length }, 'files of photos of deleted events are removed');
  }
  async function removeLeftovers(): Promise<void> {
    const keys = await storage.list('faces/searches/');
    const needed = await repository.findNeededImages(db, keys);
    for (const key of keys) {
      if (needed.has(key)) continue;
      const found = await storage.stat(key);
      if (found && Date.now() - found.modifiedAt.getTime() > LEFTOVER_AGE_MS) await storage.remove([key]);
    }
  }

  return async (_payload, { logger }) => {
    // One part that fails must not keep the others from their work.
    const results = await Promise.allSettled([
      repeatPhotos(),
      tendSpaces(),
      repeatSearches(),
      blurPhotos(),
      expire(),
      emptyDeletedEvents(),
      removeLeftovers(),
      forgetChanges(db, 20_000),
    ]);
    const failed = results.filter((result) => result.status === 'rejected');
    for (const { reason } of failed) logger.warn({ err: reason }, 'sweep will try again');
    if (failed.length === results.length) throw new AggregateError(failed.map(({ reason }) => reason as unknown));
  };
}
