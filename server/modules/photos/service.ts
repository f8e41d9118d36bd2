import type { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import type { PhotoView, photoMetadata } from '#contracts/http/photos.ts';
import { photoUrls } from '#contracts/sync/photos.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db, DbOrTrx } from '#server/platform/db.ts';
import type { Logger } from '#server/platform/logger.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import { type EventRow, type EventsService, isPublicStatus } from '../events/service.ts';
import { createBibs } from './bibs.ts';
import { removePhoto } from './removal.ts';
import type { FileKind, ShownPhoto } from './repository.ts';
import * as repository from './repository.ts';
import { createReview, raiseRevisions } from './review.ts';
import { photoView } from './view.ts';
import { createWalls } from './wall.ts';

export { createRenditions } from './renditions.ts';
export type { PhotoRow, PulledPhoto, ShownPhoto } from './repository.ts';
export { pullPhotos, sortAtOf } from './repository.ts';
export { photoView } from './view.ts';
export { thumbHashText } from './wall.ts';

export type PhotosService = ReturnType<typeof createPhotosService>;
type Who = Viewer | null | undefined;

/** What the shop needs to know of a photo. */
export interface SellablePhoto {
  id: string;
  eventId: string;
  eventName: string;
  photographerId: string;
  organizerId: string | null;
  revenueType: string;
  /** Own price; null: by the packages. */
  priceSatang: number | null;
  isForSale: boolean;
  /** False: the event's sales are closed, whatever the photo's state. */
  isSalesOpen: boolean;
  width: number | null;
  height: number | null;
  thumbnailUrl: string;
}

export interface ListEventPhotos {
  cursor?: string | undefined;
  limit: number;
  order: 'taken' | 'new';
  photographer?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  bib?: string | undefined;
  status?: string | undefined;
}

const flushAfterMs = 30_000;

const date = (text: string | undefined) => (text === undefined ? undefined : new Date(text));

export function createPhotosService(deps: { db: Db; events: EventsService; logger: Logger }) {
  const { db, events } = deps;
  const walls = createWalls({ db });
  let views = new Map<string, number>();
  let flushing: NodeJS.Timeout | undefined;

  async function viewAll(rows: ShownPhoto[], withManage: boolean): Promise<PhotoView[]> {
    if (!withManage) return rows.map((row) => photoView(row));
    const reasons = await repository.reviewReasons(
      db,
      rows.map((row) => row.id),
    );
    return rows.map((row) => photoView(row, { reviewReason: reasons.get(row.id) ?? null }));
  }
  /** Views without the managing part, in the order of the ids; unknown ones are left out. */
  async function viewsOf(ids: readonly string[]): Promise<PhotoView[]> {
    if (ids.length === 0) return [];
    const rows = await repository.selectShown(db).where('photos.id', 'in', ids).execute();
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.flatMap((id) => (byId.has(id) ? [photoView(byId.get(id)!)] : []));
  }
  async function viewForStaff(id: string): Promise<PhotoView> {
    const row = await repository.selectShown(db).where('photos.id', '=', id).executeTakeFirstOrThrow();
    return (await viewAll([row], true))[0]!;
  }

  /** Rules who sees a photo that is not theirs to manage; throws as if there were none, or asks for the access code. */
  function requireOpen(
    photo: { id: string; status: string; deleted_at: Date | null; is_found: unknown },
    event: EventRow & { deleted_at: Date | null },
    given: readonly string[],
    now: Date,
  ): void {
    if (photo.deleted_at || event.deleted_at || photo.status !== 'approved' || !isPublicStatus(event.status)) {
      throw new AppError('photo.not_found');
    }
    // The cover was chosen to be shown on the event's card.
    if (photo.id === event.cover_photo_id || photo.is_found || event.access_mode === 'open') return;
    const opens =
      event.access_mode === 'code' &&
      event.access_code_hash !== null &&
      events.access.opens(given, event.id, event.access_code_hash, now);
    if (!opens) throw new AppError(event.access_mode === 'code' ? 'event.access_code_required' : 'photo.not_found');
  }

  /** The photo, and its file of that kind, if the viewer may see it. `isOpen`: anybody may. */
  async function requireViewable(
    photoId: string,
    kind: FileKind,
    viewer: Who,
    given: readonly string[] = [],
    at: DbOrTrx = db,
  ) {
    const photo = await repository.findWithFile(at, photoId, kind, viewer?.userId);
    if (!photo) throw new AppError('photo.not_found');
    const event = await at.selectFrom('events').selectAll().where('id', '=', photo.event_id).executeTakeFirstOrThrow();
    const isManager =
      !photo.deleted_at &&
      !!viewer &&
      (photo.photographer_user_id === viewer.userId || (await events.mayManage(at, event.id, viewer)));
    if (!isManager && !photo.is_bought) requireOpen(photo, event, given, new Date());
    const isOpen = photo.status === 'approved' && event.access_mode === 'open' && isPublicStatus(event.status);
    return { photo, event, isManager, isOpen: isOpen && !photo.deleted_at };
  }

  /** The photo shown as the cover of an event that the viewer knows of; throws event.not_found, photo.not_found. */
  async function coverOf(eventId: string, viewer: Who, given: readonly string[]) {
    const { shown_cover_id: coverId } = await events.requireKnown(db, eventId, viewer);
    if (!coverId) throw new AppError('photo.not_found');
    return requireViewable(coverId, 'preview', viewer, given);
  }

  return {
    photoView,
    viewsOf,
    requireViewable,
    coverOf,
    raiseRevisions,
    ...createReview({ db }),
    ...createBibs({ db, events }),
    remove: (id: string, actor: Viewer) => removePhoto(db, id, actor),

    /** Photos of one event within its privacy mode. */
    async listForEvent(idOrSlug: string, query: ListEventPhotos, viewer: Who, given: readonly string[]) {
      const event = await events.requireVisible(db, idOrSlug, viewer, given);
      const isManager = await events.mayManage(db, event.id, viewer);
      const status = isManager ? (query.status ?? 'approved') : 'approved';
      const rows = await repository.listPhotos(db, {
        eventId: event.id,
        statuses: status === 'all' ? undefined : [status],
        photographerId: query.photographer,
        from: date(query.from),
        to: date(query.to),
        bib: query.bib,
        foundBy: event.access_mode === 'find_me' && !isManager ? (viewer?.userId ?? null) : undefined,
        order: query.order,
        cursor: decodeCursor(query.cursor),
        limit: query.limit,
      });
      const page = toPage(
        rows,
        query.limit,
        (row) => ({ at: query.order === 'new' ? row.created_at : repository.sortAtOf(row), id: row.id }),
        (row) => row,
      );
      const isShared = !isManager && event.access_mode === 'open';
      return { items: await viewAll(page.items, isManager), nextCursor: page.nextCursor, isShared };
    },

    /** A part of the wall as JSON text; `isShared`: everybody is answered the same. A find-me event shows its wall to its staff alone. */
    async wall(
      idOrSlug: string,
      query: { cursor?: string | undefined; limit: number },
      viewer: Who,
      given: readonly string[],
    ) {
      const event = await events.requireVisible(db, idOrSlug, viewer, given);
      const isShown = event.access_mode !== 'find_me' || (await events.mayManage(db, event.id, viewer));
      return {
        text: isShown ? await walls.part(event.id, query) : walls.empty(event.id),
        isShared: event.access_mode === 'open' && isPublicStatus(event.status),
      };
    },

    /** Photos to manage: admins all, organizers those of their events, photographers their own. Last uploaded first. */
    async listManaged(
      query: {
        cursor?: string | undefined;
        limit: number;
        eventId?: string | undefined;
        status?: string | undefined;
        mine?: string | undefined;
        photographer?: string | undefined;
        q?: string | undefined;
      },
      viewer: Viewer,
    ) {
      const rows = await repository.listPhotos(db, {
        eventId: query.eventId,
        statuses: query.status ? [query.status] : undefined,
        photographerId: query.photographer,
        photographerUserId: query.mine ? viewer.userId : undefined,
        managedBy: viewer.role === 'admin' || query.mine ? undefined : viewer.userId,
        fileName: query.q,
        order: 'new',
        cursor: decodeCursor(query.cursor),
        limit: query.limit,
      });
      const page = toPage(
        rows,
        query.limit,
        (row) => ({ at: row.created_at, id: row.id }),
        (row) => row,
      );
      return { items: await viewAll(page.items, true), nextCursor: page.nextCursor };
    },

    viewForStaff,

    async setPrice(id: string, priceSatang: number | null, actor: Viewer): Promise<PhotoView> {
      await db.transaction().execute(async (trx) => {
        const [photo] = await repository.lockPhotos(trx, [id]);
        if (!photo) throw new AppError('photo.not_found');
        if (photo.price_satang === priceSatang) return;
        const revision = (await raiseRevisions(trx, [photo.event_id])).get(photo.event_id)!;
        await trx
          .updateTable('photos')
          .set({
            price_satang: priceSatang,
            // Set on the photo itself: no rule of its photographer or event moves it any more.
            price_from: priceSatang === null ? null : 'photo',
            discount_bp: null,
            revision,
            updated_at: new Date(),
          })
          .where('id', '=', id)
          .execute();
        await audit(trx, {
          actorId: actor.userId,
          action: 'photo.price',
          subjectKind: 'photo',
          subjectId: id,
          details: { from: photo.price_satang, to: priceSatang },
        });
      });
      return viewForStaff(id);
    },

    async metadata(id: string, viewer: Viewer, given: readonly string[]): Promise<z.input<typeof photoMetadata>> {
      const { photo } = await requireViewable(id, 'preview', viewer, given);
      const found = await db.selectFrom('photo_metadata').selectAll().where('photo_id', '=', id).executeTakeFirst();
      return {
        photoId: id,
        takenAt: photo.taken_at?.toISOString() ?? null,
        takenAtLocal: found?.taken_at_local ?? null,
        width: photo.width,
        height: photo.height,
        cameraMake: found?.camera_make ?? null,
        cameraModel: found?.camera_model ?? null,
        lensModel: found?.lens_model ?? null,
        iso: found?.iso ?? null,
        exposureSeconds: found?.exposure_seconds ?? null,
        fNumber: found?.f_number ?? null,
        focalLengthMm: found?.focal_length_mm ?? null,
        photographer: { id: photo.photographer_id, displayName: photo.photographer_name },
      };
    },

    /** For cart and orders; photos that do not exist are left out, deleted ones come as not for sale. */
    async sellable(at: DbOrTrx, photoIds: readonly string[], now = new Date()): Promise<SellablePhoto[]> {
      if (photoIds.length === 0) return [];
      const rows = await at
        .selectFrom('photos')
        .innerJoin('events', 'events.id', 'photos.event_id')
        .select([
          'photos.id',
          'photos.event_id',
          'photos.photographer_id',
          'photos.price_satang',
          'photos.width',
          'photos.height',
          'photos.status as photo_status',
          'photos.deleted_at as photo_deleted_at',
          'events.name',
          'events.organizer_id',
          'events.revenue_type',
          'events.status',
          'events.sales_enabled',
          'events.sales_start_at',
          'events.sales_end_at',
          'events.deleted_at',
        ])
        .where('photos.id', 'in', photoIds)
        .execute();
      return rows.map((row) => ({
        id: row.id,
        eventId: row.event_id,
        eventName: row.name,
        photographerId: row.photographer_id,
        organizerId: row.organizer_id,
        revenueType: row.revenue_type,
        priceSatang: row.price_satang,
        isForSale: row.photo_status === 'approved' && !row.photo_deleted_at && events.isSalesOpen(row, now),
        isSalesOpen: events.isSalesOpen(row, now),
        width: row.width,
        height: row.height,
        thumbnailUrl: photoUrls(row.id).thumbnails.medium,
      }));
    },

    /** Whether people could choose the photo at some time, though it is withdrawn, deleted or its event closed by now. */
    async wasForSale(at: DbOrTrx, photoId: string): Promise<boolean> {
      const row = await at
        .selectFrom('photos')
        .select('photos.id')
        .where('photos.id', '=', photoId)
        .where((eb) =>
          eb.or([
            eb('photos.status', '=', 'approved'),
            eb.exists(
              eb
                .selectFrom('photo_reviews')
                .select('photo_reviews.id')
                .whereRef('photo_reviews.photo_id', '=', 'photos.id')
                .where('photo_reviews.from_status', '=', 'approved'),
            ),
          ]),
        )
        .executeTakeFirst();
      return row !== undefined;
    },

    /** The stored original, for those who may have it (the caller checks); deleted photos keep theirs for buyers. */
    async originalOf(at: DbOrTrx, photoId: string) {
      const row = await at
        .selectFrom('photo_files')
        .innerJoin('photos', 'photos.id', 'photo_files.photo_id')
        .select(['object_key', 'photo_files.content_type', 'photo_files.bytes', 'file_name'])
        .where('photo_id', '=', photoId)
        .where('kind', '=', 'original')
        .executeTakeFirst();
      return (
        row && {
          objectKey: row.object_key,
          contentType: row.content_type,
          bytes: row.bytes,
          fileName: row.file_name,
        }
      );
    },

    /** Counted in memory, written half a minute later at the latest: losing a few views is fine. */
    countView(photoId: string): void {
      views.set(photoId, (views.get(photoId) ?? 0) + 1);
      flushing ??= setTimeout(() => void this.flushViews(), flushAfterMs).unref();
    },
    async flushViews(): Promise<void> {
      clearTimeout(flushing);
      flushing = undefined;
      const counted = views;
      views = new Map();
      try {
        await repository.addViews(db, counted);
      } catch (error) {
        deps.logger.warn({ err: error }, 'photo views were not written');
        for (const [id, count] of counted) views.set(id, (views.get(id) ?? 0) + count);
      }
    },
  };
}
