import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { toStream } from './original-bytes.ts';
import type { Archive, CleanPicture, DownloadsService, From, Original } from './service.ts';

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

/**
 * Streams an original or an archive, whole or a range of it; HEAD counts nothing. What a cut connection did not take is given
 * back, so that a bad line does not use a download up.
 */
export async function sendDownload(
  downloads: DownloadsService,
  what: Original | Archive,
  req: Request,
  res: Response,
  from: From,
): Promise<void> {
  const isArchive = 'plan' in what;
  const size = isArchive ? what.plan.size : what.bytes;
  const etag = isArchive ? what.plan.etag : downloads.etagOf(what);
  res.setHeader('Accept-Ranges', 'bytes');
  res.setHeader('ETag', etag);
  res.setHeader('Cache-Control', 'private, no-store');
  const ifRange = req.get('if-range');
  const range = ifRange && ifRange !== etag ? undefined : parseRange(req.get('range'), size);
  if (range === 'unsatisfiable') {
    res.status(416).setHeader('Content-Range', `bytes */${size}`);
    res.end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  const length = end - start + 1;
  const id = req.method === 'HEAD' ? undefined : await downloads.admit(what, length, range !== undefined, from);
  res.status(range ? 206 : 200);
  if (range) res.setHeader('Content-Range', `bytes ${start}-${end}/${size}`);
  res.setHeader('Content-Type', isArchive ? 'application/zip' : what.contentType);
  res.setHeader('Content-Length', length);
  res.setHeader('Content-Disposition', attachment(what.fileName));
  if (!id) {
    res.end();
    return;
  }
  let sent = 0;
  const counted = async function* () {
    for await (const chunk of downloads.bytes(what, start, end)) {
      yield chunk;
      sent += chunk.length;
    }
  };
  try {
    await ignoringHangUp(pipeline(toStream(counted()), res));
  } finally {
    if (sent < length) await downloads.giveBack(id, length - sent);
  }
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
