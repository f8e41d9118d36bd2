import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Plugin } from 'vite';

/** For so long a tab of an earlier version may still ask the server for a chunk that it has not loaded yet. */
const OLD_CHUNKS_DAYS = 14;

/**
 * Keeps the chunks of earlier builds beside the new ones (their names differ), with a list of since when each is old. After the
 * service worker's list was made: a phone that comes anew does not load them.
 */
export function keepOldChunks(): Plugin {
  const list = '.old.json';
  let assets = '';
  let before = new Map<string, Buffer>();
  let since: Record<string, string> = {};
  return {
    name: 'keep-old-chunks',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      assets = resolve(config.root, config.build.outDir, 'assets');
    },
    async buildStart() {
      const names = await readdir(assets).catch(() => []);
      since = JSON.parse(await readFile(join(assets, list), 'utf8').catch(() => '{}')) as Record<string, string>;
      const chunks = names.filter((name) => /\.(js|css)$/.test(name));
      before = new Map(
        await Promise.all(chunks.map(async (name) => [name, await readFile(join(assets, name))] as const)),
      );
    },
    closeBundle: {
      sequential: true,
      order: 'post',
      async handler() {
        const now = new Set(await readdir(assets));
        const oldest = Date.now() - OLD_CHUNKS_DAYS * 86_400_000;
        const kept: Record<string, string> = {};
        for (const [name, content] of before) {
          const replacedAt = since[name] ?? new Date().toISOString();
          if (now.has(name) || Date.parse(replacedAt) < oldest) continue;
          await writeFile(join(assets, name), content);
          kept[name] = replacedAt;
        }
        await writeFile(join(assets, list), JSON.stringify(kept));
      },
    },
  };
}
