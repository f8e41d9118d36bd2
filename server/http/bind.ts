import type { Request, RequestHandler, Response } from 'express';
import multer from 'multer';
import type { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import type { Access, RouteDefinition } from '#contracts/http/route.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db } from '#server/platform/db.ts';
import { once } from './idempotency.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Viewer } from './viewer.ts';

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;
type ViewerFor<A extends Access> = A extends 'public' ? Viewer | null : Viewer;

export interface Call<R extends RouteDefinition> {
  params: Parsed<R['params']>;
  query: Parsed<R['query']>;
  body: Parsed<R['body']>;
  viewer: ViewerFor<R['access']>;
  /** Files of a multipart route, on disk under `path`; the handler removes or moves them, leftovers are removed after it. */
  files: Express.Multer.File[];
  /** The Idempotency-Key of a route that takes one; a service writes it beside the row that it makes. */
  requestKey: string | undefined;
  req: Request;
  res: Response;
}
type StatusOf<R extends RouteDefinition> = keyof R['responses'] & number;
type BodyFor<S> = S extends z.ZodType ? z.input<S> : null | undefined;
type BodyOf<R extends RouteDefinition, S extends StatusOf<R>> = BodyFor<R['responses'][S]>;

/** Answer of a handler: a JSON reply, or 'sent' when it wrote to `res` itself (streams, images, redirects). */
export type Handler<R extends RouteDefinition, S extends StatusOf<R> = StatusOf<R>> = (
  call: Call<R>,
) => Promise<{ status: S; body: BodyOf<R, S> } | 'sent'>;

export interface BoundRoute {
  definition: RouteDefinition;
  handler: Handler<RouteDefinition>;
}
/** `S` is inferred from the answers, so that `{ status: 201 }` keeps its literal type. */
export const bind = <R extends RouteDefinition, S extends StatusOf<R>>(
  definition: R,
  handler: Handler<R, S>,
): BoundRoute => ({
  definition,
  handler: handler as unknown as Handler<RouteDefinition>,
});

export interface BindDeps {
  db: Db;
  rateLimit: RateLimit;
  /** The session of the request, or null. */
  findViewer: (req: Request) => Promise<Viewer | null>;
  /** Throws auth.session_ended when the request was sent as somebody else than this viewer, or under a session that is gone. */
  requireSender: (req: Request, viewer: Viewer | null) => void;
  /** Makes a guest and its session, sets the cookie. */
  createGuest: (req: Request, res: Response) => Promise<Viewer>;
  uploadDir: string;
  maxUploadBytes: number;
}

export interface RouteDeps extends BindDeps {
  /** So many refused requests a minute are written into the audit trail. */
  mayLogRefused: () => boolean;
}

async function admit(access: Access, req: Request, res: Response, deps: BindDeps): Promise<Viewer | null> {
  if (access === 'session' || (access === 'user' && req.viewer)) deps.requireSender(req, req.viewer ?? null);
  if (access === 'public' || req.viewer) {
    if (access === 'public' || access === 'session') return req.viewer ?? null;
  } else if (access === 'session') {
    req.viewer = await deps.createGuest(req, res);
    return req.viewer;
  }
  const viewer = req.viewer;
  if (!viewer || viewer.isGuest) throw new AppError('auth.required');
  if (access !== 'user' && viewer.role !== 'admin' && !access.includes(viewer.role))
    throw new AppError('auth.forbidden');
  return viewer;
}

type Issue = z.core.$ZodIssue;
/** Of a choice of shapes, what is wrong with the one that comes nearest. */
function nearest(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const [best] = [...issue.errors].sort((a, b) => a.length - b.length);
  return best!.flatMap((each) => nearest({ ...each, path: [...issue.path, ...each.path] }));
}

const issuesOf = (error: z.ZodError): Issue[] => error.issues.flatMap(nearest).slice(0, 20);
const invalid = (issues: readonly Issue[], where: string): AppError =>
  new AppError('request.invalid', {
    errors: issues.map((issue) => ({ path: [where, ...issue.path].join('.'), message: issue.message })),
  });

function parseQuery(definition: RouteDefinition, req: Request) {
  const result = definition.query?.safeParse(req.query);
  if (result && !result.success) throw invalid(issuesOf(result.error), 'query');
  return result?.data;
}

/** Where unknown fields are refused (what buys and what moves money), who sent them is written down: it may be a price. */
async function parseBody(definition: RouteDefinition, req: Request, deps: RouteDeps) {
  const result = definition.body?.safeParse(req.body ?? {});
  if (!result || result.success) return result?.data;
  const issues = issuesOf(result.error);
  const fields = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []));
  if (fields.length > 0 && deps.mayLogRefused()) {
    await audit(deps.db, {
      actorId: req.viewer?.userId ?? null,
      action: 'request.refused',
      details: {
        route: `${req.method} ${definition.path}`,
        fields: fields.slice(0, 20).map((name) => name.slice(0, 60)),
      },
      requestId: String(req.id),
      ...(req.ip && { ipAddress: req.ip }),
    });
  }
  throw invalid(issues, 'body');
}

