import { createRequire } from 'node:module';
import path from 'node:path';
import express, { type RequestHandler, Router } from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import sirv from 'sirv';
import { errorTable } from '#contracts/errors.ts';
import type { RouteDefinition } from '#contracts/http/route.ts';
import { openApiDocument } from '#server/http/openapi.ts';
import type { Platform } from '#server/platform/platform.ts';

const require = createRequire(import.meta.url);

/** Alive and ready for probes, metrics for Prometheus. Each dependency is asked at most for two seconds. */
export function probes(platform: Platform): Router {
  const router = Router();
  router.get('/api/health', (_req, res) => void res.json({ status: 'ok' }));
  router.get('/api/ready', async (_req, res) => {
    const checks = await platform.check();
    const isReady = Object.values(checks).every((state) => state === 'ok');
    res.status(isReady ? 200 : 503).json({ status: isReady ? 'ready' : 'not ready', checks });
  });
  router.get('/metrics', async (_req, res) => {
    res.type(platform.metrics.registry.contentType).send(await platform.metrics.registry.metrics());
  });
  return router;
}

/** The API described by its own schemas, with a page to browse and try it, and a page of all error codes. */
export function apiDocs(definitions: readonly RouteDefinition[], publicUrl: string): Router {
  const router = Router();
  const document = JSON.stringify(openApiDocument(definitions, publicUrl));
  const assets = path.dirname(require.resolve('swagger-ui-dist/package.json'));
  router.get('/api/openapi.json', (_req, res) => void res.type('json').send(document));
  router.get('/api/docs', (_req, res) => void res.type('html').send(docsPage));
  router.get('/api/docs/start.js', (_req, res) => void res.type('js').send(docsScript));
  router.get('/api/docs/errors', (_req, res) => void res.json(errorTable));
  router.use('/api/docs/assets', express.static(assets, { index: false, maxAge: '1d' }));
  return router;
}
const docsPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>ThePixStock API</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/api/docs/assets/swagger-ui.css"></head>
<body><div id="ui"></div><script src="/api/docs/assets/swagger-ui-bundle.js"></script><script src="/api/docs/start.js"></script></body></html>`;
const docsScript = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#ui', deepLinking: true });`;

/** Mail catcher and gateway simulator of the embedded mode, seen on the same origin. */
export const devServices = (url: string): RequestHandler =>
  createProxyMiddleware({ target: url, pathFilter: '/dev', changeOrigin: false, xfwd: true }) as RequestHandler;

/** Files whose name changes with their content: kept for ever, and a packed form beside one is surely of it. */
const HASHED = /^\/assets\/.*-[\w-]{8}\.\w+(\.map)?$/;

/**
 * The built files: hashed ones for ever, in packed forms (.br, .gz) for whoever takes them. The rest (sw.js, index.html) is asked for
 * again each time and packed on the way: a packed form that an earlier deployment left beside a newer sw.js would keep phones on the
 * old version for good. index.html by its name is the shell that the service worker keeps.
 */
export function staticFiles(pwaDir: string): Router {
  const router = Router();
  // The phone fetches the packed networks in ranges and unpacks them itself: here .gz is a file, not an encoding.
  router.use('/models', express.static(path.join(pwaDir, 'models'), { index: false, maxAge: '1d' }));
  // The folder may be built anew while we run.
  const common = { dev: true, etag: true, extensions: [] };
  const hashed = sirv(pwaDir, {
    ...common,
    brotli: true,
    gzip: true,
    setHeaders: (res) => res.setHeader('Cache-Control', 'public, max-age=31536000, immutable'),
  });
  const named = sirv(pwaDir, { ...common, setHeaders: (res) => res.setHeader('Cache-Control', 'no-cache') });
  router.use((req, res, next) => {
    // The server has documents of its own for people; the shell goes to the service worker, which asks for it by name.
    if (req.path === '/index.html' && req.get('sec-fetch-mode') === 'navigate') next();
    else if (HASHED.test(req.path)) hashed(req, res, next);
    else if (/\.(br|gz)$/.test(req.path)) next();
    else named(req, res, next);
  });
  return router;
}
