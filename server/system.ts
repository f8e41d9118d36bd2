import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import express, { type Express, type RequestHandler, Router } from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
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

/** The built pages: hashed files for ever, the rest asked again each time; unknown addresses get the app itself. */
export function pages(app: Express, pwaDir: string): void {
  app.use(
    express.static(pwaDir, {
      index: false,
      setHeaders(res, file) {
        const relative = path.relative(pwaDir, file);
        const isHashed = relative.startsWith(`assets${path.sep}`);
        const isModel = relative.startsWith(`models${path.sep}`);
        if (isHashed) res.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
        else res.setHeader('Cache-Control', isModel ? 'public, max-age=86400' : 'no-cache');
      },
    }),
  );
  app.get('/{*page}', async (req, res, next) => {
    if (/^\/(api|dev|metrics|assets|models|demo)(\/|$)/.test(req.path) || !req.accepts('html')) return next();
    const html = await readFile(path.join(pwaDir, 'index.html'), 'utf8').catch(() => undefined);
    if (html === undefined) return next();
    res.setHeader('Cache-Control', 'no-cache');
    res.type('html').send(html);
  });
}
