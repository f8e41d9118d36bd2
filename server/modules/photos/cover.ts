import type { Request, Response } from 'express';
import type { Sharp } from 'sharp';
import { AppError } from '#contracts/errors.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { Storage } from '#server/platform/storage.ts';
import { eventAccessOf } from '../events/service.ts';
import { createRenditions } from './renditions.ts';
import type { PhotosService } from './service.ts';

/** A third smaller than JPEG at the same sight; AVIF saves another fifth, but takes ten times as long to make. */
const QUALITY = 70;

/** Covers in several widths, made from the watermarked preview. */
export function createCoverSender({ photos, storage }: { photos: PhotosService; storage: Storage }) {
  const renditions = createRenditions(storage);

  return async (
    req: Request,
    res: Response,
    viewer: Viewer | null,
    eventId: string,
    width: number,
  ): Promise<'sent'> => {
    const { photo, isOpen } = await photos.coverOf(eventId, viewer, eventAccessOf(req));
    const madeAt = photo.file_created_at?.getTime();
    if (!photo.object_key || madeAt === undefined) throw new AppError('photo.not_found');
    const version = `${photo.id}-${photo.pipeline_version}-${madeAt.toString(36)}-${width}`;
    // Short, as for every picture: a photo may be withdrawn at any time.
    res.setHeader('Cache-Control', isOpen ? 'public, max-age=300' : 'private, max-age=60');
    if (!isOpen) res.vary('Cookie');
    res.setHeader('ETag', `"cover-${version}"`);
    res.setHeader('Content-Disposition', 'inline');
    res.type('image/webp');
    if (req.fresh) res.status(304).end();
    else {
      const recipe = (picture: Sharp): Sharp =>
        picture.resize({ width, withoutEnlargement: true }).webp({ quality: QUALITY });
      res.end(await renditions(version, photo.object_key, recipe));
    }
    return 'sent';
  };
}
