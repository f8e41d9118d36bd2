import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CuttingProxy {
  url: string;
  /** How many answers were cut. */
  cuts: number;
  /** The next answers to requests that fit break off in the middle: head, half of the body, then the line is dead. */
  cut(fits: (method: string, path: string) => boolean, times?: number): void;
  close(): Promise<void>;
}

/** A line to the product that breaks where a test wants it to: the server has answered, and the phone gets half of it. */
export async function createCuttingProxy(target: string): Promise<CuttingProxy> {
  const to = new URL(target);
  let plan: { fits: (method: string, path: string) => boolean; left: number } | null = null;
  const server = createServer((req, res) => {
    const path = new URL(req.url ?? '/', target).pathname;
    const isCut = plan !== null && plan.left > 0 && plan.fits(req.method ?? 'GET', path);
    if (isCut) {
      plan!.left -= 1;
      proxy.cuts += 1;
    }
    const upstream = forward(
      { host: to.hostname, port: to.port, method: req.method, path: req.url, headers: req.headers },
      async (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        if (!isCut) return void answer.pipe(res);
        const parts: Buffer[] = [];
        for await (const part of answer) parts.push(part as Buffer);
        const whole = Buffer.concat(parts);
        res.write(whole.subarray(0, Math.floor(whole.length / 2)), () => res.socket?.destroy());
      },
    );
    upstream.on('error', () => res.destroy());
    res.on('close', () => upstream.destroy());
    req.pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: CuttingProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: 0,
    cut(fits, times = 1) {
      proxy.cuts = 0;
      plan = { fits, left: times };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
