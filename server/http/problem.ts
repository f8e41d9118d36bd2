import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { AppError, type ErrorCode, errorTable } from '#contracts/errors.ts';
import { pgErrorCode } from '#server/platform/db.ts';
import type { Logger } from '#server/platform/logger.ts';

/** Answers an RFC 9457 problem. `details.errors` lists what is wrong with the input; other details are extension members. */
export function sendProblem(req: Request, res: Response, code: ErrorCode, details: Record<string, unknown> = {}): void {
  const entry = errorTable[code];
  if (entry.retryable && !res.hasHeader('Retry-After')) res.setHeader('Retry-After', String(details.retryAfter ?? 5));
  const english = req.acceptsLanguages('th', 'en') === 'en';
  res
    .status(entry.status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        ...details,
        type: `/api/docs/errors#${code}`,
        title: english ? entry.en : entry.th,
        detail: entry.en,
        detailTh: entry.th,
        status: entry.status,
        code,
        retryable: entry.retryable,
        requestId: req.id,
      }),
    );
}

/** Errors of Express, its body parser, multer and PostgreSQL that are the caller's doing. */
function toAppError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  const { type, status, code, name } = error as { type?: string; status?: number; code?: string; name?: string };
  if (type === 'entity.too.large' || status === 413) return new AppError('request.too_large');
  if (type === 'entity.parse.failed' || type === 'request.aborted') return new AppError('request.malformed');
  if (type === 'encoding.unsupported' || type === 'charset.unsupported' || status === 415)
    return new AppError('request.unsupported_type');
  if (name === 'MulterError') {
    if (code === 'LIMIT_FILE_SIZE') return new AppError('upload.too_large');
    if (code === 'LIMIT_FILE_COUNT' || code === 'LIMIT_UNEXPECTED_FILE') return new AppError('upload.too_many');
    return new AppError('request.malformed');
  }
  if (error instanceof URIError || (typeof status === 'number' && status >= 400 && status < 500))
    return new AppError('request.malformed');
  const pg = pgErrorCode(error);
  if (pg === '40001' || pg === '40P01' || pg === '55P03')
    return new AppError('server.unavailable', {}, { cause: error });
  // Connection failures, admin shutdown, too many connections: PostgreSQL is away for a moment.
  if (pg?.startsWith('08') || pg?.startsWith('57P') || pg === '53300' || isConnectionFailure(code, error))
    return new AppError('server.unavailable', {}, { cause: error });
  return undefined;
}

function isConnectionFailure(code: string | undefined, error: unknown): boolean {
  if (code && ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE'].includes(code)) return true;
  return error instanceof Error && /Connection terminated|timeout exceeded when trying to connect/.test(error.message);
}

export const errorHandler =
  (logger: Logger): ErrorRequestHandler =>
  (error, req, res, _next) => {
    if (res.headersSent) {
      // Half an answer is out: cut the connection so that the client sees it failed.
      res.destroy();
      return;
    }
    const known = toAppError(error);
    if (!known || known.status >= 500) logger.error({ err: error, requestId: req.id }, 'request failed');
    sendProblem(req, res, known?.code ?? 'server.internal', known?.details);
  };

export const notFoundHandler: RequestHandler = (req, res) => sendProblem(req, res, 'route.unknown');
