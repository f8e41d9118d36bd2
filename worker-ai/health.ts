import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from '#server/platform/metrics.ts';

/** Loopback only: `/ready` (200 or 503 with what is missing), `/health`, `/metrics`. Answers the port it took. */
export async function startHealthServer(deps: {
  port: number;
  metrics: Metrics;
  /** Name -> check; a check that throws is what is missing. */
  checks: () => Promise<Record<string, boolean>>;
}) {
  const server = createServer(async (req, res) => {
    const path = (req.url ?? '').split('?')[0];
    try {
      if (path === '/metrics') {
        res.setHeader('Content-Type', deps.metrics.registry.contentType);
        res.end(await deps.metrics.registry.metrics());
      } else if (path === '/ready') {
        const checks = await deps.checks();
        res.statusCode = Object.values(checks).every(Boolean) ? 200 : 503;
        res.setHeader('Content-Type', 'application/json');
        res.end(JSON.stringify({ isReady: res.statusCode === 200, checks }));
      } else {
        res.statusCode = path === '/health' ? 200 : 404;
        res.end();
      }
    } catch {
      res.statusCode = 500;
      res.end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(deps.port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
