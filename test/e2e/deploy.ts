import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const built = path.resolve(import.meta.dirname, '../../pwa/dist');
const HASHED = /^(.+-)([\w-]{8})\.(js|css)$/;

/**
 * Lays another version of the pages where the product serves them from, as a deployment does: every chunk under another name, another
 * worker, `<meta name="version" content="2">` in its documents. `keepOld`: the chunks of before stay beside (pwa/keep-old-chunks.ts).
 * Packed forms of the old sw.js stay, as a deployment that only copies would leave them.
 */
export async function deployNewVersion(pages: string, { keepOld }: { keepOld: boolean }): Promise<void> {
  const assets = path.join(pages, 'assets');
  const renamed = new Map<string, string>();
  for (const name of await readdir(assets)) {
    const [, stem, hash, ending] = HASHED.exec(name) ?? [];
    if (!stem || !hash) continue;
    const next = createHash('sha256').update(`${name} 2`).digest('hex').slice(0, 8);
    renamed.set(`${stem}${hash}.${ending}`, `${stem}${next}.${ending}`);
  }
  const names = new RegExp([...renamed.keys()].map((name) => name.replaceAll('.', '\\.')).join('|'), 'g');
  const rewrite = (text: string): string => text.replace(names, (name) => renamed.get(name)!);
  for (const [name, next] of renamed) {
    await writeFile(path.join(assets, next), rewrite(await readFile(path.join(assets, name), 'utf8')));
    if (!keepOld)
      for (const packed of ['', '.br', '.gz', '.map']) await rm(path.join(assets, name + packed), { force: true });
  }
  const manifest = path.join(pages, '.vite', 'manifest.json');
  await writeFile(manifest, rewrite(await readFile(manifest, 'utf8')));
  const index = path.join(pages, 'index.html');
  const page = rewrite(await readFile(index, 'utf8'));
  await writeFile(
    index,
    page.replace('<meta name="color-scheme"', '<meta name="version" content="2" />\n    <meta name="color-scheme"'),
  );
  // Last, as a deployment has to: a browser may look for a newer worker at any time, and takes the pages as they are then.
  const worker = path.join(pages, 'sw.js');
  const old = await readFile(worker);
  await writeFile(`${worker}.br`, brotliCompressSync(old));
  await writeFile(`${worker}.gz`, gzipSync(old));
  await writeFile(
    worker,
    rewrite(old.toString()).replace(
      /("?index\.html"?,\s*"?revision"?:\s*")[0-9a-f]+|("?revision"?:\s*")[0-9a-f]+(",\s*"?url"?:\s*"index\.html")/,
      (whole) => whole.replace(/[0-9a-f]{20,}/, (hash) => createHash('md5').update(hash).digest('hex')),
    ),
  );
}

/** The version of the build again. */
export async function deployBuilt(pages: string): Promise<void> {
  await rm(pages, { recursive: true, force: true });
  await cp(built, pages, { recursive: true, preserveTimestamps: true });
}
