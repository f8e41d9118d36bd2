import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { z } from 'zod';
import { builtInCatalogue } from '#contracts/descriptors.ts';
import { AppError } from '#contracts/errors.ts';
import type { matchView, readSearchResults, searchView, startSearch } from '#contracts/http/face.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { Clock } from '#server/platform/clock.ts';
import { systemClock } from '#server/platform/clock.ts';
import type { Db, DbOrTrx, Trx } from '#server/platform/db.ts';
import { notify } from '#server/platform/notify.ts';
import { enqueue } from '#server/platform/outbox.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import { pictureTypeOf } from '#server/platform/pictures.ts';
import { objectKeys, type Storage } from '#server/platform/storage.ts';
import { thumbHashText } from '../photos/service.ts';
import * as repository from './repository.ts';

/** What this module asks of events and privacy. */
export interface FaceSearchDeps {
  db: Db;
  storage: Storage;
  events: {
    /** `given`: access tokens of the request. Throws event.not_found or event.access_code_required. */
    requireVisible(
      db: DbOrTrx,
      idOrSlug: string,
      viewer: Viewer | null,
      given?: readonly string[],
    ): Promise<{ id: string; face_search_enabled: boolean; access_mode: string; face_engine: string }>;
  };
  privacy: {
    /** Throws consent.required. */
    requireLiveConsent(
      db: DbOrTrx,
      userId: string,
      consentId: string,
      purpose: 'face_search' | 'selfie_upload',
      eventId: string,
    ): Promise<unknown>;
  };
  clock?: Clock;
}
type StartInput = z.output<typeof startSearch.body>;
type Results = z.input<(typeof readSearchResults)['responses'][200]>;
export type FaceSearchService = ReturnType<typeof createFaceSearchesService>;

/** A selfie is not larger than this. */
const MAX_IMAGE_BYTES = 40 * 1024 * 1024;
const pictureTypes = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/tiff', 'image/avif', 'image/gif']);

