import express, { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import type { LiveStream, LiveStreams } from '#server/http/live-streams.ts';
import type { RateLimit } from '#server/http/rate-limit.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { eventAccessOf } from '#server/modules/events/service.ts';
import type { Db } from '#server/platform/db.ts';
import type { Listener } from '#server/platform/listener.ts';
import type { Logger } from '#server/platform/logger.ts';
import { type AnyCollection, type SyncContext, versionOf } from './collection.ts';
import { createFeeds } from './feeds.ts';
import { createLive } from './live.ts';
import { createPuller } from './pull.ts';
import { pushBatch } from './push.ts';

const checkpoint = z.object({
  revision: z.int().min(0),
  id: z.string().max(64).default(''),
  scope: z.string().max(100).optional(),
  floor: z.int().min(0).optional(),
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
  floor: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});
const pushQuery = z.object({ device: z.string().min(1).max(64).optional() });
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
 * Replication over RxDB's HTTP protocol at /api/sync/:collection/{pull,push,stream}, and all of a page's streams in one at /api/live; see
 * contracts/sync/documents.ts. Mount the router at the root of the app; `streams` are closed by their owner.
 */
export function syncRouter(deps: {
  db: Db;
  listener: Listener;
  streams: LiveStreams;
  notices?: { attach(userId: string, stream: LiveStream): void };
  findViewer: (req: Request) => Promise<Viewer | null>;
  /** Throws auth.session_ended when the request was sent as somebody else than this viewer. */
  requireSender?: (req: Request, viewer: Viewer | null) => void;
  /** Makes a guest for a first change to a session collection; any other call without a session is auth.required. */
  createGuest?: (req: Request, res: Response) => Promise<Viewer>;
  collections: readonly AnyCollection[];
  rateLimit?: RateLimit;
  logger?: Logger;
}) {
  const { db, streams } = deps;
  const feeds = createFeeds(deps);
  const answerPull = createPuller(db);
  const byName = new Map(deps.collections.map((collection) => [collection.name, collection]));
  const attachNotices = (userId: string, stream: LiveStream) => deps.notices?.attach(userId, stream);
  const live = createLive({ streams, feeds, collections: byName, attachNotices });

  /** Reads who asks for what, and refuses what is not there, too old, or not theirs. */
  async function open(req: Request, res: Response) {
    const collection = byName.get(String(req.params.collection));
    if (!collection) throw new AppError('sync.collection_unknown');
    const { eventId, v } = parseQuery(contextQuery, req.query);
    const version = versionOf(collection, v);
    let viewer = await deps.findViewer(req);
    // Only who changes something and brings no cookie becomes a guest. A pull under a session that just ended (the guest joined an
    // account, "pull now" reached it first) must not answer a fresh guest's cookie over the account's.
    if (collection.access === 'session') deps.requireSender?.(req, viewer);
    const isFirstChange = req.method === 'POST' && req.get('cookie') === undefined;
    if (!viewer && collection.access === 'session' && isFirstChange && deps.createGuest)
      viewer = await deps.createGuest(req, res);
    req.viewer = viewer;
    const context: SyncContext = { viewer, eventId, eventAccess: eventAccessOf(req) };
    const form = `${collection.name}@${v ?? collection.version}`;
    return { collection, context, version, form, readable: await collection.open(context) };
  }

  const router = Router();
  router.get('/api/sync/:collection/pull', async (req, res) => {
    const { readable, version, form } = await open(req, res);
    const query = parseQuery(pullQuery, req.query);
    const given =
      query.checkpoint ??
      (query.revision === undefined
        ? undefined
        : { revision: query.revision, id: query.id ?? '', scope: query.scope, floor: query.floor });
    await answerPull(req, res, { readable, version, form, given, limit: query.limit });
  });
  router.post('/api/sync/:collection/push', express.json({ limit: '2mb' }), async (req, res) => {
    const { collection, context, version, readable } = await open(req, res);
    const { push: rules } = collection;
    if (!rules) throw new AppError('request.method_not_allowed');
    await deps.rateLimit?.check(req);
    const { device } = parseQuery(pushQuery, req.query);
    res.json(await pushBatch(db, { rules, version, context, scope: readable.scope, device }, req.body));
  });
  router.get('/api/sync/:collection/stream', async (req, res) => {
    const { readable, version, context } = await open(req, res);
    const stream = streams.open(req, res, context.viewer?.userId ?? null);
    await feeds.follow(stream, [{ of: null, readable, version }]);
  });
  router.get('/api/live', async (req, res) => live(req, res, await deps.findViewer(req)));
  return { router, close: feeds.close };
}
