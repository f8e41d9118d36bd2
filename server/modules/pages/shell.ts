import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Html, html } from './html.ts';

interface Chunk {
  file: string;
  imports?: string[];
  css?: string[];
}
type Manifest = Record<string, Chunk>;

export interface Document {
  language: 'th' | 'en';
  surface: 'day' | 'night';
  chrome: 'full' | 'over' | 'bare';
  head: Html;
  /** Stands first in the head: the picture that is asked for before the page's code, and painted before it runs (pwa/src/opening.ts). */
  preload?: Html | undefined;
  /** What stands in the app's place until it takes over; absent: the mark of the built shell. */
  body?: Html | undefined;
  /** What may come last: data, which nothing on the screen waits for. */
  tail?: Html | undefined;
  /** Sources of the page's code, from the root of the pages: fetched at once, their styles written into the document. */
  sources: readonly string[];
}

const stylesheet = /<link rel="stylesheet"[^>]*href="(\/assets\/[^"]+\.css)"[^>]*>\s*/g;
const appScript = /<script type="module" crossorigin src="([^"]+)"><\/script>/;
const fontPreload = /<link rel="preload" as="font"[^>]*>\s*/g;

/**
 * The built index.html as a frame for documents of the server: styles inside, so that nothing waits for them, the code of the page
 * asked for at once, and fonts left to the app, so that they do not compete with the cover. Reads the build anew when it changed.
 */
export function createShell(pwaDir: string) {
  let read: { mtime: number; built: Promise<Built> } | undefined;

  async function built(): Promise<Built | undefined> {
    const file = path.join(pwaDir, 'index.html');
    const found = await stat(file).catch(() => undefined);
    if (!found) return undefined;
    if (read?.mtime !== found.mtimeMs) read = { mtime: found.mtimeMs, built: readBuild(pwaDir) };
    const { built } = read;
    built.catch(() => {
      read = undefined;
    });
    return built;
  }
  return {
    /** Undefined when the pages are not built. */
    async render(document: Document): Promise<string | undefined> {
      const shell = await built();
      return shell && fill(shell, document);
    },
  };
}

interface Built {
  page: string;
  /** Styles of every page, and where they lie. */
  styles: string;
  styleFiles: string[];
  manifest: Manifest;
  css: Map<string, string>;
}

async function readBuild(pwaDir: string): Promise<Built> {
  const [source, manifestText] = await Promise.all([
    readFile(path.join(pwaDir, 'index.html'), 'utf8'),
    readFile(path.join(pwaDir, '.vite', 'manifest.json'), 'utf8').catch(() => '{}'),
  ]);
  const manifest = JSON.parse(manifestText) as Manifest;
  const files = new Set([
    ...[...source.matchAll(stylesheet)].map((match) => match[1]!),
    ...Object.values(manifest).flatMap((chunk) => (chunk.css ?? []).map((file) => `/${file}`)),
  ]);
  const css = new Map<string, string>();
  for (const file of files) css.set(file, await readFile(path.join(pwaDir, file), 'utf8').catch(() => ''));
  const styleFiles = [...source.matchAll(stylesheet)].map((match) => match[1]!);
  const styles = styleFiles.map((file) => css.get(file) ?? '').join('');
  return { page: source.replace(stylesheet, '').replace(fontPreload, ''), styles, styleFiles, manifest, css };
}

/** Files of the sources and of all that they import. */
function filesOf(manifest: Manifest, sources: readonly string[]): { js: string[]; css: string[] } {
  const seen = new Set<string>();
  const js: string[] = [];
  const css: string[] = [];
  const visit = (key: string): void => {
    const chunk = manifest[key];
    if (!chunk || seen.has(key)) return;
    seen.add(key);
    js.push(`/${chunk.file}`);
    css.push(...(chunk.css ?? []).map((file) => `/${file}`));
    for (const next of chunk.imports ?? []) visit(next);
  };
  for (const source of sources) visit(source);
  return { js, css: [...new Set(css)] };
}

function fill({ page, styles, styleFiles, manifest, css }: Built, document: Document): string {
  const { language, surface, chrome, preload, body, tail, sources } = document;
  const own = filesOf(manifest, [`src/i18n/${language}.ts`, ...sources]);
  const ownCss = own.css.filter((file) => !styleFiles.includes(file));
  const inline = styles + ownCss.map((file) => css.get(file) ?? '').join('');
  // A link that is switched off costs nothing and tells the loader of chunks that their styles are there.
  const links = [
    ...[...styleFiles, ...ownCss].map((file) => html`<link rel="stylesheet" disabled href="${file}">`),
    ...own.js
      .filter((file) => !page.includes(`"${file}"`))
      .map((file) => html`<link rel="modulepreload" crossorigin href="${file}">`),
  ];
  const head = `${preload ?? ''}${document.head}<style>${inline.replaceAll('</', '<\\/')}</style>${links.join('')}`;
  const opening = manifest['src/opening.ts']?.file;
  // Functions, so that nothing in the text is taken for a pattern of `replace`.
  const filled = page
    .replace(/<html[^>]*>/, () => `<html lang="${language}" data-surface="${surface}" data-chrome="${chrome}">`)
    .replace(/<!--head-->[\s\S]*?<!--\/head-->/, () => head)
    .replace(appScript, (script, file: string) =>
      preload && opening
        ? String(
            html`<link id="app-code" rel="modulepreload" crossorigin href="${file}"><script type="module" crossorigin src="/${opening}"></script>`,
          )
        : script,
    )
    .replace('</body>', () => `${tail ?? ''}</body>`);
  return body ? filled.replace(/<px-app>[\s\S]*?<\/px-app>/, () => `<px-app>${body}</px-app>`) : filled;
}
