import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import express, { type RequestHandler } from 'express';
import { type Auth, createAuth } from '#server/auth.ts';
import type { BoundRoute } from '#server/http/bind.ts';
import { mountRoutes } from '#server/http/mount.ts';
import { errorHandler, notFoundHandler } from '#server/http/problem.ts';
import { createRateLimit } from '#server/http/rate-limit.ts';
import { requestId } from '#server/http/request-id.ts';
import { createMessagesService, type Messages } from '#server/modules/messages/service.ts';
import { type Cache, createMemoryCache } from '#server/platform/cache.ts';
import { createLogger } from '#server/platform/logger.ts';
import { createTestDatabase } from './database.ts';

export interface Reply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of any route
  body: any;
  headers: Headers;
  /** `name=value` pairs of Set-Cookie, ready to send back. */
  cookie: string;
}
interface CallOptions {
  body?: unknown;
  token?: string;
  cookie?: string;
  headers?: Record<string, string>;
}
export type HttpApp = Awaited<ReturnType<typeof startHttpApp>>;

export const testSecrets = {
  auth: 'test-auth-secret-0000',
  link: 'test-link-secret-0000',
  bank: 'test-bank-secret-0000',
};

/** Routes over HTTP with real sign-in on a database of their own; call `stop()` in `after`. */
export async function startHttpApp(
  makeRoutes: (deps: {
    database: Awaited<ReturnType<typeof createTestDatabase>>;
    auth: Auth;
    messages: Messages;
  }) => BoundRoute[] | Promise<BoundRoute[]>,
  options: {
    cache?: Cache;
    cacheSessions?: boolean;
    rateScale?: number;
    /** What stands before the body parser: resumable uploads, replication. */
    makeHandlers?: (deps: { auth: Auth; url: string }) => RequestHandler[];
  } = {},
) {
  const database = await createTestDatabase();
  const { db } = database;
  const logger = createLogger(process.env.TEST_LOG ?? 'silent', 'test');
  const cache = options.cache ?? createMemoryCache();
  const messages = createMessagesService({ db });
  const app = express();
  const server: Server = await new Promise((resolve) => {
    const started = app.listen(0, '127.0.0.1', () => resolve(started));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = { publicUrl: url, secrets: testSecrets };
  const auth = createAuth({
    db,
    config,
    logger,
    cache,
    messages,
    ...(options.cacheSessions && { cacheSessions: true }),
  });
  const uploadDir = await mkdtemp(path.join(tmpdir(), 'tps-http-'));
  const routes = [...auth.routes, ...(await makeRoutes({ database, auth, messages }))];
  app.use(requestId, ...(options.makeHandlers?.({ auth, url }) ?? []), express.json({ limit: '1mb' }));
  mountRoutes(app, routes, {
    db,
    rateLimit: createRateLimit(cache, { perIp: 100_000, scale: options.rateScale ?? 100 }),
    findViewer: auth.findViewer,
    requireSender: auth.requireSender,
    createGuest: auth.createGuest,
    uploadDir,
    maxUploadBytes: 2_000_000,
  });
  app.use(auth.handler, notFoundHandler, errorHandler(logger));

  async function call(
    method: string,
    target: string,
    { body, token, cookie, headers }: CallOptions = {},
  ): Promise<Reply> {
    const response = await fetch(`${url}${target}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...(cookie && { cookie }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
    return {
      status: response.status,
      body: isJson ? JSON.parse(text) : text,
      headers: response.headers,
      cookie: response.headers
        .getSetCookie()
        .map((line) => line.split(';')[0]!)
        .join('; '),
    };
  }
  let people = 0;
  return {
    url,
    db,
    database,
    auth,
    messages,
    call,
    /** A confirmed account that is signed in. */
    async person(role: 'customer' | 'photographer' | 'organizer' | 'admin' = 'customer') {
      const email = `${role}-${++people}@example.test`;
      const userId = await auth.createAccount({ email, password: 'Good-Pass-1', name: `${role} ${people}`, role });
      const reply = await call('POST', '/api/auth/login', { body: { email, password: 'Good-Pass-1' } });
      return { userId, email, token: reply.body.token as string, refreshToken: reply.body.refreshToken as string };
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await cache.close();
      await rm(uploadDir, { recursive: true, force: true });
      await database.drop();
    },
  };
}
