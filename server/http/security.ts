import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { AppError } from '#contracts/errors.ts';

/** Headers for everything. The face engine in the browser needs wasm; nothing else is allowed beyond our own origin. */
export const securityHeaders = (isSecure: boolean): RequestHandler =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        mediaSrc: ["'self'", 'blob:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        workerSrc: ["'self'", 'blob:'],
        manifestSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        formAction: ["'self'"],
        ...(isSecure && { upgradeInsecureRequests: [] }),
      },
    },
    strictTransportSecurity: isSecure ? { maxAge: 31_536_000, includeSubDomains: true } : false,
    referrerPolicy: { policy: 'strict-origin-when-cross-origin' },
    crossOriginEmbedderPolicy: false,
    xXssProtection: false,
  });

const unsafeMethods = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * CSRF: a browser that changes something with our cookie must come from our own pages. Programs send a bearer token or no
 * Origin at all; the cookie is SameSite=Lax besides.
 */
export const requireOwnOrigin =
  (publicUrl: string): RequestHandler =>
  (req, _res, next) => {
    const origin = req.get('origin');
    const isBrowserCall = unsafeMethods.has(req.method) && req.get('cookie') !== undefined && !req.get('authorization');
    if (!isBrowserCall || origin === undefined)
      return next(
        isCrossSite(req.get('sec-fetch-site')) && isBrowserCall ? new AppError('request.origin_refused') : undefined,
      );
    const own = new Set([new URL(publicUrl).origin, `${req.protocol}://${req.get('host')}`]);
    next(own.has(origin) ? undefined : new AppError('request.origin_refused'));
  };

const isCrossSite = (site: string | undefined) => site === 'cross-site';
