import type { Readable } from 'node:stream';
import { AppError } from '#contracts/errors.ts';
import type { DownloadLinks } from '#contracts/http/downloads.ts';
import type { SettingValue } from '#contracts/settings.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { isPaid, type MessageQueue, type OrderRow, type OrdersService } from '#server/modules/orders/service.ts';
import { audit } from '#server/platform/audit.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import { createTokens } from '#server/platform/crypto.ts';
import type { Db } from '#server/platform/db.ts';
import { notify } from '#server/platform/notify.ts';
import { perMinute } from '#server/platform/per-minute.ts';
import type { Storage } from '#server/platform/storage.ts';
import { type Archive, createArchives, uniqueNames } from './archive.ts';
import { boughtPhotos } from './library.ts';
import { deliveredBytes } from './original-bytes.ts';
import * as repository from './repository.ts';
import * as sessions from './sessions.ts';

export type { Archive } from './archive.ts';
export { uniqueNames } from './archive.ts';

/** More photos than anybody bought so far. */
const LIBRARY = 2_000;

export type DownloadsService = ReturnType<typeof createDownloadsService>;
export interface DownloadsDeps {
  db: Db;
  orders: OrdersService;
  storage: Storage;
  settings: { get(key: 'downloads'): Promise<SettingValue<'downloads'>> };
  messages: MessageQueue;
  linkSecret: string;
  clock?: Clock;
}
/** Who downloads, for the log. */
export interface From {
  userId: string | null;
  requestId: string;
  ipAddress?: string | undefined;
}
/** An original that may be handed out. */
export interface Original {
  grantId: string;
  orderId: string;
  photoId: string;
  fileName: string;
  objectKey: string;
  contentType: string;
  bytes: number;
}
/** The picture without watermark, for the pages of who bought it. */
export interface CleanPicture {
  photoId: string;
  objectKey: string;
  contentType: string;
  bytes: number;
}
interface LinkToken extends Record<string, unknown> {
  grant?: string;
  order?: string;
}

