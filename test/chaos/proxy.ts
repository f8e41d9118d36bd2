import { once } from 'node:events';
import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFates } from './fates.ts';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}
interface Asked {
  method: string;
  path: string;
  headers: http.OutgoingHttpHeaders;
  body: Buffer;
}

/** So many characters of what is said are written down. */
const LOGGED = 1_200;
const HTML =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>a device</title><script src="/chaos.js"></script>';
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A browser's bad line to the API, one for each device: whatever does not go to /api is the page with `script`, and what does meets the fate
 * that the seed has for it (fates.ts), on real connections. The page sets the weather at /chaos/weather. `log` hears of each.
 */
export async function startLine(api: string, script: string, log: (text: string) => void = () => undefined) {
  const target = new URL(api);
  const fates = createFates();
  const weather = { isOffline: false, badness: 0 };
  const late = new Set<Promise<unknown>>();
  const streams = new Set<ServerResponse>();

  const pass = ({ method, path, headers, body }: Asked): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const request = http.request({ host: target.hostname, port: target.port, method, path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
        );
      });
      request.on('error', reject);
      request.end(body);
    });
  const answer = (res: ServerResponse, { status, headers, body }: Answer): void => {
    res.writeHead(status, headers);
    res.end(body);
  };

  async function meet(asked: Asked, res: ServerResponse): Promise<void> {
    const { fate, random, slowMs } = fates.of(asked.method, asked.path, weather.badness);
    const request = `${asked.method} ${asked.path.split('?')[0]} ${fate ?? 'well'}`;
    log(`${request} > ${asked.body.toString().slice(0, LOGGED)}`);
    const passOn = async (again: Asked): Promise<Answer> => {
      const answered = await pass(again);
      log(`${request} < ${answered.status} ${answered.body.toString().slice(0, LOGGED)}`);
      return answered;
    };
    switch (fate) {
      case null:
        return answer(res, await passOn(asked));
      case 'lost':
        return void res.destroy();
      case 'unanswered':
        await passOn(asked);
        return void res.destroy();
      case 'cut': {
        const { status, headers, body } = await passOn(asked);
        // Its length is said, and half of it comes.
        res.writeHead(status, { ...headers, 'content-length': body.length });
        res.write(body.subarray(0, body.length >> 1), () => res.destroy());
        return;
      }
      case 'slow': {
        await wait(slowMs?.[0] ?? random.int(60));
        const late = await passOn(asked);
        await wait(slowMs?.[1] ?? random.int(60));
        return answer(res, late);
      }
      case 'twice': {
        const [first] = await Promise.all([passOn(asked), passOn(asked)]);
        return answer(res, first);
      }
      case 'late twin': {
        const twin = wait(20 + random.int(300))
          .then(() => passOn(asked))
          .catch(() => undefined);
        late.add(twin);
        void twin.finally(() => late.delete(twin));
        return answer(res, await passOn(asked));
      }
      case 'hole':
        await passOn(asked);
    }
  }

  function stream({ method, path, headers }: Omit<Asked, 'body'>, res: ServerResponse): void {
    const request = http.request({ host: target.hostname, port: target.port, method, path, headers }, (from) => {
      res.writeHead(from.statusCode!, from.headers);
      from.pipe(res);
      from.on('error', () => res.destroy());
    });
    request.on('error', () => res.destroy());
    request.end();
    streams.add(res);
    res.on('close', () => {
      streams.delete(res);
      request.destroy();
    });
  }

  async function read(req: IncomingMessage): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  /** What the page says about the weather, and what it asks. */
  async function control(path: string, body: Buffer): Promise<unknown> {
    if (path === '/chaos/weather') Object.assign(weather, JSON.parse(body.toString()));
    else if (path === '/chaos/reset') fates.reset(Number(body.toString()));
    else if (path === '/chaos/plan') fates.plan(JSON.parse(body.toString()));
    else if (path === '/chaos/settled') await Promise.all([...late]);
    if (weather.isOffline) for (const open of streams) open.destroy();
    return fates.counts;
  }

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = req.url!;
    if (path === '/chaos.js') {
      res.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' });
      return void res.end(script);
    }
    if (path.startsWith('/chaos/')) {
      const counts = await control(path, await read(req));
      res.writeHead(200, { 'content-type': 'application/json' });
      return void res.end(JSON.stringify(counts));
    }
    if (!path.startsWith('/api/')) {
      res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      return void res.end(HTML);
    }
    if (weather.isOffline) return void req.socket.destroy();
    // The API sees the address that it knows.
    const headers = {
      ...req.headers,
      host: target.host,
      connection: 'keep-alive',
      ...(req.headers.origin && { origin: target.origin }),
      ...(req.headers.referer && { referer: `${target.origin}/` }),
    };
    const asked = { method: req.method!, path, headers };
    if (req.headers.accept?.includes('text/event-stream')) return stream(asked, res);
    await meet({ ...asked, body: await read(req) }, res);
  }

  const server = http.createServer((req, res) => {
    handle(req, res).catch(() => res.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close(): void {
      server.close();
      server.closeAllConnections();
    },
  };
}
