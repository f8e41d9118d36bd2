import express, { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import type { Checkpoint } from '#contracts/sync/documents.ts';
import type { RateLimit } from '#server/http/rate-limit.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { eventAccessOf } from '#server/modules/events/service.ts';
import type { Db } from '#server/platform/db.ts';
import type { Listener } from '#server/platform/listener.ts';
import type { AnyCollection, SyncContext } from './collection.ts';
import { pushBatch } from './push.ts';
import { createStreams } from './streams.ts';

const checkpoint = z.object({
  revision: z.int().min(0),
  id: z.string().max(64).default(''),
  scope: z.string().max(100).optional(),
});
const fromJson = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue({ code: 'custom', message: 'not JSON' });
    return z.NEVER;
  }
});
const pullQuery = z.object({
  checkpoint: fromJson.pipe(checkpoint.nullable()).optional(),
  revision: z.coerce.number().int().min(0).optional(),
  id: z.string().max(64).optional(),
  scope: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});
const contextQuery = z.object({ eventId: z.string().min(1).max(80).optional(), v: z.coerce.number().int().optional() });

function parseQuery<S extends z.ZodType>(schema: S, query: unknown): z.output<S> {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({
    path: ['query', ...issue.path].join('.'),
    message: issue.message,
  }));
  throw new AppError('request.invalid', { errors });
}

/**
 * Replication over RxDB's HTTP protocol at /api/sync/:collection/{pull,push,stream}; see contracts/sync/documents.ts.
 * Mount the router at the root of the app; call `close` before the server, or its streams keep it open.
 */
export function syncRouter(deps: {
  db: Db;
  listener: Listener;
  findViewer: (req: Request) => Promise<Viewer | null>;
  /** Makes a guest for a first change to a session collection; any other call without a session is auth.required. */
  createGuest?: (req: Request, res: Response) => Promise<Viewer>;
  collections: readonly AnyCollection[];
  rateLimit?: RateLimit;
}) {
  const { db } = deps;
  const streams = createStreams(deps.listener);
  const byName = new Map(deps.collections.map((collection) => [collection.name, collection]));

  /** Reads who asks for what, and refuses what is not there, too old, or not theirs. */
  async function open(req: Request, res: Response) {
    const collection = byName.get(String(req.params.collection));
    if (!collection) throw new AppError('sync.collection_unknown');
    const { eventId, v } = parseQuery(contextQuery, req.query);
    if (v !== undefined && v < collection.oldestVersion) {
      throw new AppError('sync.schema_outdated', { version: collection.version });
    }
    let viewer = await deps.findViewer(req);
    // Only who changes something and brings no cookie becomes a guest. A pull under a session that just ended (the guest joined an
    // account, "pull now" reached it first) must not answer a fresh guest's cookie over the account's.
    const isFirstChange = req.method === 'POST' && req.get('cookie') === undefined;
    if (!viewer && collection.access === 'session' && isFirstChange && deps.createGuest)
      viewer = await deps.createGuest(req, res);
    req.viewer = viewer;
    const context: SyncContext = { viewer, eventId, eventAccess: eventAccessOf(req) };
    return { collection, context, scope: await collection.scope(context) };
  }

  /** The start when the phone's checkpoint belongs to another scope, or is from a future that a restore has undone. */
  async function startOf(given: Checkpoint | undefined, scope: string): Promise<Checkpoint> {
    const start = { revision: 0, id: '' };
    if (!given || given.revision === 0 || (given.scope !== undefined && given.scope !== scope)) return start;
    const row = await db.selectFrom('sync_scopes').select('revision').where('scope', '=', scope).executeTakeFirst();
    return given.revision > (row?.revision ?? 0) ? start : { revision: given.revision, id: given.id };
  }

  const router = Router();
  router.get('/api/sync/:collection/pull', async (req, res) => {
    const { collection, context, scope } = await open(req, res);
    const query = parseQuery(pullQuery, req.query);
    const given =
      query.checkpoint ??
      (query.revision === undefined
        ? undefined
        : { revision: query.revision, id: query.id ?? '', ...(query.scope !== undefined && { scope: query.scope }) });
    const after = await startOf(given, scope);
    const documents: { revision: number; id: string }[] = await collection.pull(db, context, after, query.limit);
    const last = documents.at(-1);
    res.setHeader('Cache-Control', 'no-store');
    const reached = last ? { revision: last.revision, id: last.id } : after;
    res.json({ documents, checkpoint: reached.revision > 0 ? { ...reached, scope } : null });
  });
  router.post('/api/sync/:collection/push', express.json({ limit: '2mb' }), async (req, res) => {
    const { collection, context } = await open(req, res);
    if (!collection.push) throw new AppError('request.method_not_allowed');
    await deps.rateLimit?.check(req);
    res.json(await pushBatch(db, collection.push, context, req.body));
  });
  router.get('/api/sync/:collection/stream', async (req, res) => {
    const { scope } = await open(req, res);
    streams.open(scope, res);
  });
  return { router, close: streams.close, openStreams: streams.count };
}
