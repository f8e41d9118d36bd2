import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Motif } from './event.ts';

const PICTURE = /^\/api\/photos\/([0-9a-f-]{36})(?:\/thumbnails\/(small|medium|large))?$/;

export interface Front {
  url: string;
  /** Bytes on the wire of answers whose path matches, since the last call. */
  takeBytes(path: RegExp): { answers: number; bytes: number };
  close(): Promise<void>;
}

/**
 * In front of the product: answers pictures from memory (twenty thousand are not stored for this), hands everything else on, and serves the
 * pages of the alternatives.
 */
export async function startFront(
  target: string,
  motifs: readonly Motif[],
  pages: Map<string, () => string>,
): Promise<Front> {
  const upstream = new URL(target);
  let log: { path: string; bytes: number }[] = [];
  const server = createServer((req, res) => {
    const path = (req.url ?? '/').split('?')[0]!;
    const picture = PICTURE.exec(path);
    if (picture) {
      const motif = motifs[Number.parseInt(picture[1]!.slice(-2), 16) % motifs.length]!;
      const body = motif.files[(picture[2] ?? 'preview') as keyof Motif['files']];
      res.writeHead(200, {
        'content-type': 'image/jpeg',
        'content-length': body.length,
        'cache-control': 'max-age=300',
      });
      res.end(body);
      return;
    }
    const page = pages.get(path);
    if (page) {
      res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      res.end(page());
      return;
    }
    const headers = { ...req.headers, host: upstream.host, ...(req.headers.origin && { origin: upstream.origin }) };
    const onward = request(
      { host: upstream.hostname, port: upstream.port, method: req.method, path: req.url, headers },
      (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        const entry = { path, bytes: 0 };
        log.push(entry);
        answer.on('data', (chunk: Buffer) => {
          entry.bytes += chunk.length;
        });
        answer.pipe(res);
        res.on('close', () => answer.destroy());
      },
    );
    onward.on('error', () => res.destroy());
    req.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeBytes(path) {
      const found = log.filter((entry) => path.test(entry.path));
      log = log.filter((entry) => !path.test(entry.path));
      return { answers: found.length, bytes: found.reduce((sum, { bytes }) => sum + bytes, 0) };
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** What one would write first: every photo an element in rows that wrap, pictures loaded when they come near. */
export const plainPage = (
  ids: readonly string[],
): string => `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>body{margin:0;background:#111}main{display:flex;flex-wrap:wrap;gap:4px}a{flex:1 1 auto;height:172px;background:#333}img{width:100%;height:100%;object-fit:cover}</style>
<main>${ids
  .map((id) => {
    const isTall = Number.parseInt(id.slice(-2), 16) % 4 === 0;
    return `<a href="#${id}" style="aspect-ratio:${isTall ? '2/3' : '3/2'}"><img src="/api/photos/${id}/thumbnails/medium" alt="" loading="lazy" decoding="async"></a>`;
  })
  .join('')}</main>`;