export function createFaceSearchesService(deps: FaceSearchDeps) {
  const { db, storage } = deps;
  const clock = deps.clock ?? systemClock;

  async function requireSearch(searchId: string, viewer: Viewer | null): Promise<repository.SearchRow> {
    const search = viewer && (await repository.findSearch(db, searchId, viewer.userId));
    if (!search) throw new AppError('search.not_found');
    return search;
  }

  /** A picture needs the consent to upload it; the general consent to face search covers it, too. */
  async function requireConsent(trx: DbOrTrx, viewer: Viewer, input: StartInput, eventId: string, isImage: boolean) {
    const check = (purpose: 'face_search' | 'selfie_upload') =>
      deps.privacy.requireLiveConsent(trx, viewer.userId, input.consentId, purpose, eventId);
    if (!isImage) return check('face_search');
    try {
      return await check('selfie_upload');
    } catch (error) {
      if (error instanceof AppError && error.code === 'consent.required') return check('face_search');
      throw error;
    }
  }

  return {
    /**
     * Writes a search down for the worker; answers at once. `given`: event access tokens of the request. Throws consent.required, event.not_found,
     * face.search_disabled, face.engine_mismatch with the right one, face.engine_unknown, upload.* for a picture that is none.
     */
    async start(
      viewer: Viewer,
      input: StartInput,
      image: { path: string } | undefined,
      given: readonly string[] = [],
      requestKey: string | null = null,
    ): Promise<{ id: string; status: 'queued' }> {
      const sameRequest = () => (requestKey ? repository.findByRequest(db, viewer.userId, requestKey) : undefined);
      const before = await sameRequest();
      if (before) return { id: before.id, status: 'queued' };
      const event = await deps.events.requireVisible(db, input.eventId, viewer, given);
      if (!event.face_search_enabled) throw new AppError('face.search_disabled');
      await requireConsent(db, viewer, input, event.id, image !== undefined);
      const query = image ? undefined : parseDescriptor(input, event.face_engine);
      const id = randomUUID();
      const imageKey = image ? await storeImage(storage, id, image.path) : null;
      try {
        const isNew = await db.transaction().execute(async (trx) => {
          await requireConsent(trx, viewer, input, event.id, image !== undefined);
          // Until here the event may have switched; from here on it waits for this search.
          const engine = await repository.holdEngine(trx, event.id);
          if (query && query.engine !== engine) throw new AppError('face.engine_mismatch', { engine });
          const isFirst = await repository.insertSearch(trx, {
            id,
            userId: viewer.userId,
            eventId: event.id,
            consentId: input.consentId,
            source: image ? 'image' : 'descriptor',
            engine: query?.engine ?? null,
            descriptor: query?.bytes ?? null,
            imageKey,
            requestKey,
          });
          if (isFirst) await enqueue(trx, 'match-search', id, { searchId: id });
          return isFirst;
        });
        if (!isNew) {
          if (imageKey) await storage.remove([imageKey]);
          return { id: (await sameRequest())!.id, status: 'queued' };
        }
      } catch (error) {
        if (imageKey) await storage.remove([imageKey]);
        throw error;
      }
      return { id, status: 'queued' };
    },

    /** Throws search.not_found, also for somebody else's. */
    async status(viewer: Viewer | null, searchId: string): Promise<z.input<typeof searchView>> {
      const search = await requireSearch(searchId, viewer);
      return viewOfSearch(search, (await repository.countMatches(db, [search.id])).get(search.id)!);
    },

    async list(
      viewer: Viewer | null,
      query: { eventId?: string | undefined; cursor?: string | undefined; limit: number },
    ): Promise<{ items: Array<z.input<typeof searchView>>; nextCursor: string | null }> {
      const after = decodeCursor(query.cursor);
      if (!viewer) return { items: [], nextCursor: null };
      const rows = await repository.listSearches(db, viewer.userId, {
        eventId: query.eventId,
        after,
        limit: query.limit,
      });
      const counts = await repository.countMatches(
        db,
        rows.map((row) => row.id),
      );
      return toPage(
        rows,
        query.limit,
        (row) => ({ at: row.createdAt, id: row.id }),
        (row) => viewOfSearch(row, counts.get(row.id)!),
      );
    },

    /** Best first; empty while the search waits. Throws search.not_found. */
    async results(
      viewer: Viewer | null,
      searchId: string,
      query: { cursor?: string | undefined; limit: number; band?: 'sure' | 'maybe' | undefined },
    ): Promise<Results> {
      const search = await requireSearch(searchId, viewer);
      const rows = await repository.listMatches(db, searchId, {
        band: query.band,
        after: decodeResultCursor(query.cursor),
        limit: query.limit,
      });
      const items = rows.slice(0, query.limit).map(viewOfMatch);
      const last = rows[query.limit - 1];
      return {
        items,
        results: items,
        nextCursor: rows.length > query.limit && last ? encodeResultCursor(last) : null,
        status: search.status as Results['status'],
        errorCode: search.errorCode,
        calibration: search.calibration as Results['calibration'],
      };
    },

    /** Forgets descriptor, results and picture. Throws search.not_found. */
    async forget(viewer: Viewer, searchId: string): Promise<void> {
      await db.transaction().execute(async (trx) => {
        const gone = await repository.deleteSearch(trx, searchId, viewer.userId);
        if (!gone) throw new AppError('search.not_found');
        if (gone.imageKey) await enqueue(trx, 'delete-objects', `search-${searchId}`, { keys: [gone.imageKey] });
      });
    },

    /**
     * Remembers what a person says about a photo and re-ranks their own searches of its event: at once for this photo, by
     * the worker for the others. Throws photo.not_found, search.not_found.
     */
    async giveFeedback(
      viewer: Viewer,
      input: { photoId: string; verdict: 'me' | 'not_me'; searchId?: string | undefined; eventId?: string | undefined },
      given: readonly string[] = [],
    ): Promise<{ photoId: string; verdict: 'me' | 'not_me'; searchesUpdated: number }> {
      const photo = await repository.findPhotoForFeedback(db, input.photoId, viewer.userId);
      if (!photo || (input.eventId && input.eventId !== photo.eventId)) throw new AppError('photo.not_found');
      if (input.searchId) {
        const search = await requireSearch(input.searchId, viewer);
        if (search.eventId !== photo.eventId) throw new AppError('photo.not_found');
      }
      // Saying "me" must not open photos that neither a search nor an open gallery showed.
      if (!photo.isFound && photo.accessMode !== 'open') throw new AppError('photo.not_found');
      if (!photo.isFound) await deps.events.requireVisible(db, photo.eventId, viewer, given);
      return db.transaction().execute(async (trx) => {
        const searches = await repository.lockSearches(trx, viewer.userId, photo.eventId);
        await repository.saveVerdict(trx, {
          userId: viewer.userId,
          photoId: photo.id,
          eventId: photo.eventId,
          verdict: input.verdict,
        });
        const ids = searches.map(({ id }) => id);
        if (input.verdict === 'me') await repository.pinMatch(trx, ids, photo.id);
        for (const search of searches) {
          if (search.hasDescriptor && search.openUntil > clock.now())
            await enqueue(trx, 'match-search', `${search.id}-f${randomUUID()}`, { searchId: search.id });
          await notify(trx, viewer.userId, { type: 'search.changed', searchId: search.id, status: 'done' });
        }
        return { photoId: photo.id, verdict: input.verdict, searchesUpdated: searches.length };
      });
    },

    /** A guest signed in: the searches and verdicts go to the account. */
    joinGuest: (trx: Trx, guestId: string, userId: string): Promise<void> =>
      repository.moveToUser(trx, guestId, userId),
  };
}

