import { sql } from 'kysely';
import type { WallPart } from '#contracts/http/wall.ts';
import type { Db } from '#server/platform/db.ts';
import { type Cursor, decodeCursor, encodeCursor } from '#server/platform/pages.ts';
import { scopes } from '#server/platform/sync-revision.ts';
import type { PhotoRow } from './repository.ts';

/** A gate opens and thousands ask for the same wall: they share one reading. What changes meanwhile comes by the revision. */
const SHARED_FOR_MS = 15_000;
const SHARED_PARTS = 24;

export const thumbHashText = (hash: Buffer | null): string | null =>
  hash && hash.length > 0 ? hash.toString('base64') : null;

type Row = Pick<
  PhotoRow,
  'id' | 'width' | 'height' | 'taken_at' | 'photographer_id' | 'focus_x' | 'focus_y' | 'placeholder_color'
> & { thumb_hash: Buffer | null; price_satang: number | null; at: Date };

/** Approved photos of one event after the cursor, as the columns of contracts/http/wall.ts. Uses the index of the gallery's order. */
async function readPart(db: Db, eventId: string, cursor: Cursor | undefined, limit: number): Promise<WallPart> {
  // Before the photos: whatever commits between the two readings is told again by the pull after this revision.
  const scope = await db
    .selectFrom('sync_scopes')
    .select('revision')
    .where('scope', '=', scopes.eventPhotos(eventId))
    .executeTakeFirst();
  const at = sql<Date>`coalesce(taken_at, created_at)`;
  const rows: Row[] = await db
    .selectFrom('photos')
    .select([
      'id',
      'width',
      'height',
      'taken_at',
      'photographer_id',
      'focus_x',
      'focus_y',
      'placeholder_color',
      'thumb_hash',
      'price_satang',
    ])
    .select(at.as('at'))
    .where('event_id', '=', eventId)
    .where('status', '=', 'approved')
    .where('deleted_at', 'is', null)
    .$if(cursor !== undefined, (q) =>
      q.where(sql<boolean>`(coalesce(taken_at, created_at), id) > (${cursor!.at}, ${cursor!.id})`),
    )
    .orderBy(at)
    .orderBy('id')
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const [photographers, bibs] = await Promise.all([
    photographersOf(db, page),
    bibsOf(
      db,
      page.map((row) => row.id),
    ),
  ]);
  return {
    eventId,
    revision: scope?.revision ?? 0,
    nextCursor: rows.length > limit && last ? encodeCursor(last.at, last.id) : null,
    ...toColumns(page, photographers),
    bibs,
  };
}

async function photographersOf(db: Db, rows: readonly Row[]) {
  const ids = [...new Set(rows.map((row) => row.photographer_id))];
  if (ids.length === 0) return [];
  return db
    .selectFrom('photographers')
    .select(['id', 'display_name as displayName'])
    .where('id', 'in', ids)
    .orderBy('display_name')
    .orderBy('id')
    .execute();
}

async function bibsOf(db: Db, ids: readonly string[]): Promise<Record<string, number[]>> {
  const positions = new Map(ids.map((id, index) => [id, index]));
  const rows = await db
    .selectFrom('photo_bibs')
    .select(['photo_id', 'bib'])
    .where('photo_id', '=', sql<string>`any(${ids}::uuid[])`)
    .execute();
  const found: Record<string, number[]> = {};
  for (const { photo_id, bib } of rows) {
    found[bib] ??= [];
    found[bib].push(positions.get(photo_id)!);
  }
  return found;
}

const percent = (share: number | null): number => (share === null ? -1 : Math.round(share * 100));

function toColumns(rows: readonly Row[], photographers: { id: string; displayName: string }[]) {
  const by = new Map(photographers.map(({ id }, index) => [id, index]));
  const columns = {
    photographers,
    ids: Buffer.from(rows.map((row) => row.id.replaceAll('-', '')).join(''), 'hex').toString('base64'),
    sizes: [] as number[],
    times: [] as number[],
    undated: [] as number[],
    by: [] as number[],
    focus: [] as number[],
    blur: [] as string[],
    prices: [] as [number, number][],
  };
  let before = 0;
  for (const [index, row] of rows.entries()) {
    columns.sizes.push(row.width ?? 3, row.height ?? 2);
    columns.times.push(row.at.getTime() - before);
    before = row.at.getTime();
    if (!row.taken_at) columns.undated.push(index);
    columns.by.push(by.get(row.photographer_id) ?? 0);
    columns.focus.push(percent(row.focus_x), percent(row.focus_y));
    columns.blur.push(thumbHashText(row.thumb_hash) ?? row.placeholder_color ?? '');
    if (row.price_satang !== null) columns.prices.push([index, row.price_satang]);
  }
  return columns;
}

/** Walls as JSON text, the same for everybody who may see the event; the caller decides who may. */
export function createWalls({ db, now = Date.now }: { db: Db; now?: () => number }) {
  const shared = new Map<string, { at: number; text: Promise<string> }>();

  return {
    async part(eventId: string, query: { cursor?: string | undefined; limit: number }): Promise<string> {
      const key = `${eventId} ${query.limit} ${query.cursor ?? ''}`;
      const known = shared.get(key);
      if (known && now() - known.at < SHARED_FOR_MS) return known.text;
      const text = readPart(db, eventId, decodeCursor(query.cursor), query.limit).then((part) => JSON.stringify(part));
      shared.delete(key);
      shared.set(key, { at: now(), text });
      text.catch(() => shared.delete(key));
      for (const oldest of shared.keys()) {
        if (shared.size <= SHARED_PARTS) break;
        shared.delete(oldest);
      }
      return text;
    },
    /** What nobody may see, or where there is none. */
    empty: (eventId: string): string =>
      JSON.stringify({
        eventId,
        revision: 0,
        nextCursor: null,
        ...toColumns([], []),
        bibs: {},
      } satisfies WallPart),
  };
}
