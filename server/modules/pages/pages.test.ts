import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FIRST_ANSWERS_ID } from '#contracts/first-screen.ts';
import { appPages } from '#contracts/pages.ts';
import type { Storage } from '#server/platform/storage.ts';
import { startPhotoApp } from '#test/photo-app.ts';
import { createPackagesService } from '../packages/service.ts';
import { createPhotographersService } from '../photographers/service.ts';
import { createSharesService } from '../shares/service.ts';
import { pagesRouter } from './router.ts';

const shell = `<!doctype html>
<html lang="th" data-surface="night"><head><meta charset="utf-8" />
<!--head--><title>ThePixStock</title><!--/head-->
<script type="module" crossorigin src="/assets/index-1.js"></script>
<link rel="modulepreload" crossorigin href="/assets/lit-1.js">
<link rel="stylesheet" crossorigin href="/assets/index-1.css">
<link rel="preload" as="font" type="font/woff2" href="/assets/inter.woff2" crossorigin="">
</head><body><px-app><div class="boot"></div></px-app></body></html>`;
const manifest = {
  'index.html': { file: 'assets/index-1.js', imports: ['_lit.js'], css: ['assets/index-1.css'] },
  'src/opening.ts': { file: 'assets/opening-1.js' },
  '_lit.js': { file: 'assets/lit-1.js' },
  '_grid.js': { file: 'assets/grid-1.js', css: ['assets/grid-1.css'] },
  'src/features/event/px-event-page.ts': {
    file: 'assets/event-1.js',
    imports: ['index.html', '_lit.js', '_grid.js'],
    css: ['assets/event-1.css'],
  },
};
const nastyName = `</title><script>alert(1)</script>" onload="x' & งาน <b>`;