export function createDownloadsService(deps: DownloadsDeps) {
  const { db, orders, storage, settings, messages } = deps;
  const clock = deps.clock ?? systemClock;
  const tokens = createTokens(deps.linkSecret, 'download');
  const archives = createArchives({ db, storage, clock });

  function toOriginal(row: repository.Deliverable): Original {
    if (!row.object_key || row.bytes === null) throw new AppError('photo.not_ready');
    return {
      grantId: row.id,
      orderId: row.order_id,
      photoId: row.photo_id,
      fileName: row.file_name,
      objectKey: row.object_key,
      contentType: row.content_type ?? 'application/octet-stream',
      bytes: row.bytes,
    };
  }
  /** At least one live grant of the viewer, or of the link's bearer; throws photo.not_purchased, photo.not_found. */
  async function grantsOf(
    photoId: string,
    viewer: Viewer | null,
    token: string | undefined,
    kind: 'original' | 'clean',
  ): Promise<repository.Deliverable[]> {
    const rows = await repository.deliverables(db, { photoId }, kind);
    const mine = rows.filter((row) => row.user_id === viewer?.userId || orders.isTokenOf(row.order_id, token));
    if (mine.length > 0) return mine;
    const exists = await repository.photoExists(db, photoId);
    throw new AppError(exists ? 'photo.not_purchased' : 'photo.not_found');
  }
  /** Refused links are written down; forged ones, which cost nobody anything to make, at most so many a minute. */
  const mayLog = perMinute(60, clock);
  async function refuse(
    code: 'resource.not_found' | 'download.expired' | 'download.limit',
    from: From,
    orderId?: string,
  ) {
    if (orderId || mayLog()) {
      await audit(db, {
        actorId: from.userId,
        action: 'download.refused',
        ...(orderId && { subjectKind: 'order', subjectId: orderId }),
        details: { reason: code === 'resource.not_found' ? 'forged' : code },
        requestId: from.requestId,
        ...(from.ipAddress && { ipAddress: from.ipAddress }),
      });
    }
    return new AppError(code);
  }
  async function readToken(token: string, from: From): Promise<LinkToken> {
    const read = tokens.read<LinkToken>(token, clock.now());
    if (read === 'invalid') throw await refuse('resource.not_found', from);
    if (read === 'expired') throw await refuse('download.expired', from);
    return read.data;
  }
  const log = (originals: readonly Pick<Original, 'photoId' | 'orderId'>[], from: From, as: 'original' | 'archive') =>
    db
      .insertInto('audit_logs')
      .values(
        originals.map((original) => ({
          actor_id: from.userId,
          action: 'download.original',
          subject_kind: 'photo',
          subject_id: original.photoId,
          details: JSON.stringify({ orderId: original.orderId, as }),
          request_id: from.requestId,
          ip_address: from.ipAddress ?? null,
        })),
      )
      .execute();
  const etagOf = (original: Original) => `"${original.photoId}-${original.bytes}"`;

  async function links(order: OrderRow): Promise<DownloadLinks> {
    if (!isPaid(order.status)) throw new AppError('order.not_paid');
    const rows = await repository.deliverables(db, { orderId: order.id });
    const { linkHours } = await settings.get('downloads');
    const expiresAt = new Date(clock.now().getTime() + linkHours * 3_600_000);
    const link = (data: LinkToken) => `/api/downloads/${tokens.issue(data, expiresAt)}`;
    const isReady = (row: repository.Deliverable) => row.object_key !== null;
    const names = uniqueNames(rows.map((row) => row.file_name));
    return {
      orderId: order.id,
      orderNumber: order.number,
      items: rows.map((row, index) => ({
        photoId: row.photo_id,
        url: isReady(row) ? link({ grant: row.id }) : null,
        fileName: names[index]!,
        bytes: row.bytes,
        contentType: row.content_type,
        downloadsLeft: Math.max(0, row.max_downloads - row.download_count),
      })),
      zipUrl: rows.some(isReady) ? `${link({ order: order.id })}/zip` : null,
      zipFileName: `${order.number}.zip`,
      totalBytes: rows.reduce((sum, row) => sum + (row.bytes ?? 0), 0),
      expiresAt: expiresAt.toISOString(),
    };
  }

  return {
    /** Signed links to what the order opens; throws order.not_found, order.not_paid. */
    async linksOf(orderId: string, viewer: Viewer | null, token: string | undefined): Promise<DownloadLinks> {
      return links(await orders.requireOrder(db, orderId, viewer, token));
    },
    /** New links, counters from zero, and the order's link by e-mail, at most once a minute. */
    async again(orderId: string, viewer: Viewer | null, token: string | undefined): Promise<DownloadLinks> {
      const order = await orders.requireOrder(db, orderId, viewer, token);
      if (!isPaid(order.status)) throw new AppError('order.not_paid');
      const items = await orders.itemsOf(db, orderId);
      await db.transaction().execute(async (trx) => {
        await repository.startAgain(trx, orderId);
        await messages.queue(trx, {
          template: 'order.paid',
          dedupeKey: `order.again-${orderId}-${Math.floor(clock.now().getTime() / 60_000)}`,
          userId: order.user_id,
          recipient: order.email,
          language: order.locale,
          payload: {
            orderNumber: order.number,
            link: orders.pageLink(orderId, orders.tokenOf(orderId)),
            photoCount: items.filter((item) => item.refunded_at === null).length,
            totalSatang: order.total_satang,
          },
        });
        const actorId = viewer?.userId ?? null;
        await audit(trx, { actorId, action: 'download.again', subjectKind: 'order', subjectId: orderId });
      });
      return links(order);
    },

    /** Which photos are the viewer's to download. */
    bought: (viewer: Viewer, eventId: string | undefined) => boughtPhotos(db, viewer.userId, eventId, LIBRARY),

    /** The original behind a link; throws resource.not_found, download.expired (also when access was withdrawn). */
    async byLink(token: string, from: From): Promise<Original> {
      const { grant } = await readToken(token, from);
      if (!grant) throw await refuse('resource.not_found', from);
      const [row] = await repository.deliverables(db, { grantId: grant });
      if (!row) throw await refuse('download.expired', from);
      return toOriginal(row);
    },
    /** The original of a photo for who bought it: the viewer, or the bearer of the order's link. */
    async byPhoto(photoId: string, viewer: Viewer | null, token: string | undefined): Promise<Original> {
      const mine = await grantsOf(photoId, viewer, token, 'original');
      return toOriginal(mine.find((row) => row.download_count < row.max_downloads) ?? mine[0]!);
    },
    /** The clean picture of a photo, for the same people; looking is not a download. */
    async cleanOf(photoId: string, viewer: Viewer | null, token: string | undefined): Promise<CleanPicture> {
      const { objectKey, contentType, bytes } = toOriginal((await grantsOf(photoId, viewer, token, 'clean'))[0]!);
      return { photoId, objectKey, contentType, bytes };
    },
    openClean: ({ objectKey }: CleanPicture): Promise<Readable> => storage.getStream(objectKey),
    /**
     * What is behind a ZIP link: the archive that was begun, when the client goes on with one (`resumes`: its ETag, or true
     * for the newest), else a new one of all originals that may still be downloaded. Counts nothing yet.
     */
    async byZipLink(token: string, from: From, resumes: string | boolean): Promise<Archive> {
      const { order: orderId } = await readToken(token, from);
      const order = orderId ? await orders.find(db, orderId) : undefined;
      if (!order) throw await refuse('resource.not_found', from);
      const fileName = `${order.number}.zip`;
      const live = (await repository.deliverables(db, { orderId: order.id })).filter((row) => row.object_key !== null);
      if (live.length === 0) throw await refuse('download.expired', from, order.id);
      const etag = typeof resumes === 'string' ? resumes : undefined;
      const begun = resumes ? await archives.begun(order.id, fileName, live, etag) : undefined;
      if (begun) return begun;
      const left = live.filter((row) => row.download_count < row.max_downloads);
      if (left.length === 0) throw await refuse('download.limit', from, order.id);
      return archives.layOut(order.id, fileName, left);
    },
    /**
     * Admits a request for `length` bytes: goes on with a download that has begun (`isRange`), or counts and logs a new one.
     * Answers its id, for giving back what was not sent. Throws download.limit.
     */
    async admit(what: Original | Archive, length: number, isRange: boolean, from: From): Promise<string> {
      const isArchive = 'plan' in what;
      const etag = isArchive ? what.plan.etag : etagOf(what);
      const at = clock.now();
      if (isRange) {
        const of = { orderId: what.orderId, etag, ...(!isArchive && { grantId: what.grantId }) };
        const goesOn = await sessions.goOn(db, of, length, at);
        if (goesOn) return goesOn;
      }
      const grantIds = isArchive ? what.rows.map((row) => row.id) : [what.grantId];
      const id = await db.transaction().execute(async (trx) => {
        const used = await repository.use(trx, grantIds, at);
        if (used.size < grantIds.length) return undefined;
        const bytes = isArchive ? what.plan.size : what.bytes;
        const kind = isArchive ? 'archive' : 'original';
        return sessions.begin(trx, { ...what, kind, etag, grantIds, bytes, userId: from.userId }, length, at);
      });
      // Of an archive: another download used one up in between. The next try lays it out without that one.
      if (!id) throw await refuse('download.limit', from, what.orderId);
      const originals = isArchive ? what.rows.map((row) => ({ photoId: row.photo_id, orderId: row.order_id })) : [what];
      await log(originals, from, isArchive ? 'archive' : 'original');
      return id;
    },
    giveBack: (id: string, bytes: number) => sessions.giveBack(db, id, bytes),
    etagOf,
    /** Bytes `start` to `end` (inclusive), a JPEG's without the position. Opens the store when first read. */
    bytes: (what: Original | Archive, start: number, end: number): AsyncGenerator<Buffer> =>
      'plan' in what ? archives.bytes(what, start, end) : deliveredBytes(storage, what, start, end),

    /** Tells the buyer of originals that landed after the sale: one e-mail for all of them, and the open pages. */
    async deliverLanded(orderId: string): Promise<void> {
      await db.transaction().execute(async (trx) => {
        const order = await orders.lock(trx, orderId);
        if (!order || !isPaid(order.status)) return;
        const { ids, waiting } = await repository.deliver(trx, orderId, clock.now());
        if (ids.length === 0) return;
        await messages.queue(trx, {
          template: 'order.arrived',
          dedupeKey: `order.arrived-${orderId}-${ids[0]}`,
          userId: order.user_id,
          recipient: order.email,
          language: order.locale,
          payload: {
            orderNumber: order.number,
            link: orders.pageLink(orderId, orders.tokenOf(orderId)),
            photoCount: ids.length,
            waitingCount: waiting,
          },
        });
        await notify(trx, order.user_id, { type: 'order.changed', orderId });
      });
    },
    ordersToTell: () => repository.ordersToTell(db, 200),
    fillCrcs: archives.fillCrcs,
  };
}