/** An id that cannot exist is answered like one that does not: not found. */
function parseParams(definition: RouteDefinition, req: Request) {
  const result = definition.params?.safeParse(req.params);
  if (result && !result.success) throw new AppError('resource.not_found');
  return result?.data;
}

const receiveFiles = (definition: RouteDefinition, deps: BindDeps) => {
  if (!definition.multipart) return undefined;
  const { fileFields, maxFiles } = definition.multipart;
  const upload = multer({
    dest: deps.uploadDir,
    limits: { fileSize: deps.maxUploadBytes, files: maxFiles, fields: 50, fieldSize: 64 * 1024, parts: maxFiles + 60 },
    fileFilter: (_req, file, done) => {
      if (fileFields.includes(file.fieldname)) done(null, true);
      else
        done(
          new AppError('request.invalid', {
            errors: [{ path: `body.${file.fieldname}`, message: 'no such file field' }],
          }),
        );
    },
  }).any();
  return (req: Request, res: Response) =>
    new Promise<void>((resolve, reject) => upload(req, res, (error) => (error ? reject(formError(error)) : resolve())));
};

/** The form parser's own complaints carry no code: the form was broken or cut. A full disk has one, and is our fault. */
function formError(error: unknown): unknown {
  const isKnown = error instanceof AppError || (error as { code?: string }).code !== undefined;
  return isKnown ? error : new AppError('request.malformed', {}, { cause: error });
}

/** Turns a bound route into an Express handler: session, access, rate limit, validation, idempotency, answer. */
export function toHandler(
  { definition, handler }: BoundRoute,
  deps: RouteDeps,
  removeFile: (path: string) => Promise<void>,
): RequestHandler {
  const receive = receiveFiles(definition, deps);
  const route = `${definition.method.toUpperCase()} ${definition.path}`;
  return async (req, res) => {
    req.viewer = await deps.findViewer(req);
    const wantsGuest = definition.access === 'session' && !req.viewer;
    if (wantsGuest) await deps.rateLimit.check(req, definition.rateLimit);
    const viewer = await admit(definition.access, req, res, deps);
    if (!wantsGuest) await deps.rateLimit.check(req, definition.rateLimit);
    const params = parseParams(definition, req);
    const query = parseQuery(definition, req);
    if (receive && !(definition.multipart?.isOptional && req.is('application/json'))) {
      if (!req.is('multipart/form-data')) throw new AppError('request.unsupported_type');
      await receive(req, res);
    } else if (definition.body && req.body === undefined && Number(req.get('content-length') ?? 0) > 0) {
      throw new AppError('request.unsupported_type');
    }
    const files = (req.files as Express.Multer.File[] | undefined) ?? [];
    try {
      const body = await parseBody(definition, req, deps);
      const key = definition.idempotent ? req.get('idempotency-key') : undefined;
      const work = async () => {
        const answer = await handler({ params, query, body, viewer, files, requestKey: key, req, res } as never);
        return answer as { status: number; body: unknown } | 'sent';
      };
      if (key !== undefined && !/^[\x21-\x7e]{8,128}$/.test(key)) {
        throw new AppError('request.invalid', {
          errors: [{ path: 'header.Idempotency-Key', message: '8 to 128 visible ASCII characters' }],
        });
      }
      const run = () =>
        key && viewer
          ? once(
              deps.db,
              {
                owner: viewer.userId,
                key,
                route,
                fingerprint: { params, query, body, files: files.map((file) => [file.originalname, file.size]) },
              },
              async () => {
                const result = await work();
                if (result === 'sent') throw new Error(`${route} cannot be idempotent and stream`);
                return result;
              },
            )
          : work();
      const answer = await run().catch(async (error: unknown) => {
        // A guest who joins an account while this runs takes along what it stands on: no refusal of theirs is meant.
        const isGone = !wantsGuest && viewer?.isGuest && !res.headersSent && !(await deps.findViewer(req));
        throw isGone ? new AppError('auth.session_ended', {}, { cause: error }) : error;
      });
      if (answer === 'sent') return;
      if (answer.body === null || answer.body === undefined) res.status(answer.status).end();
      else res.status(answer.status).json(answer.body);
    } finally {
      await Promise.all(files.map((file) => removeFile(file.path)));
    }
  };
}
