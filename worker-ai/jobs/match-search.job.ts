import { isDeepStrictEqual } from 'node:util';
import type { ErrorCode } from '#contracts/errors.ts';
import { CURRENT_ENGINE, type PhotoFailure } from '#contracts/pipeline.ts';
import { descriptorFromBytes, descriptorToBytes } from '#face/descriptor.ts';
import { describeServer } from '#face/pipeline.ts';
import { describeSelfie } from '#face/selfie.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import { notify } from '#server/platform/notify.ts';
import type { JobHandler } from '#server/platform/queue.ts';
import type { Storage } from '#server/platform/storage.ts';
import type { SharedEngine } from '../engine.ts';
import { saidKey } from '../face-index.messages.ts';
import type { EventSearch, FaceIndexes } from '../face-index.ts';
import { facesSaid, matchesOf, type Verdicts } from '../matcher.ts';
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

/** Searches compared and stored together. */
const BATCH = 50;
const NOTHING_SAID: Verdicts = new Map();

/** What a person reads when the uploaded picture cannot be used. */
const pictureErrors: Partial<Record<PhotoFailure, ErrorCode>> = {
  empty: 'upload.empty',
  too_large: 'upload.too_large',
  truncated: 'upload.damaged',
  too_small: 'face.none',
};

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

  /**
   * Compares searches of one event and space with its faces, and stores what changed. The comparing goes before the
   * transaction; whoever said something meanwhile is compared again.
   */
  async function compare(eventId: string, engine: string, searchIds: readonly string[]): Promise<void> {
    const found = await searches.findSearches(db, searchIds);
    const live = found.filter((search) => search.isConsentLive && search.descriptor);
    for (const search of found) if (!search.isConsentLive) await close(search, { status: 'withdrawn' });
    if (live.length === 0) return;
    const said = await searches.findVerdicts(
      db,
      live.map(({ userId }) => userId),
      eventId,
    );
    const verdictsOf = (userId: string) => said.get(userId) ?? NOTHING_SAID;
    const results = new Map<string, EventSearch>();
    for (const { id, userId, descriptor } of live) {
      const query = { descriptor: descriptorFromBytes(descriptor!), ...facesSaid(verdictsOf(userId)), searchId: id };
      results.set(id, await deps.faceIndexes.search(eventId, engine, query));
    }
    const ids = live.map(({ id }) => id);
    const storing = db.transaction().execute(async (trx) => {
      const locked = await searches.lockSearches(trx, ids);
      if (locked.length === 0) return [];
      const now = await searches.findVerdicts(
        trx,
        locked.map(({ userId }) => userId),
        eventId,
      );
      const isSame = ({ userId }: { userId: string }) =>
        isDeepStrictEqual(now.get(userId) ?? NOTHING_SAID, verdictsOf(userId));
      // Another worker has compared with newer faces already: only what the person said may have changed since.
      const isCurrent = ({ id, indexRevision }: { id: string; indexRevision: number | null }) =>
        indexRevision === null || indexRevision <= results.get(id)!.revision;
      const mine = locked.filter((search) => isSame(search) && isCurrent(search));
      await store(trx, mine, results, verdictsOf);
      return locked.filter((search) => !isSame(search)).map(({ id }) => id);
    });
    const again = await storing.catch(async (error: unknown) => {
      await deps.faceIndexes.forget(eventId, engine, ids);
      throw error;
    });
    if (again.length > 0) await compare(eventId, engine, again);
  }

  async function store(
    trx: Trx,
    locked: ReadonlyArray<{ id: string; userId: string; status: string }>,
    results: ReadonlyMap<string, EventSearch>,
    verdictsOf: (userId: string) => Verdicts,
  ): Promise<void> {
    if (locked.length === 0) return;
    const shown = await searches.replaceMatches(
      trx,
      locked.map(({ id, userId }) => ({ searchId: id, matches: matchesOf(results.get(id)!.hits, verdictsOf(userId)) })),
    );
    await searches.markDone(
      trx,
      locked.map(({ id }) => {
        const { photoCount, faces, revision, calibration } = results.get(id)!;
        return { searchId: id, photosSearched: photoCount, facesSearched: faces, indexRevision: revision, calibration };
      }),
    );
    for (const { id, userId, status } of locked)
      if (shown.has(id) || status === 'queued')
        await notify(trx, userId, { type: 'search.changed', searchId: id, status: 'done' });
  }

  return {
    /** Does nothing for a search that is gone, failed or withdrawn; withdraws one whose consent is not live any more. */
    async run(searchId: string): Promise<void> {
      const search = await searches.findSearch(db, searchId);
      if (!search || search.status === 'failed' || search.status === 'withdrawn') return;
      if (!search.isConsentLive) return close(search, { status: 'withdrawn' });
      const end = deps.metrics.stageSeconds.startTimer({ stage: 'search' });
      const engine = search.descriptor
        ? (search.engine ?? CURRENT_ENGINE)
        : search.imageKey && (await describePicture(search, search.imageKey))?.engine;
      if (!engine) return;
      await compare(search.eventId, engine, [searchId]);
      end();
    },

    /**
     * Compares the open searches of an event with its faces: all, or those that have not seen `revision`. First those whose result
     * new faces may change; whose cannot have changed since it was last made here is only noted; then, until `isOvertaken`, those
     * made before the event was last calibrated.
     */
    async refresh(eventId: string, revision?: number, isOvertaken: () => boolean = () => false): Promise<void> {
      const open = await searches.findOpenSearches(db, eventId, revision);
      if (open.length === 0) return;
      const said = await searches.findVerdicts(
        db,
        open.map(({ userId }) => userId),
        eventId,
      );
      const named = open.map(({ id, userId, engine }) => ({
        id,
        engine: engine ?? CURRENT_ENGINE,
        said: saidKey(facesSaid(said.get(userId) ?? NOTHING_SAID)),
      }));
      for (const engine of new Set(named.map((search) => search.engine))) {
        const end = deps.metrics.stageSeconds.startTimer({ stage: 'search-refresh' });
        const mine = named.filter((search) => search.engine === engine);
        const { affected, stale, ...seen } = await deps.faceIndexes.affected(eventId, engine, mine);
        for (const ids of batches(affected)) await compare(eventId, engine, ids);
        const again = new Set([...affected, ...stale]);
        for (const ids of batches(mine.map(({ id }) => id).filter((id) => !again.has(id))))
          await searches.markCompared(db, ids, seen);
        end();
        const staleIds = new Set(stale);
        const left = mine.filter(({ id }) => staleIds.has(id));
        for (const some of batches(left)) {
          if (isOvertaken()) break;
          // another pass may have been here meanwhile
          const now = await deps.faceIndexes.affected(eventId, engine, some);
          const ids = [...now.affected, ...now.stale];
          if (ids.length > 0) await compare(eventId, engine, ids);
        }
      }
    },
  };
}

const batches = <T>(items: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / BATCH) }, (_, i) => items.slice(i * BATCH, (i + 1) * BATCH));

export type SearchMatcher = ReturnType<typeof createSearchMatcher>;

export const createMatchSearchJob =
  (matcher: SearchMatcher): JobHandler<'match-search'> =>
  ({ searchId }) =>
    matcher.run(searchId);
