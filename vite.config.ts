import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, createGzip, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { browserAssets, faceAliases } from './face/browser/assets.ts';
import { keepOldChunks } from './pwa/keep-old-chunks.ts';

const root = fileURLToPath(new URL('.', import.meta.url));
const api = process.env.API_ORIGIN ?? 'http://127.0.0.1:8080';

/** Serves the face networks and WebAssembly at /models/ in development and lays them beside the built site; packed, too. */
function faceModels(): Plugin {
  let outDir = '';
  const pathOf = new Map(browserAssets.map((asset) => [asset.to, join(root, asset.from)]));
  return {
    name: 'face-models',
    configResolved(config) {
      outDir = resolve(config.root, config.build.outDir);
    },
    configureServer(server) {
      server.middlewares.use('/models', (req, res, next) => {
        const wanted = decodeURIComponent((req.url ?? '/').split('?')[0]!.slice(1));
        const isPacked = wanted.endsWith('.gz');
        const path = pathOf.get(isPacked ? wanted.slice(0, -3) : wanted);
        if (!path) return next();
        if (wanted.endsWith('.wasm')) res.setHeader('content-type', 'application/wasm');
        const file = createReadStream(path);
        if (isPacked) file.pipe(createGzip()).pipe(res);
        else file.pipe(res);
      });
    },
    async closeBundle() {
      // onnxruntime-web names its WebAssembly in a way that bundlers copy; the phone takes ours, checked and kept.
      const assets = join(outDir, 'assets');
      for (const name of await readdir(assets)) if (/^ort-wasm-.*\.wasm$/.test(name)) await rm(join(assets, name));
      for (const [to, from] of pathOf) {
        const target = join(outDir, 'models', to);
        await mkdir(dirname(target), { recursive: true });
        await copyFile(from, target);
        // Packed once here, not for each phone by the server; the phone asks for ranges of it and unpacks it itself.
        await writeFile(`${target}.gz`, gzipSync(await readFile(from), { level: 9 }));
      }
    },
  };
}

/**
 * Lays packed forms beside the built files whose names change with their content, made once with all effort; the server hands them out
 * (server/system.ts). Others get none: it could outlive its file.
 */
function packed(): Plugin {
  let outDir = '';
  const isText = /\.(js|css|html|svg|webmanifest|json|txt)$/;
  return {
    name: 'packed',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      outDir = resolve(config.root, config.build.outDir);
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      async handler() {
        const files = await readdir(outDir, { recursive: true });
        for (const name of files) {
          if (!isText.test(name) || !name.startsWith('assets')) continue;
          const path = join(outDir, name);
          const plain = await readFile(path);
          if (plain.length < 1_000) continue;
          await writeFile(`${path}.gz`, gzipSync(plain, { level: 9 }));
          await writeFile(
            `${path}.br`,
            brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } }),
          );
        }
      },
    },
  };
}

/** Preloads the Latin text face of the kept shell; the Thai ones follow by unicode-range, 12 KB each. */
function preloadFonts(names: readonly RegExp[]): Plugin {
  return {
    name: 'preload-fonts',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle }) =>
        Object.keys(bundle ?? {})
          .filter((file) => names.some((name) => name.test(file)))
          .map((file) => ({
            tag: 'link',
            injectTo: 'head' as const,
            attrs: { rel: 'preload', as: 'font', type: 'font/woff2', href: `/${file}`, crossorigin: '' },
          })),
    },
  };
}

/** Code that only staff loads: its chunks are named `desk-…` and stay out of the attendees' precache. */
const deskCode =
  /\/(features\/(photographer|admin|organizer)|components\/desk|data\/uploads)\/|\/i18n\/desk|\/(tus-js-client|exifr)\//;
const deskStyles =
  /^(admin|photographer|organizer|px-(desk|earnings|photo-cards|bank-account|event-numbers|event-upload))\.css$/;

/** Code that each page begins with anyway, and crumbs that most need: each file is a question of its own. It only says what lies together. */
const baseCode =
  /\/pwa\/src\/(data\/(api|bought|call|connectivity|events|first|http|kv|live|outbox|problem|session|storage|store)|i18n\/(lang|i18n|format)|components\/(element|event-parts|field|first-image|own-task|px-icon|share|states|vars))\.ts|\/contracts\/(bibs|first-screen|money|pages|sync\/(documents|photos))\.ts|\/node_modules\/(lit|lit-html|lit-element|@lit)\//;

export default defineConfig({
  root: join(root, 'pwa'),
  publicDir: 'public',
  // A folder of one's own lets a second build or test run beside the first.
  cacheDir: join(root, 'node_modules/.vite'),
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: 'hidden',
    assetsInlineLimit: 0,
    // Tells the server which files a page is made of (server/modules/pages/shell.ts).
    manifest: true,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: join(root, 'pwa/index.html'), opening: join(root, 'pwa/src/opening.ts') },
      output: {
        // What every page starts with, in one file: over a slow line each file is a question of its own.
        codeSplitting: { groups: [{ name: 'base', test: baseCode }] },
        chunkFileNames: ({ moduleIds }) =>
          moduleIds.some((id) => deskCode.test(id)) ? 'assets/desk-[name]-[hash].js' : 'assets/[name]-[hash].js',
        // The desks' styles, too; an asset only knows the name of the chunk it came with.
        assetFileNames: ({ names }) =>
          names.some((name) => deskStyles.test(name))
            ? 'assets/desk-[name]-[hash][extname]'
            : 'assets/[name]-[hash][extname]',
      },
    },
  },
  resolve: {
    alias: faceAliases.map(({ find, replacement }) => ({ find, replacement: join(root, replacement) })),
  },
  worker: {
    format: 'es',
    rolldownOptions: {
      output: { entryFileNames: 'assets/worker-[name]-[hash].js', chunkFileNames: 'assets/worker-[name]-[hash].js' },
    },
  },
  server: {
    host: '127.0.0.1',
    port: Number(process.env.VITE_PORT ?? 5173),
    fs: { allow: [root] },
    proxy: Object.fromEntries(['/api', '/dev', '/metrics'].map((path) => [path, { target: api, changeOrigin: false }])),
  },
  plugins: [
    faceModels(),
    preloadFonts([/inter-latin-wght-normal-.*\.woff2$/]),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src',
      filename: 'sw.ts',
      injectRegister: null,
      registerType: 'prompt',
      injectManifest: {
        globPatterns: ['**/*.{js,css,html,woff2,svg,webmanifest}', 'icons/icon-192.png'],
        // Desks of staff and the face engine come when they are used; only documents of the server need the opening.
        globIgnores: ['models/**', '**/desk-*', '**/worker-*', '**/opening-*'],
        maximumFileSizeToCacheInBytes: 1_000_000,
      },
      manifest: {
        id: '/',
        name: 'ThePixStock',
        short_name: 'ThePixStock',
        description: 'Find every photo of you with one selfie.',
        start_url: '/',
        scope: '/',
        display: 'standalone',
        background_color: '#111111',
        theme_color: '#111111',
        categories: ['photo', 'events'],
        icons: [
          { src: '/icons/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icons/icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: '/icons/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
          { src: '/icons/icon.svg', sizes: 'any', type: 'image/svg+xml' },
        ],
      },
    }),
    packed(),
    keepOldChunks(),
  ],
});