describe('pages from the server', () => {
  let app: Awaited<ReturnType<typeof startPhotoApp>>;
  let pwaDir: string;
  let photographer: Awaited<ReturnType<typeof app.person>>;
  let photographerSlug: string;

  before(async () => {
    pwaDir = await mkdtemp(path.join(tmpdir(), 'tps-pages-'));
    await mkdir(path.join(pwaDir, '.vite'));
    await mkdir(path.join(pwaDir, 'assets'));
    await writeFile(path.join(pwaDir, 'index.html'), shell);
    await writeFile(path.join(pwaDir, '.vite/manifest.json'), JSON.stringify(manifest));
    for (const name of ['index', 'event', 'grid']) {
      await writeFile(path.join(pwaDir, `assets/${name}-1.css`), `.${name}{color:red}`);
    }
    app = await startPhotoApp({
      handlers: ({ db, events, photos, auth, url }) => [
        pagesRouter({
          db,
          events,
          photos,
          shares: createSharesService({ db, storage: {} as Storage, linkSecret: 'x' }),
          packages: createPackagesService({ db, events }),
          photographers: createPhotographersService({ db, events, photos }),
          publicUrl: url,
          pwaDir,
          findViewer: auth.findViewer,
        }),
      ],
    });
    photographer = await app.person('photographer');
  });
  after(async () => {
    await app?.stop();
    await rm(pwaDir, { recursive: true, force: true });
  });

  const open = (address: string, headers: Record<string, string> = {}) =>
    app.call('GET', address, { headers: { accept: 'text/html', 'accept-language': 'en', ...headers } });
  async function event(values: Record<string, unknown> = {}): Promise<{ id: string; slug: string }> {
    const id = await app.event();
    return app.db
      .updateTable('events')
      .set(values)
      .$if(Object.keys(values).length === 0, (q) => q.set({ name: 'Plain' }))
      .where('id', '=', id)
      .returning(['id', 'slug'])
      .executeTakeFirstOrThrow();
  }
  /** As a browser does; node's fetch would say no-cache. */
  const asksAgain = { 'cache-control': 'max-age=0' };
  const meta = (page: string, name: string): string | undefined =>
    new RegExp(`<meta (?:name|property)="${name}" content="([^"]*)"`).exec(page)?.[1];
  const scriptOf = (page: string): string[] => [...page.matchAll(/<script([^>]*)>/g)].map((match) => match[1]!);

  it('an event’s page says what it is, brings its first answers, and holds no script of its own', async () => {
    const { id, slug } = await event({ name: 'ไนต์รัน', name_en: 'Night Run', venue: 'Lumphini Park' });
    const photoId = await app.photo(id, photographer.userId, 'approved');
    const { status, body, headers } = await open(`/e/${slug}`);
    assert.equal(status, 200);
    assert.match(body, /<title>Night Run · ThePixStock<\/title>/);
    assert.match(body, /<html lang="en" data-surface="night" data-chrome="over">/);
    assert.match(body, new RegExp(`<link rel="canonical" href="${app.url}/e/${slug}">`));
    assert.match(meta(body, 'description')!, /Night Run, 22 November 2026, Lumphini Park/);
    assert.equal(meta(body, 'og:image'), `${app.url}/api/photos/${photoId}`);
    assert.equal(meta(body, 'og:image:width'), '600');
    assert.equal(meta(body, 'twitter:card'), 'summary_large_image');
    assert.match(meta(body, 'robots')!, /^index/);
    assert.match(body, /<h1 class="display">Night Run<\/h1>/);
    // Styles of the page and of what it imports are inside; its code is asked for at once, each file once.
    assert.match(body, /<style>\.index\{color:red\}\.event\{color:red\}\.grid\{color:red\}<\/style>/);
    assert.doesNotMatch(body, /<link rel="stylesheet" (?!disabled)|as="font"/);
    for (const file of ['index-1', 'lit-1', 'event-1', 'grid-1'])
      assert.equal(body.split(`/assets/${file}.js`).length, 2, file);
    // The app's code is there, and the cover painted, before the opening starts it.
    assert.match(body, /<link id="app-code" rel="modulepreload" crossorigin href="\/assets\/index-1\.js">/);
    assert.match(body, /<script type="module" crossorigin src="\/assets\/opening-1\.js">/);
    assert.match((await open('/')).body, /<script type="module" crossorigin src="\/assets\/index-1\.js">/);
    // What the browser would run is the app alone.
    for (const attributes of scriptOf(body))
      assert.match(attributes, /src="\/assets\/|type="application\/(ld\+)?json"/);
    const answers = JSON.parse(new RegExp(`id="${FIRST_ANSWERS_ID}">([^<]*)<`).exec(body)![1]!);
    for (const [address, answer] of Object.entries(answers)) {
      if (!address.endsWith('/packages')) assert.deepEqual((await app.call('GET', address)).body, answer, address);
    }
    assert.deepEqual(Object.keys(answers), [
      `/api/events/${slug}`,
      `/api/events/${slug}/photos?limit=60`,
      `/api/events/${id}/packages`,
    ]);
    const kinds = [...body.matchAll(/<script type="application\/ld\+json">([^<]*)</g)].map(
      (match) => JSON.parse(match[1]!)['@type'],
    );
    assert.deepEqual(kinds, ['Event', 'ImageGallery', 'BreadcrumbList']);
    assert.match(headers.get('cache-control')!, /no-cache/);
    assert.match(headers.get('vary')!, /Accept-Language, Cookie/);
    const again = await open(`/e/${slug}`, { 'if-none-match': headers.get('etag')!, ...asksAgain });
    assert.equal(again.status, 304);
  });

  it('no name, place or description gets out of its place', async () => {
    const { slug } = await event({ name: nastyName, name_en: nastyName, venue: nastyName, description: nastyName });
    for (const address of [`/e/${slug}`, '/', `/e/${slug}/find`]) {
      const { status, body } = await open(address);
      assert.equal(status, 200, address);
      assert.doesNotMatch(body, /<script>|alert\(1\)<\/script>|" onload="|' & งาน/, address);
      for (const attributes of scriptOf(body))
        assert.match(attributes, /src="\/assets\/|type="application\/(ld\+)?json"/, address);
    }
    const map = await app.call('GET', '/sitemap-events-1.xml');
    assert.match(map.body, new RegExp(`/e/${slug}</loc>`));
  });

  it('closed, unpublished and deleted events give away nothing', async () => {
    const name = 'Secret wedding of A and B';
    const code = await event({ name, name_en: name, venue: name, access_mode: 'code', access_code_hash: 'x' });
    const draft = await event({ name, name_en: name, status: 'planning' });
    const gone = await event({ name, name_en: name, deleted_at: new Date() });
    const covered = await app.photo(code.id, photographer.userId, 'approved');
    await app.db.updateTable('events').set({ cover_photo_id: covered }).where('id', '=', code.id).execute();
    for (const [one, status] of [
      [code, 200],
      [draft, 404],
      [gone, 404],
    ] as const) {
      for (const address of [
        `/e/${one.slug}`,
        `/e/${one.id}`,
        `/e/${one.slug}/find`,
        `/e/${one.slug}/photos/${covered}`,
      ]) {
        const reply = await open(address);
        assert.equal(reply.status, status, address);
        assert.equal(meta(reply.body, 'robots'), 'noindex', address);
        assert.equal(reply.headers.get('x-robots-tag'), 'noindex');
        assert.ok(!reply.body.includes(name) && !reply.body.includes(covered), address);
      }
    }
    // The English home page of an earlier test may still be kept; this one is made now.
    const home = await open('/?lang=th');
    const map = await app.call('GET', '/sitemap-events-1.xml');
    for (const one of [code, draft, gone]) assert.ok(!home.body.includes(one.slug) && !map.body.includes(one.slug));
    assert.ok(!home.body.includes(name));
    // Its staff open a draft; a stranger with an account does not.
    const admin = await app.person('admin');
    const customer = await app.person('customer');
    const as = (token: string) => open(`/e/${draft.slug}`, { authorization: `Bearer ${token}` });
    assert.equal((await as(admin.token)).status, 200);
    assert.equal((await as(customer.token)).status, 404);
    assert.ok(!(await as(admin.token)).body.includes(name));
  });

  it('a photo’s address shows that photo to messengers and is part of its event for searchers', async () => {
    const mine = await event({ name: 'Mine', name_en: 'Mine' });
    const other = await event({ name: 'Other', name_en: 'Other' });
    const photoId = await app.photo(mine.id, photographer.userId, 'approved');
    const hidden = await app.photo(mine.id, photographer.userId, 'rejected');
    const reply = await open(`/e/${mine.slug}/photos/${photoId}`);
    assert.equal(reply.status, 200);
    assert.equal(meta(reply.body, 'og:image'), `${app.url}/api/photos/${photoId}`);
    assert.match(reply.body, new RegExp(`rel="canonical" href="${app.url}/e/${mine.slug}"`));
    assert.equal(meta(reply.body, 'robots'), 'noindex');
    for (const address of [
      `/e/${mine.slug}/photos/${hidden}`,
      `/e/${other.slug}/photos/${photoId}`,
      `/e/${mine.slug}/photos/x`,
    ])
      assert.equal((await open(address)).status, 404, address);
  });

  it('a find-me event shows its name, but no photo that was not chosen to be shown', async () => {
    const { id, slug } = await event({ name: 'Run', name_en: 'Run', access_mode: 'find_me' });
    const photoId = await app.photo(id, photographer.userId, 'approved');
    const reply = await open(`/e/${slug}`);
    assert.match(reply.body, /<h1 class="display">Run</);
    assert.ok(!reply.body.includes(photoId));
  });

  it('one page has one address', async () => {
    const { id, slug } = await event();
    const moves: [from: string, to: string][] = [
      [`/events/${slug}`, `/e/${slug}`],
      [`/events/${slug}/find?a=1`, `/e/${slug}/find?a=1`],
      [`/e/${slug}/`, `/e/${slug}`],
      [`/e/${id}`, `/e/${slug}`],
      [`/e/${slug.toUpperCase()}?lang=th`, `/e/${slug}?lang=th`],
      ['/events', '/'],
      ['//evil.test/', '/evil.test'],
      ['/index.html', '/'],
    ];
    for (const [from, to] of moves) {
      const reply = await open(from);
      assert.deepEqual([reply.status, reply.headers.get('location')], [301, to], from);
    }
  });

  it('statuses are true, and every page of the app is known', async () => {
    for (const address of ['/nothing', '/e', '/e/nothing', '/e/%00', '/cart/x', '/admin.php'])
      assert.equal((await open(address)).status, 404, address);
    for (const page of appPages.filter((one) => !one.includes(':'))) {
      const reply = await open(page.replace('/*', ''));
      assert.equal(reply.status, 200, page);
      const isPublic = ['/', '/privacy', '/terms'].includes(page);
      assert.equal(meta(reply.body, 'robots')!.startsWith('index'), isPublic, page);
    }
    const asJson = await app.call('GET', '/nothing', { headers: { accept: 'application/json' } });
    assert.equal(asJson.headers.get('content-type')?.includes('problem+json'), true);
  });

  it('speaks the language of the address, of the choice, of the browser; Thai to who says nothing', async () => {
    const { slug } = await event({ name: 'วิ่ง', name_en: 'Run' });
    const language = async (address: string, headers: Record<string, string>) =>
      (await app.call('GET', address, { headers: { accept: 'text/html', ...headers } })).headers.get(
        'content-language',
      );
    const th = { 'accept-language': 'th-TH,th;q=0.9,en;q=0.8' };
    const en = { 'accept-language': 'en-GB,en' };
    assert.equal(await language(`/e/${slug}`, th), 'th');
    assert.equal(await language(`/e/${slug}`, en), 'en');
    assert.equal(await language(`/e/${slug}`, { 'accept-language': 'fr' }), 'en');
    assert.equal(await language(`/e/${slug}`, { ...en, cookie: 'a=1; px.lang=th' }), 'th');
    assert.equal(await language(`/e/${slug}?lang=en`, { ...th, cookie: 'px.lang=th' }), 'en');
    const silent = await fetch(`${app.url}/e/${slug}`, { headers: { accept: '*/*', 'accept-language': '*' } });
    assert.equal(silent.headers.get('content-language'), 'th');
  });

  it('the sitemap lists what anybody may find, in parts, with the day of the last change', async () => {
    const { slug, id } = await event();
    await app.photo(id, photographer.userId, 'approved');
    const { slug: handle } = await app.db
      .updateTable('photographers')
      .set({ is_public: true })
      .where('user_id', '=', photographer.userId)
      .returning('slug')
      .executeTakeFirstOrThrow();
    photographerSlug = handle;
    const index = await app.call('GET', '/sitemap.xml');
    assert.equal(index.headers.get('content-type'), 'application/xml; charset=utf-8');
    const parts = [...index.body.matchAll(/<loc>([^<]*)<\/loc>/g)].map((match) => new URL(match[1]!).pathname);
    assert.deepEqual(parts, ['/sitemap-pages.xml', '/sitemap-events-1.xml', '/sitemap-photographers-1.xml']);
    const texts = await Promise.all(parts.map(async (part) => (await app.call('GET', part)).body as string));
    assert.match(texts[1]!, new RegExp(`<loc>${app.url}/e/${slug}</loc><lastmod>\\d{4}-\\d\\d-\\d\\dT`));
    assert.match(texts[2]!, new RegExp(`<loc>${app.url}/p/${photographerSlug}</loc>`));
    assert.equal((await open('/sitemap-events-2.xml')).status, 404);
    const robots = await app.call('GET', '/robots.txt');
    assert.match(robots.body, new RegExp(`Sitemap: ${app.url}/sitemap.xml`));
    assert.match(robots.body, /Disallow: \/admin/);
  });

  it('a photographer’s page is there when they show themselves, under one address', async () => {
    const person = await app.person('photographer');
    const { id } = await event({ name: 'Run', name_en: 'Run' });
    const shown = await app.photo(id, person.userId, 'approved');
    const locked = await event({ name: 'Locked', access_mode: 'code', access_code_hash: 'x' });
    const secret = await app.photo(locked.id, person.userId, 'approved');
    const { slug } = await app.db
      .updateTable('photographers')
      .set({ display_name: nastyName, bio: nastyName, portfolio_url: 'https://me.test/', is_public: false })
      .where('user_id', '=', person.userId)
      .returning('slug')
      .executeTakeFirstOrThrow();
    assert.equal((await open(`/p/${slug}?hidden`)).status, 404);
    await app.db.updateTable('photographers').set({ is_public: true }).where('slug', '=', slug).execute();
    const { status, body } = await open(`/p/${slug}?lang=th`);
    assert.equal(status, 200);
    assert.equal(meta(body, 'og:type'), 'profile');
    assert.equal(meta(body, 'og:image'), `${app.url}/api/photos/${shown}`);
    assert.ok(!body.includes(secret));
    assert.doesNotMatch(body, /<script>|" onload="/);
    const moved = await open(`/p/${slug.toUpperCase()}`);
    assert.deepEqual([moved.status, moved.headers.get('location')], [301, `/p/${slug}`]);
  });

  it('the cover comes as WebP in the width asked for, to those who may see it', async () => {
    const { id, slug } = await event();
    const photoId = await app.photo(id, photographer.userId, 'approved');
    const { body: view } = await app.call('GET', `/api/events/${slug}`);
    assert.match(view.coverUrl, new RegExp(photoId));
    const address = `${app.url}/api/events/${id}/cover/640?photo=${photoId}`;
    const first = await fetch(address);
    assert.deepEqual([first.status, first.headers.get('content-type')], [200, 'image/webp']);
    assert.equal(
      Buffer.from(await first.arrayBuffer())
        .subarray(8, 12)
        .toString(),
      'WEBP',
    );
    assert.match(first.headers.get('cache-control')!, /public, max-age=300/);
    const again = await fetch(address, { headers: { 'if-none-match': first.headers.get('etag')!, ...asksAgain } });
    assert.equal(again.status, 304);
    assert.equal((await fetch(`${app.url}/api/events/${id}/cover/641`)).status, 404);
    // Withdrawn: kept in memory, and shown to nobody.
    await app.db.updateTable('photos').set({ status: 'rejected' }).where('id', '=', photoId).execute();
    assert.equal((await fetch(address)).status, 404);
    const closed = await event({ access_mode: 'find_me' });
    await app.photo(closed.id, photographer.userId, 'approved');
    assert.equal((await fetch(`${app.url}/api/events/${closed.id}/cover/640`)).status, 404);
  });
});
