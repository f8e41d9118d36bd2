import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { FileStore } from '@tus/file-store';
import { EVENTS, Metadata, Server } from '@tus/server';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { AppError, errorTable } from '#contracts/errors.ts';
import { maxUploadBytes, tusPath } from '#contracts/http/uploads.ts';
import { sendProblem } from '#server/http/problem.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { Logger } from '#server/platform/logger.ts';
import { type Finished, outcomeOf } from './finish.ts';
import { cleanFileName } from './inspect.ts';
import type { UploadRow } from './repository.ts';
import type { UploadsService } from './service.ts';

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const endedStatuses = ['completed', 'duplicate', 'failed', 'cancelled'];

/** Who asks hangs on the Express request; the tus server passes a web request on that knows it. */
const viewerOf = (request: unknown): Viewer =>
  (request as { runtime: { node: { req: Request } } }).runtime.node.req.viewer as Viewer;

const finishedHeaders = (finished: Finished) => ({
  'X-Photo-Id': finished.photoId,
  'X-Upload-Result': finished.kind,
});

const invalid = (path: string, message: string) => new AppError('request.invalid', { errors: [{ path, message }] });

/** The metadata of a creation; throws request.invalid, upload.empty, upload.too_large. */
function readCreation(req: Request): { eventId: string } {
  const length = Number(req.get('upload-length'));
  if (!Number.isSafeInteger(length) || length < 0) throw invalid('header.Upload-Length', 'bytes of the whole file');
  if (length === 0) throw new AppError('upload.empty');
  if (length > maxUploadBytes) throw new AppError('upload.too_large', { maxBytes: maxUploadBytes });
  let metadata: Record<string, string | null>;
  try {
    metadata = Metadata.parse(req.get('upload-metadata'));
  } catch {
    throw invalid('header.Upload-Metadata', 'not readable');
  }
  const { eventId, sha256 } = metadata;
  if (!eventId || !uuidPattern.test(eventId)) throw invalid('header.Upload-Metadata', 'eventId is needed');
  if (sha256 && !/^[0-9a-f]{64}$/i.test(sha256)) throw invalid('header.Upload-Metadata', 'sha256 is 64 hex digits');
  return { eventId };
}

/**
 * Resumable uploads at /api/uploads (see contracts/http/uploads.ts). Mount it with `app.use(handler)` before anything that
 * reads bodies; what is not its own it passes on. Only the uploader sees an upload. An upload that has ended answers
 * from its row, so that a lost last answer is repeated although the file has moved on.
 */
export function createTusHandler(deps: {
  uploads: UploadsService;
  findViewer: (req: Request) => Promise<Viewer | null>;
  publicUrl: string;
  logger: Logger;
}): RequestHandler {
  const { uploads, logger } = deps;
  mkdirSync(uploads.directory, { recursive: true });

  async function answerFinish(id: string, request: unknown) {
    try {
      return { headers: finishedHeaders(await uploads.finish(id)) };
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'server.unavailable';
      if (!(error instanceof AppError)) logger.warn({ err: error, uploadId: id }, 'upload is not finished yet');
      const { status, en, th, retryable } = errorTable[code];
      const { req } = (request as { runtime: { node: { req: Request } } }).runtime.node;
      const problem = {
        type: `/api/docs/errors#${code}`,
        title: en,
        detail: en,
        detailTh: th,
        status,
        code,
        retryable,
      };
      return {
        status_code: status,
        headers: { 'Content-Type': 'application/problem+json', ...(status === 503 && { 'Retry-After': '5' }) },
        body: JSON.stringify({ ...problem, requestId: req.id }),
      };
    }
  }

  const server = new Server({
    path: tusPath,
    datastore: new FileStore({ directory: uploads.directory }),
    relativeLocation: true,
    maxSize: maxUploadBytes,
    allowedOrigins: [new URL(deps.publicUrl).origin],
    exposedHeaders: ['X-Photo-Id', 'X-Upload-Result'],
    namingFunction: () => randomUUID(),
    async onUploadCreate(request, upload) {
      await uploads.create({
        id: upload.id,
        eventId: upload.metadata!.eventId!,
        userId: viewerOf(request).userId,
        fileName: cleanFileName(upload.metadata?.filename),
        bytes: upload.size!,
      });
      return {};
    },
    onUploadFinish: (request, upload) => answerFinish(upload.id, request),
  });
  server.on(EVENTS.POST_TERMINATE, (_request, _response, id) => {
    uploads.cancel(id).catch((error) => logger.warn({ err: error, uploadId: id }, 'cancelled upload is not marked'));
  });

  /** An upload that has ended: the same answer again, from its row. */
  function answerEnded(req: Request, res: Response, upload: UploadRow): void {
    res.setHeader('Tus-Resumable', '1.0.0');
    res.setHeader('Cache-Control', 'no-store');
    if (req.method === 'DELETE') return void res.status(204).end();
    if (upload.status === 'failed' || upload.status === 'cancelled') {
      // 410 tells a tus client that there is nothing to resume.
      if (req.method === 'HEAD') return void res.status(410).end();
      outcomeOf(upload);
    }
    const finished = outcomeOf(upload)!;
    if (req.method === 'PATCH' && Number(req.get('upload-offset')) !== upload.bytes) return void res.status(409).end();
    res.set({ ...finishedHeaders(finished), 'Upload-Offset': String(upload.bytes) });
    if (req.method === 'PATCH') return void res.status(204).end();
    res.set('Upload-Length', String(upload.bytes)).status(200).end();
  }

  async function handle(req: Request, res: Response, id: string | undefined): Promise<void> {
    if (req.method === 'OPTIONS') return server.handle(req, res);
    const viewer = await deps.findViewer(req);
    if (!viewer || viewer.isGuest) throw new AppError('auth.required');
    if (viewer.role !== 'photographer' && viewer.role !== 'admin') throw new AppError('auth.forbidden');
    req.viewer = viewer;
    if (req.method === 'POST' && id === undefined) {
      await uploads.requireUploader(readCreation(req).eventId, viewer);
      return server.handle(req, res);
    }
    if (!id || !['HEAD', 'PATCH', 'DELETE'].includes(req.method)) throw new AppError('request.method_not_allowed');
    let upload = await uploads.find(id);
    if (!upload || upload.user_id !== viewer.userId) throw new AppError('resource.not_found');
    // All bytes are here but the process died, or the store was away: go on from there.
    if (req.method === 'HEAD' && !endedStatuses.includes(upload.status)) {
      if ((await uploads.bytesOf(id)) === upload.bytes) {
        await uploads.finish(id).catch((error) => {
          if (!(error instanceof AppError) || error.status >= 500) throw error;
        });
        upload = (await uploads.find(id))!;
      }
    }
    if (endedStatuses.includes(upload.status)) return answerEnded(req, res, upload);
    return server.handle(req, res);
  }

  return (req: Request, res: Response, next: NextFunction) => {
    const [, rest] = /^\/api\/uploads(?:\/([^/]*))?\/?$/.exec(req.path) ?? [];
    const isOurs = /^\/api\/uploads(\/|$)/.test(req.path) && rest !== 'status' && rest !== 'check';
    if (!isOurs || req.method === 'GET') return next();
    handle(req, res, rest || undefined).catch((error) => {
      if (error instanceof AppError && !res.headersSent) sendProblem(req, res, error.code, error.details);
      else next(error);
    });
  };
}
