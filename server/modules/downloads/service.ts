import { Readable } from 'node:stream';
import { AppError } from '#contracts/errors.ts';
import type { DownloadLinks } from '#contracts/http/downloads.ts';
import type { SettingValue } from '#contracts/settings.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { isPaid, type MessageQueue, type OrderRow, type OrdersService } from '#server/modules/orders/service.ts';
import { audit } from '#server/platform/audit.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import { createTokens } from '#server/platform/crypto.ts';
import type { Db } from '#server/platform/db.ts';
import type { Storage } from '#server/platform/storage.ts';
import { blankGps, headBytes } from './gps.ts';
import * as repository from './repository.ts';

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
  hadGps: boolean;
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

/** Names inside one ZIP: a second IMG_1.JPG becomes IMG_1 (2).JPG. No folders, no odd characters. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Map<string, number>();
  return names.map((name) => {
    const safe = name.replace(/[\\/:*?"<>|\p{Cc}]/gu, '_').replace(/^\.+/, '_') || 'photo';
    const count = (taken.get(safe.toLowerCase()) ?? 0) + 1;
    taken.set(safe.toLowerCase(), count);
    if (count === 1) return safe;
    const dot = safe.lastIndexOf('.');
    return dot > 0 ? `${safe.slice(0, dot)} (${count})${safe.slice(dot)}` : `${safe} (${count})`;
  });
}

export function createDownloadsService(deps: DownloadsDeps) {
  const { db, orders, storage, settings, messages } = deps;
  const clock = deps.clock ?? systemClock;
  const tokens = createTokens(deps.linkSecret, 'download');

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
      hadGps: row.had_gps,
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
  function readToken(token: string): LinkToken {
    const read = tokens.read<LinkToken>(token, clock.now());
    if (read === 'invalid') throw new AppError('resource.not_found');
    if (read === 'expired') throw new AppError('download.expired');
    return read.data;
  }
  const log = (original: Pick<Original, 'photoId' | 'orderId'>, from: From) =>
    audit(db, {
      actorId: from.userId,
      action: 'download.original',
      subjectKind: 'photo',
      subjectId: original.photoId,
      details: { orderId: original.orderId },
      requestId: from.requestId,
      ...(from.ipAddress && { ipAddress: from.ipAddress }),
    });

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

    /** The original behind a link; throws resource.not_found, download.expired (also when access was withdrawn). */
    async byLink(token: string): Promise<Original> {
      const { grant } = readToken(token);
      if (!grant) throw new AppError('resource.not_found');
      const [row] = await repository.deliverables(db, { grantId: grant });
      if (!row) throw new AppError('download.expired');
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
    /** Everything behind a ZIP link that may still be downloaded, each counted once, with names that do not collide. */
    async byZipLink(token: string, from: From): Promise<{ fileName: string; originals: Original[] }> {
      const { order: orderId } = readToken(token);
      const order = orderId ? await orders.find(db, orderId) : undefined;
      if (!order) throw new AppError('resource.not_found');
      const rows = (await repository.deliverables(db, { orderId: order.id })).filter((row) => row.object_key !== null);
      if (rows.length === 0) throw new AppError('download.expired');
      const used = await repository.use(
        db,
        rows.map((row) => row.id),
        clock.now(),
      );
      const left = rows.filter((row) => used.has(row.id)).map(toOriginal);
      if (left.length === 0) throw new AppError('download.limit');
      for (const original of left) await log(original, from);
      const names = uniqueNames(left.map((original) => original.fileName));
      return {
        fileName: `${order.number}.zip`,
        originals: left.map((original, index) => ({ ...original, fileName: names[index]! })),
      };
    },
    /** Counts and logs a download; throws download.limit when there is none left. */
    async begin(original: Original, from: From): Promise<void> {
      const used = await repository.use(db, [original.grantId], clock.now());
      if (!used.has(original.grantId)) throw new AppError('download.limit');
      await log(original, from);
    },
    /** True once a download of it has begun: going on with a later range is not another one. */
    async hasBegun(original: Original): Promise<boolean> {
      const [row] = await repository.deliverables(db, { grantId: original.grantId });
      return (row?.download_count ?? 0) > 0;
    },
    /** The bytes from `start` to `end` (inclusive), without the position. Opens the store when first read. */
    open({ objectKey, bytes, hadGps }: Original, start: number, end: number): Readable {
      return Readable.from(
        (async function* () {
          const headEnd = Math.min(bytes, headBytes) - 1;
          if (hadGps && start <= headEnd) {
            const head = blankGps(await readAll(await storage.getStream(objectKey, { start: 0, end: headEnd })));
            yield head.subarray(start, Math.min(end, headEnd) + 1);
          }
          const from = hadGps ? Math.max(start, headEnd + 1) : start;
          if (from <= end) yield* await storage.getStream(objectKey, { start: from, end });
        })(),
        { objectMode: false },
      );
    },
  };
}

async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
