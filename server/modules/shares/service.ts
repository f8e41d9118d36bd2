import { createHmac, randomUUID } from 'node:crypto';
import { AppError } from '#contracts/errors.ts';
import type { PhotoShare, SharedPhoto } from '#contracts/http/shares.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { audit } from '#server/platform/audit.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import { sha256 } from '#server/platform/crypto.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import type { Storage } from '#server/platform/storage.ts';
import { createRenditions } from '../photos/service.ts';
import * as repository from './repository.ts';

export type SharesService = ReturnType<typeof createSharesService>;

/** For screens and messengers; the original stays with who bought it. */
const BOX = 1280;

export function createSharesService(deps: { db: Db; storage: Storage; linkSecret: string; clock?: Clock }) {
  const { db } = deps;
  const clock = deps.clock ?? systemClock;
  const renditions = createRenditions(deps.storage);
  // 256 bits that only we can make; the database holds their hash alone.
  const tokenOf = (id: string): string =>
    createHmac('sha256', `${deps.linkSecret} photo share`).update(id).digest('base64url');
  const hashOf = (token: string): Buffer => sha256(`photo share ${token}`);
  const view = (row: { id: string; photo_id: string; created_at: Date }): PhotoShare => {
    const token = tokenOf(row.id);
    return { photoId: row.photo_id, token, path: `/s/${token}`, createdAt: row.created_at.toISOString() };
  };

  async function requireStanding(token: string) {
    const row = await repository.findStanding(db, hashOf(token));
    if (!row) throw new AppError('resource.not_found');
    return row;
  }

  return {
    /** Throws photo.not_found (also when it may not be shown any more), photo.not_purchased. */
    async share(photoId: string, viewer: Viewer): Promise<PhotoShare> {
      const { userId } = viewer;
      const photo = await repository.findForSharing(db, userId, photoId);
      if (!photo?.may_be_shown) throw new AppError('photo.not_found');
      if (!photo.is_bought) throw new AppError('photo.not_purchased');
      return db.transaction().execute(async (trx) => {
        const id = randomUUID();
        const row = await repository.keep(trx, {
          id,
          user_id: userId,
          photo_id: photoId,
          token_hash: hashOf(tokenOf(id)),
        });
        // Taken down by another device in this very moment.
        if (!row) throw new AppError('server.unavailable');
        if (row.id === id)
          await audit(trx, { actorId: userId, action: 'photo.share', subjectKind: 'photo', subjectId: photoId });
        return view(row);
      });
    },
    async unshare(photoId: string, viewer: Viewer): Promise<void> {
      await db.transaction().execute(async (trx) => {
        const { numUpdatedRows } = await repository.revoke(trx, viewer.userId, photoId, clock.now());
        if (numUpdatedRows === 0n) return;
        await audit(trx, { actorId: viewer.userId, action: 'photo.unshare', subjectKind: 'photo', subjectId: photoId });
      });
    },
    list: async (viewer: Viewer): Promise<PhotoShare[]> => (await repository.listStanding(db, viewer.userId)).map(view),

    /** What anybody with the link sees; throws resource.not_found. */
    async find(token: string): Promise<SharedPhoto> {
      const row = await requireStanding(token);
      const [width, height] = [row.width ?? 1500, row.height ?? 1000];
      const scale = Math.min(1, BOX / width, BOX / height);
      return {
        photoId: row.photo_id,
        width: Math.round(width * scale),
        height: Math.round(height * scale),
        pictureUrl: `/api/shares/${token}/picture`,
        placeholderColor: row.placeholder_color,
        takenAt: row.taken_at?.toISOString() ?? null,
        photographer: row.display_name,
        event: {
          slug: row.slug,
          name: row.name,
          nameEn: row.name_en,
          startsAt: row.starts_at.toISOString(),
          faceSearchEnabled: row.face_search_enabled,
        },
      };
    },
    /** The picture behind a link, and what tells it from others of the same photo; throws resource.not_found. */
    async picture(token: string): Promise<{ etag: string; bytes(): Promise<Buffer> }> {
      const row = await requireStanding(token);
      const { object_key: objectKey, file_created_at: madeAt } = row;
      if (!objectKey || !madeAt) throw new AppError('resource.not_found');
      const etag = `share-${row.photo_id}-${madeAt.getTime().toString(36)}`;
      return {
        etag,
        bytes: () =>
          renditions(etag, objectKey, (picture) =>
            picture
              .resize({ width: BOX, height: BOX, fit: 'inside', withoutEnlargement: true })
              .jpeg({ quality: 82, progressive: true }),
          ),
      };
    },
    joinGuest: (trx: Trx, guestId: string, userId: string): Promise<void> => repository.move(trx, guestId, userId),
  };
}
