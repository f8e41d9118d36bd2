import { sql } from 'kysely';
import { coverUrl } from '#contracts/first-screen.ts';
import type { Db } from '#server/platform/db.ts';
import { publicStatuses } from '../events/service.ts';
import { inLanguage } from './head.ts';
import { type Html, html } from './html.ts';

/** The protocol allows 50,000; parts of this size stay below a megabyte. */
const PART = 5_000;
const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** Events that anybody may find: public, and not behind a code. */
const publicEvents = (db: Db) =>
  db
    .selectFrom('events')
    .where('deleted_at', 'is', null)
    .where('status', 'in', publicStatuses)
    .where('access_mode', '<>', 'code');
const publicPhotographers = (db: Db) => db.selectFrom('photographers').where('is_public', '=', true);

interface Entry {
  path: string;
  changedAt: Date | null;
  imagePath?: string | null;
}

export function createSitemap({ db, publicUrl }: { db: Db; publicUrl: string }) {
  const origin = publicUrl.replace(/\/+$/, '');
  const entry = ({ path, changedAt, imagePath }: Entry): Html => {
    const url = origin + encodeURI(path);
    return html`<url><loc>${url}</loc>${changedAt && html`<lastmod>${changedAt.toISOString()}</lastmod>`}<xhtml:link rel="alternate" hreflang="th" href="${inLanguage(url, 'th')}"/><xhtml:link rel="alternate" hreflang="en" href="${inLanguage(url, 'en')}"/><xhtml:link rel="alternate" hreflang="x-default" href="${url}"/>${imagePath && html`<image:image><image:loc>${origin + imagePath}</image:loc></image:image>`}</url>
`;
  };
  const urlset = (entries: readonly Entry[]): string =>
    `${declaration}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">\n${entries.map(entry).join('')}</urlset>\n`;

  async function eventEntries(part: number): Promise<Entry[]> {
    const rows = await publicEvents(db)
      .select(['id', 'slug', 'updated_at', 'cover_photo_id'])
      .select((eb) =>
        eb
          .selectFrom('photos')
          .select(sql<Date | null>`max(photos.approved_at)`.as('at'))
          .whereRef('photos.event_id', '=', 'events.id')
          .where('photos.status', '=', 'approved')
          .where('photos.deleted_at', 'is', null)
          .as('photos_at'),
      )
      .orderBy('created_at')
      .orderBy('id')
      .limit(PART)
      .offset((part - 1) * PART)
      .execute();
    return rows.map((row) => ({
      path: `/e/${row.slug}`,
      changedAt: row.photos_at && row.photos_at > row.updated_at ? row.photos_at : row.updated_at,
      imagePath: row.cover_photo_id && coverUrl(row.id, row.cover_photo_id, 1280),
    }));
  }
  async function photographerEntries(part: number): Promise<Entry[]> {
    const rows = await publicPhotographers(db)
      .select(['slug', 'updated_at'])
      .orderBy('created_at')
      .orderBy('id')
      .limit(PART)
      .offset((part - 1) * PART)
      .execute();
    return rows.map((row) => ({ path: `/p/${row.slug}`, changedAt: row.updated_at }));
  }

  return {
    /** The index: how many parts there are of each kind, and when each kind last changed. */
    async index(): Promise<string> {
      const counted = sql<number>`count(*)::int`.as('count');
      const newest = sql<Date | null>`max(updated_at)`.as('newest');
      const [events, photographers] = await Promise.all([
        publicEvents(db).select([counted, newest]).executeTakeFirstOrThrow(),
        publicPhotographers(db).select([counted, newest]).executeTakeFirstOrThrow(),
      ]);
      const parts = [
        { name: 'pages', newest: null },
        ...[
          { name: 'events', ...events },
          { name: 'photographers', ...photographers },
        ].flatMap(({ name, count, newest }) =>
          Array.from({ length: Math.ceil(count / PART) }, (_, i) => ({ name: `${name}-${i + 1}`, newest })),
        ),
      ];
      const entries = parts.map(
        ({ name, newest }) =>
          html`<sitemap><loc>${origin}/sitemap-${name}.xml</loc>${newest && html`<lastmod>${newest.toISOString()}</lastmod>`}</sitemap>
`,
      );
      return `${declaration}<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${entries.join('')}</sitemapindex>\n`;
    },
    /** One part; undefined for a name that is none. */
    async part(name: string): Promise<string | undefined> {
      if (name === 'pages') return urlset(['/', '/privacy', '/terms'].map((path) => ({ path, changedAt: null })));
      const [, kind, number] = /^(events|photographers)-([1-9]\d{0,3})$/.exec(name) ?? [];
      if (!kind) return undefined;
      const entries = await (kind === 'events' ? eventEntries : photographerEntries)(Number(number));
      return entries.length > 0 ? urlset(entries) : undefined;
    },
    robots(): string {
      const hidden = [
        '/api/',
        '/admin',
        '/studio',
        '/organizer',
        '/account',
        '/cart',
        '/checkout',
        '/orders/',
        '/together/',
      ];
      // Pictures are what previews of links are made of.
      const shown = ['/api/photos/', '/api/events/*/cover/', '/api/shares/'];
      return [
        'User-agent: *',
        ...shown.map((path) => `Allow: ${path}`),
        ...hidden.map((path) => `Disallow: ${path}`),
        '',
        `Sitemap: ${origin}/sitemap.xml`,
        '',
      ].join('\n');
    },
  };
}
