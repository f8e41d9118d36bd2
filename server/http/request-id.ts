import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';

/** Takes a well-formed X-Request-Id from the proxy or makes one; answers it in the same header. */
export const requestId: RequestHandler = (req, res, next) => {
  const given = req.get('x-request-id');
  req.id = given && /^[\w.-]{8,64}$/.test(given) ? given : randomUUID();
  res.setHeader('X-Request-Id', req.id);
  next();
};