const invalid = (path: string, message: string) => new AppError('request.invalid', { errors: [{ path, message }] });

/** Float32 of unit length, little-endian, as faces are stored. */
function parseDescriptor(input: StartInput, current: string): { engine: string; bytes: Buffer } {
  const { descriptor, engine } = input;
  if (!descriptor) throw invalid('body.descriptor', 'send a descriptor, or a picture as multipart field `image`');
  if (!engine) throw invalid('body.engine', 'say which model made the descriptor');
  if (engine !== current)
    throw new AppError(builtInCatalogue.has(engine) ? 'face.engine_mismatch' : 'face.engine_unknown', {
      engine: current,
    });
  const wanted = builtInCatalogue.find(engine)?.length ?? descriptor.length;
  if (descriptor.length !== wanted || descriptor.length % 4 !== 0)
    throw invalid('body.descriptor', `${wanted} numbers`);
  const length = Math.hypot(...descriptor);
  if (!Number.isFinite(length) || Math.abs(length - 1) > 0.02) throw invalid('body.descriptor', 'not of length 1');
  const bytes = Buffer.alloc(descriptor.length * 4);
  descriptor.forEach((value, i) => void bytes.writeFloatLE(value / length, i * 4));
  return { engine, bytes };
}

async function storeImage(storage: Storage, searchId: string, file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > MAX_IMAGE_BYTES) throw new AppError('upload.too_large');
  const type = await pictureTypeOf(file, pictureTypes);
  const key = objectKeys.searchImage(searchId);
  await storage.putFile(key, file, type);
  return key;
}

const viewOfSearch = (
  search: repository.SearchRow,
  found: { sure: number; maybe: number },
): z.input<typeof searchView> => ({
  id: search.id,
  eventId: search.eventId,
  status: search.status as z.input<typeof searchView>['status'],
  source: search.source as 'descriptor' | 'image',
  photosSearched: search.photosSearched,
  facesSearched: search.facesSearched,
  found,
  errorCode: search.errorCode,
  openUntil: search.openUntil.toISOString(),
  createdAt: search.createdAt.toISOString(),
  finishedAt: search.finishedAt?.toISOString() ?? null,
});

const thumbnailUrl = (photoId: string, size: string) => `/api/photos/${photoId}/thumbnails/${size}`;
const round = (value: number, digits: number) => Number(value.toFixed(digits));

const viewOfMatch = (row: repository.MatchRow): z.input<typeof matchView> => ({
  photoId: row.photoId,
  band: row.band as 'sure' | 'maybe',
  confidence: round(row.confidence, 4),
  distance: round(row.distance, 4),
  box:
    row.boxX === null
      ? null
      : [round(row.boxX, 1), round(row.boxY!, 1), round(row.boxWidth!, 1), round(row.boxHeight!, 1)],
  previewUrl: `/api/photos/${row.photoId}`,
  thumbnailUrl: thumbnailUrl(row.photoId, 'medium'),
  thumbnails: {
    small: thumbnailUrl(row.photoId, 'small'),
    medium: thumbnailUrl(row.photoId, 'medium'),
    large: thumbnailUrl(row.photoId, 'large'),
  },
  eventId: row.eventId,
  width: row.width ?? 0,
  height: row.height ?? 0,
  placeholderColor: row.placeholderColor,
  thumbHash: thumbHashText(row.thumbHash),
  focus: row.focusX === null || row.focusY === null ? null : { x: round(row.focusX, 4), y: round(row.focusY, 4) },
  takenAt: row.takenAt?.toISOString() ?? null,
  priceSatang: row.priceSatang,
  verdict: row.verdict as 'me' | 'not_me' | null,
});

const encodeResultCursor = (row: repository.MatchRow): string =>
  Buffer.from(JSON.stringify([row.rank, row.confidence, row.distance, row.photoId])).toString('base64url');

function decodeResultCursor(text: string | undefined): repository.ResultCursor | undefined {
  if (text === undefined) return undefined;
  try {
    const [band, confidence, distance, photoId] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as [
      number,
      number,
      number,
      string,
    ];
    if (
      [band, confidence, distance].every(Number.isFinite) &&
      (band === 0 || band === 1) &&
      /^[0-9a-f-]{36}$/.test(photoId)
    )
      return { band, confidence, distance, photoId };
  } catch {
    // Not one of ours: answered below.
  }
  throw invalid('query.cursor', 'not a cursor of this list');
}
