import { CURRENT_ENGINE } from '#contracts/pipeline.ts';
import { descriptorFromBytes, descriptorToBytes } from '#face/descriptor.ts';
import { describeServer } from '#face/pipeline.ts';
import { describeSelfie } from '#face/selfie.ts';
import type { Db } from '#server/platform/db.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import { notify } from '#server/platform/notify.ts';
import type { JobHandler } from '#server/platform/queue.ts';
import type { Storage } from '#server/platform/storage.ts';
import type { SharedEngine } from '../engine.ts';
import type { FaceIndexes } from '../face-index.ts';
import { matchFaces } from '../matcher.ts';
import { BadPhoto, decodePhoto } from '../pipeline/decode.ts';
import * as searches from '../searches.repository.ts';
import { neededSpaces } from '../spaces.repository.ts';

export interface MatchSearchDeps {
  db: Db;
  storage: Storage;
  engine: SharedEngine;
  faceIndexes: FaceIndexes;
  metrics: Metrics;
}

interface Described {
  engine: string;
  descriptor: Float32Array;
}

/** What a person reads when the uploaded picture cannot be used. */
const pictureErrors: Record<string, string> = { empty: 'upload.empty', too_large: 'upload.too_large' };

/** Compares one search with its event; doing it again gives the same. Used for new searches, feedback and newly indexed photos. */
export function createSearchMatcher(deps: MatchSearchDeps) {
  const { db, storage } = deps;

  async function close(search: searches.Search, outcome: Parameters<typeof searches.closeSearch>[2]): Promise<void> {
    await db.transaction().execute(async (trx) => {
      const locked = await searches.lockSearch(trx, search.id);
      if (!locked || locked.status === 'withdrawn') return;
      await searches.closeSearch(trx, search.id, outcome);
      await notify(trx, locked.userId, { type: 'search.changed', searchId: search.id, status: outcome.status });
    });
    if (search.imageKey) await storage.remove([search.imageKey]);
  }

  /** Describes an uploaded picture, stores the descriptor in its place, deletes the picture. Null when the search ended here. */
  async function describePicture(search: searches.Search, imageKey: string): Promise<Described | null> {
    const picture = await storage.getBuffer(imageKey).catch((error: unknown) => {
      const code = (error as { code?: string }).code;
      if (code === 'NotFound' || code === 'NoSuchKey') return null;
      throw error;
    });
    if (!picture) {
      await close(search, { status: 'failed', errorCode: 'upload.no_file' });
      return null;
    }
    const space = (await neededSpaces(db, search.eventId))[0];
    if (!space) return null;
    let descriptor: Float32Array | undefined;
    try {
      const { image } = await decodePhoto(picture);
      const recognition = await deps.engine.recognition([space]);
      descriptor = await deps.engine.use('high', async (engine) => {
        const { face } = await describeSelfie(image, engine, { recognition });
        if (face) return face.descriptor;
        // Not a selfie after all: the largest face of the picture.
        const faces = await describeServer(image, engine, { recognition });
        return faces.sort((a, b) => b.box.w * b.box.h - a.box.w * a.box.h)[0]?.descriptor;
      });
    } catch (error) {
      if (!(error instanceof BadPhoto)) throw error;
      await close(search, { status: 'failed', errorCode: pictureErrors[error.failure] ?? 'upload.not_an_image' });
      return null;
    }
    if (!descriptor) {
      await close(search, { status: 'failed', errorCode: 'face.none' });
      return null;
    }
    const bytes = Buffer.from(descriptorToBytes(descriptor));
    await db.transaction().execute((trx) => searches.keepDescriptor(trx, search.id, space, bytes));
    await storage.remove([imageKey]);
    return { engine: space, descriptor };
  }

  return {
    /** Does nothing for a search that is gone, failed or withdrawn; withdraws one whose consent is not live any more. */
    async run(searchId: string): Promise<void> {
      const search = await searches.findSearch(db, searchId);
      if (!search || search.status === 'failed' || search.status === 'withdrawn') return;
      if (!search.isConsentLive) return close(search, { status: 'withdrawn' });
      const end = deps.metrics.stageSeconds.startTimer({ stage: 'search' });
      const query: Described | null = search.descriptor
        ? { engine: search.engine ?? CURRENT_ENGINE, descriptor: descriptorFromBytes(search.descriptor) }
        : search.imageKey
          ? await describePicture(search, search.imageKey)
          : null;
      if (!query) return;
      const { engine, descriptor } = query;
      const event = await deps.faceIndexes.of(search.eventId, engine);
      await db.transaction().execute(async (trx) => {
        const locked = await searches.lockSearch(trx, searchId);
        if (!locked || (locked.status !== 'queued' && locked.status !== 'done')) return;
        // Another worker has compared with newer faces already: only what the person said may have changed since.
        if (locked.indexRevision !== null && locked.indexRevision > event.revision) return;
        const verdicts = await searches.findVerdicts(trx, locked.userId, locked.eventId);
        const { matches, calibration } = matchFaces(event.index, descriptor, verdicts);
        const hasChanged = await searches.replaceMatches(trx, searchId, matches);
        await searches.markDone(trx, searchId, {
          photosSearched: event.photoCount,
          facesSearched: event.index.faces,
          indexRevision: event.revision,
          calibration,
        });
        if (hasChanged || locked.status === 'queued')
          await notify(trx, locked.userId, { type: 'search.changed', searchId, status: 'done' });
      });
      end();
    },
  };
}
export type SearchMatcher = ReturnType<typeof createSearchMatcher>;

export const createMatchSearchJob =
  (matcher: SearchMatcher): JobHandler<'match-search'> =>
  ({ searchId }) =>
    matcher.run(searchId);
