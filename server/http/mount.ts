import { rm } from 'node:fs/promises';
import type { Express, RequestHandler } from 'express';
import { AppError } from '#contracts/errors.ts';
import { perMinute } from '#server/platform/per-minute.ts';
import { type BindDeps, type BoundRoute, toHandler } from './bind.ts';

/** Mounts the routes; another method on a known path is 405 with Allow. */
export function mountRoutes(app: Express, routes: readonly BoundRoute[], deps: BindDeps): void {
  const routeDeps = { ...deps, mayLogRefused: perMinute(60) };
  const removeFile = (path: string) => rm(path, { force: true });
  const methodsOf = new Map<string, Set<string>>();
  // Fixed segments before parameters, so that /api/orders/export is not taken for /api/orders/:id.
  const ordered = [...routes].sort((a, b) => rank(a.definition.path).localeCompare(rank(b.definition.path)));
  for (const route of ordered) {
    const { method, path } = route.definition;
    app[method](path, toHandler(route, routeDeps, removeFile));
    const methods = methodsOf.get(path) ?? new Set<string>();
    methodsOf.set(path, methods.add(method.toUpperCase()));
  }
  for (const [path, methods] of methodsOf) app.all(path, refuseOtherMethods(methods));
}

const rank = (path: string) => path.replace(/:\w+/g, '~');

const refuseOtherMethods =
  (methods: Set<string>): RequestHandler =>
  (req, res, next) => {
    if (methods.has(req.method) || req.method === 'OPTIONS' || (req.method === 'HEAD' && methods.has('GET')))
      return next();
    res.setHeader('Allow', [...methods].join(', '));
    next(new AppError('request.method_not_allowed'));
  };
