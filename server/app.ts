import path from 'node:path';
import compression from 'compression';
import express, { type Express } from 'express';
import { pinoHttp } from 'pino-http';
import { getConfig } from '#contracts/http/system.ts';
import { maxUploadBytes } from '#contracts/http/uploads.ts';
import { ENGINE_IDS } from '#contracts/pipeline.ts';
import { bind } from '#server/http/bind.ts';
import { mountRoutes } from '#server/http/mount.ts';
import { errorHandler, notFoundHandler } from '#server/http/problem.ts';
import { createRateLimit } from '#server/http/rate-limit.ts';
import { requestId } from '#server/http/request-id.ts';
import { requireOwnOrigin, securityHeaders } from '#server/http/security.ts';
import type { Config } from '#server/platform/config.ts';
import type { Platform } from '#server/platform/platform.ts';
import { composeModules } from './modules.ts';
import { apiDocs, devServices, probes, staticFiles } from './system.ts';

export interface Api {
  app: Express;
  modules: ReturnType<typeof composeModules>;
  /** Ends the streams that would keep the server open. */
  closeStreams(): void;
}

/** The whole HTTP side, in the order requests pass through it. */
export function createApp(platform: Platform): Api {
  const { config, logger, metrics } = platform;
  const modules = composeModules(platform);
  const { auth } = modules;
  const rateLimit = createRateLimit(platform.cache, config.rateLimit);
  const routes = [...modules.routes, systemRoute(config)];
  const isSecure = config.publicUrl.startsWith('https:');

  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', config.trustProxy);
  app.use(requestId);
  app.use(
    pinoHttp({
      logger,
      genReqId: (req) => (req as express.Request).id,
      quietReqLogger: true,
      customLogLevel: (_req, res, error) =>
        error || res.statusCode >= 500 ? 'error' : res.statusCode >= 400 ? 'info' : 'debug',
      // No query strings, no headers: they hold tokens and addresses.
      serializers: {
        req: (req) => ({ method: req.method, path: String(req.url).split('?')[0] }),
        res: (res) => ({ status: res.statusCode }),
      },
    }),
  );
  app.use((req, res, next) => {
    const started = performance.now();
    res.on('finish', () => {
      const route = req.route?.path ?? (req.path.startsWith('/api/') ? 'other' : 'page');
      metrics.httpSeconds.observe(
        { method: req.method, route: String(route), status: res.statusCode },
        (performance.now() - started) / 1000,
      );
    });
    next();
  });
  app.use(securityHeaders(isSecure));
  app.use(compression({ filter: (req, res) => !isStream(res) && compression.filter(req, res) }));
  app.use(probes(platform));
  if (config.devServicesUrl) app.use(devServices(config.devServicesUrl));
  if (config.isDemo) app.use('/demo', express.static(path.join(config.dataDir, 'demo'), { maxAge: '1h' }));
  app.use(
    apiDocs(
      routes.map((route) => route.definition),
      config.publicUrl,
    ),
  );
  app.use('/api', requireOwnOrigin(config.publicUrl));
  app.use('/api', (_req, res, next) => {
    res.setHeader('Cache-Control', 'no-store');
    next();
  });
  app.all(['/api/uploads', '/api/uploads/:id'], (req, res, next) =>
    /^\/(status|check)$/.test(req.path.slice('/api/uploads'.length)) ? next() : modules.tus(req, res, next),
  );
  const sync = modules.sync({ rateLimit });
  app.use(sync.router);
  app.use(
    express.json({
      limit: '1mb',
      verify: (req, _res, body) => {
        (req as express.Request).rawBody = body;
      },
    }),
  );
  mountRoutes(app, routes, {
    db: platform.db,
    rateLimit,
    findViewer: auth.findViewer,
    requireSender: auth.requireSender,
    createGuest: auth.createGuest,
    uploadDir: path.join(config.dataDir, 'incoming'),
    maxUploadBytes,
  });
  app.use(auth.handler);
  app.use('/api', notFoundHandler);
  app.use(staticFiles(config.pwaDir));
  app.use(modules.pages);
  app.use(notFoundHandler);
  app.use(errorHandler(logger));
  return {
    app,
    modules,
    closeStreams() {
      modules.streams.close();
      modules.notices.close();
      sync.close();
    },
  };
}

const isStream = (res: express.Response) => String(res.getHeader('content-type') ?? '').includes('text/event-stream');

const systemRoute = (config: Config) =>
  bind(getConfig, async () => ({
    status: 200,
    body: {
      demo: config.isDemo,
      demoSelfieUrl: config.isDemo ? '/demo/selfie.jpg' : null,
      demoEventSlug: config.isDemo ? 'krungthep-night' : null,
      searchEngines: [...ENGINE_IDS],
      maxUploadBytes,
      publicUrl: config.publicUrl,
      dev: config.devServicesUrl ? { mailUrl: '/dev/mail', paymentsUrl: '/dev/paynoi' } : null,
    },
  }));
