import { pipeline } from 'node:stream/promises';
import { ZipArchive } from 'archiver';
import type { Request, Response } from 'express';
import type { CleanPicture, DownloadsService, From, Original } from './service.ts';

/** Inclusive bytes of a single range; undefined: the whole; 'unsatisfiable'. Several ranges are answered with the whole (RFC 9110 14.2). */
export function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  if (match[1] === '') {
    const last = Math.min(Number(match[2]), size);
    return last === 0 ? 'unsatisfiable' : { start: size - last, end: size - 1 };
  }
  const start = Number(match[1]);
  const end = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (start >= size) return 'unsatisfiable';
  return start > end ? undefined : { start, end };
}

const asciiName = (name: string) => name.replace(/[^\x20-\x7e]|["\\]/g, '_');
const attachment = (name: string) =>
  `attachment; filename="${asciiName(name)}"; filename*=UTF-8''${encodeURIComponent(name)}`;

/** Who went away in the middle is nobody's fault. */
async function ignoringHangUp(work: Promise<void>): Promise<void> {
  await work.catch((error) => {
    if ((error as { code?: string }).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}

/** Streams one original, whole or a range of it. Counted when it begins; a later range goes on with the same download. */
export async function sendOriginal(
  downloads: DownloadsService,
  original: Original,
  req: Request,
  res: Response,
  from: From,
): Promise<void> {
  const etag = `"${original.photoId}-${original.bytes}"`;
  res.setHeader('Accept-Ranges', 'bytes');
  res.setHeader('ETag', etag);
  res.setHeader('Cache-Control', 'private, no-store');
  const ifRange = req.get('if-range');
  const range = ifRange && ifRange !== etag ? undefined : parseRange(req.get('range'), original.bytes);
  if (range === 'unsatisfiable') {
    res.status(416).setHeader('Content-Range', `bytes */${original.bytes}`);
    res.end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: original.bytes - 1 };
  const isContinued = start > 0 && (await downloads.hasBegun(original));
  if (req.method !== 'HEAD' && !isContinued) await downloads.begin(original, from);
  res.status(range ? 206 : 200);
  if (range) res.setHeader('Content-Range', `bytes ${start}-${end}/${original.bytes}`);
  res.setHeader('Content-Type', original.contentType);
  res.setHeader('Content-Length', end - start + 1);
  res.setHeader('Content-Disposition', attachment(original.fileName));
  if (req.method === 'HEAD') {
    res.end();
    return;
  }
  await ignoringHangUp(pipeline(downloads.open(original, start, end), res));
}

/** Streams the picture for the page, kept for minutes by that browser only: a refund takes it away again. */
export async function sendClean(
  downloads: DownloadsService,
  picture: CleanPicture,
  req: Request,
  res: Response,
): Promise<void> {
  res.setHeader('Cache-Control', 'private, max-age=300');
  res.vary('Cookie');
  res.vary('Authorization');
  res.setHeader('ETag', `"clean-${picture.photoId}-${picture.bytes}"`);
  if (req.fresh) {
    res.status(304).end();
    return;
  }
  res.setHeader('Content-Type', picture.contentType);
  res.setHeader('Content-Length', picture.bytes);
  res.setHeader('Content-Disposition', 'inline');
  if (req.method === 'HEAD') {
    res.end();
    return;
  }
  await ignoringHangUp(pipeline(await downloads.openClean(picture), res));
}

/** Streams originals as a ZIP, stored as they are (photos do not get smaller), one after the other. */
export async function sendZip(
  downloads: DownloadsService,
  zip: { fileName: string; originals: Original[] },
  res: Response,
): Promise<void> {
  res.setHeader('Content-Type', 'application/zip');
  res.setHeader('Content-Disposition', attachment(zip.fileName));
  res.setHeader('Cache-Control', 'private, no-store');
  const archive = new ZipArchive({ store: true });
  const sending = ignoringHangUp(pipeline(archive, res));
  // Streams open when their turn comes: one connection to the store at a time.
  for (const original of zip.originals) {
    const stream = downloads.open(original, 0, original.bytes - 1);
    stream.on('error', (error) => archive.destroy(error));
    archive.append(stream, { name: original.fileName });
  }
  await Promise.all([archive.finalize().catch((error) => archive.destroy(error as Error)), sending]);
}
