import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import sharp from 'sharp';
import { PIPELINE_VERSION } from '#contracts/pipeline.ts';
import { thumbHashOf } from '#worker/pipeline/blur.ts';

export const SLUG = 'bench-gallery';
/** Different pictures; 20,000 photos share them. */
const MOTIFS = 24;

export interface Motif {
  /** JPEG by the last part of its address; "preview" for the address without one. */
  files: Record<'small' | 'medium' | 'large' | 'preview', Buffer>;
  hash: Buffer;
}

/** Pictures with shapes and colours and as much noise as weighs what photos weigh. */
export async function makeMotifs(): Promise<Motif[]> {
  const motifs: Motif[] = [];
  for (let n = 0; n < MOTIFS; n++) {
    const [width, height] = n % 4 === 0 ? [1280, 1920] : [1920, 1280];
    const noise = await sharp(randomBytes(480 * 320 * 3), { raw: { width: 480, height: 320, channels: 3 } })
      .resize(width, height, { fit: 'fill' })
      .png()
      .toBuffer();
    const hue = (n * 360) / MOTIFS;
    const shapes = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 12 8" preserveAspectRatio="none"><rect width="12" height="8" fill="hsl(${hue} 45% 30%)"/>
      <circle cx="${2 + (n % 7)}" cy="3" r="2.2" fill="hsl(${hue + 40} 60% 62%)"/><rect x="${1 + (n % 5)}" y="5" width="6" height="3" fill="hsl(${hue + 190} 40% 45%)"/></svg>`;
    const base = await sharp(Buffer.from(shapes))
      .resize(width, height, { fit: 'fill' })
      .composite([{ input: noise, blend: 'soft-light' }])
      .jpeg()
      .toBuffer();
    const at = (side: number, quality: number) =>
      sharp(base)
        .resize(side, Math.round(side * 0.75) || side, { fit: 'inside' })
        .jpeg({ quality })
        .toBuffer();
    const small = await at(150, 80);
    motifs.push({
      files: { small, medium: await at(300, 85), large: await at(800, 90), preview: await at(1440, 85) },
      hash: await thumbHashOf(small),
    });
  }
  return motifs;
}

export const databaseUrlOf = async (dataDir: string): Promise<string> =>
  (JSON.parse(await readFile(path.join(dataDir, 'environment.json'), 'utf8')) as { DATABASE_URL: string }).DATABASE_URL;

/** An open event of that many approved photos by six photographers, taken over six hours; every other photo has a bib. */
export async function fillEvent(db: pg.Client, count: number, motifs: readonly Motif[]): Promise<string> {
  const eventId = (
    await db.query(
      `insert into events (slug, name, name_en, status, starts_at, ends_at)
       values ($1, 'วิ่งยาว 20,000 ภาพ', 'The long run', 'live', '2026-11-28T22:00Z', '2026-11-29T05:00Z') returning id`,
      [SLUG],
    )
  ).rows[0].id as string;
  for (let n = 0; n < 6; n++)
    await db.query(
      `with u as (insert into users (name, email, role) values ($1, $2, 'photographer') returning id)
       insert into photographers (user_id, display_name, slug) select id, $1, $3 from u`,
      [`Photographer ${n + 1}`, `bench-${n}@example.test`, `bench-${n}`],
    );
  await addPhotos(db, eventId, { count, from: '2026-11-28T22:30Z', seconds: 6 * 3600, motifs });
  return eventId;
}

/** Photos as the worker leaves them, all under one new revision, told to whoever listens. */
export async function addPhotos(
  db: pg.Client,
  eventId: string,
  { count, from, seconds, motifs }: { count: number; from: string; seconds: number; motifs: readonly Motif[] },
): Promise<void> {
  await db.query('begin');
  const scope = `photos.${eventId}`;
  const { rows } = await db.query(
    `insert into sync_scopes (scope, revision) values ($1, 1)
     on conflict (scope) do update set revision = sync_scopes.revision + 1 returning revision`,
    [scope],
  );
  // The last byte of the id says which picture: the server of pictures and the blur agree.
  await db.query(
    `with who as (select id, row_number() over (order by slug) - 1 as n from photographers where slug like 'bench-%'),
     made as (
       select n, (left(gen_random_uuid()::text, 34) || lpad(to_hex((n * 7) % $7::int), 2, '0'))::uuid as id, (n * 7) % $7::int as motif
       from generate_series(0, $2::int - 1) as n),
     photos as (
       insert into photos (id, event_id, photographer_id, status, sha256, file_name, content_type, bytes, width, height, taken_at,
         placeholder_color, thumb_hash, pipeline_version, revision, approved_at)
       select made.id, $1, (select who.id from who where who.n = (made.n / 97) % 6), 'approved', decode(md5(made.id::text) || md5('x' || made.id::text), 'hex'),
         'IMG_' || made.n || '.JPG', 'image/jpeg', 9000000,
         case when motif % 4 = 0 then 4000 else 6000 end, case when motif % 4 = 0 then 6000 else 4000 end,
         $3::timestamptz + make_interval(secs => made.n * $4::float8 / $2::int), '#445566',
         -- The motif's colours and shape; the rest of the blur is each photo's own, so that it weighs on the wire what it weighs in life.
         substring(($5::bytea[])[motif + 1] for 5) || substring(decode(md5(made.id::text || 'b') || md5(made.id::text || 'c'), 'hex') for length(($5::bytea[])[motif + 1]) - 5),
         $6, $8, now()
       from made returning id, event_id)
     insert into photo_bibs (photo_id, event_id, bib, confidence, source)
     select made.id, $1, (1000 + made.n % 4000)::text, 1, 'typed' from made where made.n % 2 = 0`,
    [eventId, count, from, seconds, motifs.map(({ hash }) => hash), PIPELINE_VERSION, motifs.length, rows[0].revision],
  );
  await db.query("select pg_notify('sync', $1)", [scope]);
  await db.query('commit');
}
