import { type RawBuilder, sql } from 'kysely';
import type { RevenueFigures } from '#contracts/http/revenue.ts';
import type { Db } from '#server/platform/db.ts';

/** Bangkok days, inclusive, as YYYY-MM-DD. */
export interface Range {
  from: string;
  to: string;
}
const dayMs = 86_400_000;
const inBangkok = (at: Date): string => new Date(at.getTime() + 7 * 3_600_000).toISOString();
/** YYYY-MM-DD */
export const bangkokDay = (at: Date): string => inBangkok(at).slice(0, 10);
/** HH:MM */
export const bangkokTime = (at: Date): string => inBangkok(at).slice(11, 16);
export function rangeOf(query: { from?: string | undefined; to?: string | undefined }, now: Date): Range {
  const to = query.to ?? bangkokDay(now);
  return { from: query.from ?? bangkokDay(new Date(Date.parse(`${to}T00:00:00+07:00`) - 29 * dayMs)), to };
}
export interface Filter {
  eventId?: string | undefined;
  photographerId?: string | undefined;
  organizerId?: string | undefined;
}

interface FiguresRow {
  key: string | null;
  photographer: number;
  organizer: number;
  platform: number;
  vat: number;
  extra: number;
  refunded: number;
  orders: number;
  photos: number;
}
const emptyFigures: RevenueFigures = {
  grossSatang: 0,
  photographerSatang: 0,
  organizerSatang: 0,
  platformSatang: 0,
  vatSatang: 0,
  satangExtra: 0,
  refundedSatang: 0,
  orders: 0,
  photos: 0,
};
const toFigures = (row: FiguresRow | undefined): RevenueFigures =>
  row
    ? {
        grossSatang: row.photographer + row.organizer + row.platform + row.vat + row.extra,
        photographerSatang: row.photographer,
        organizerSatang: row.organizer,
        platformSatang: row.platform,
        vatSatang: row.vat,
        satangExtra: row.extra,
        refundedSatang: row.refunded,
        orders: row.orders,
        photos: row.photos,
      }
    : { ...emptyFigures };

const bangkokDate = sql<string>`to_char(t.occurred_at at time zone 'Asia/Bangkok', 'YYYY-MM-DD')`;

/** Sales and refunds of the range, by any key. Credits of revenue and payables are positive here. */
function figuresBy(db: Db, range: Range, key: RawBuilder<string | null>, filter: Filter = {}) {
  const credit = (condition: RawBuilder<boolean>) =>
    sql`coalesce(-sum(p.amount_satang) filter (where ${condition}), 0)::bigint`;
  return sql<FiguresRow>`
    select ${key} as key,
      ${credit(sql`a.photographer_id is not null`)} as photographer,
      ${credit(sql`a.organizer_id is not null`)} as organizer,
      ${credit(sql`a.code = 'platform_revenue'`)} as platform,
      ${credit(sql`a.code = 'vat_output'`)} as vat,
      ${credit(sql`a.code = 'satang_extra'`)} as extra,
      coalesce(sum(p.amount_satang) filter (where t.kind = 'refund'), 0)::bigint as refunded,
      count(distinct t.order_id) filter (where t.kind = 'sale')::int as orders,
      count(distinct p.order_item_id) filter (where t.kind = 'sale')::int as photos
    from ledger_postings p
    join ledger_transactions t on t.id = p.transaction_id
    join ledger_accounts a on a.id = p.account_id
    where t.kind in ('sale', 'refund') and a.code not in ('gateway_clearing', 'suspense', 'refunds_payable')
      and t.occurred_at >= (${range.from}::date)::timestamp at time zone 'Asia/Bangkok'
      and t.occurred_at < (${range.to}::date + 1)::timestamp at time zone 'Asia/Bangkok'
      ${filter.eventId ? sql`and p.event_id = ${filter.eventId}` : sql``}
      ${filter.photographerId ? sql`and a.photographer_id = ${filter.photographerId}` : sql``}
      ${filter.organizerId ? sql`and a.organizer_id = ${filter.organizerId}` : sql``}
    group by 1 order by 1`
    .execute(db)
    .then((result) => result.rows);
}

export const totals = async (db: Db, range: Range, filter?: Filter): Promise<RevenueFigures> =>
  toFigures((await figuresBy(db, range, sql`null::text`, filter))[0]);

export const byDay = async (db: Db, range: Range, filter?: Filter) =>
  (await figuresBy(db, range, bangkokDate, filter)).map((row) => ({ day: row.key!, ...toFigures(row) }));

export async function byEvent(db: Db, range: Range, filter?: Filter) {
  const rows = (await figuresBy(db, range, sql`p.event_id::text`, filter)).filter((row) => row.key !== null);
  const names = await nameMap(db, 'events', 'name', rows);
  const namesEn = await nameMap(db, 'events', 'name_en', rows);
  const list = rows.map((row) => ({
    eventId: row.key!,
    eventName: names.get(row.key!) ?? '',
    eventNameEn: namesEn.get(row.key!) ?? null,
    ...toFigures(row),
  }));
  return list.sort((a, b) => b.grossSatang - a.grossSatang);
}

export async function byPhotographer(db: Db, range: Range, filter?: Filter) {
  const rows = (await figuresBy(db, range, sql`a.photographer_id::text`, filter)).filter((row) => row.key !== null);
  const names = await nameMap(db, 'photographers', 'display_name', rows);
  return rows
    .map((row) => ({
      photographerId: row.key!,
      displayName: names.get(row.key!) ?? '',
      earnedSatang: row.photographer,
      photos: row.photos,
    }))
    .sort((a, b) => b.earnedSatang - a.earnedSatang);
}

async function nameMap(db: Db, table: 'events' | 'photographers', column: string, rows: readonly FiguresRow[]) {
  const ids = rows.map((row) => row.key!);
  if (ids.length === 0) return new Map<string, string | null>();
  const found = await sql<{ id: string; name: string | null }>`
    select id::text as id, ${sql.ref(column)} as name from ${sql.table(table)} where id = any(${ids}::uuid[])`.execute(
    db,
  );
  return new Map(found.rows.map((row) => [row.id, row.name]));
}

/** Every house account's balance and the sums of what is owed to people; all together they are 0. */
export async function balances(db: Db): Promise<{ code: string; kind: string; balanceSatang: number }[]> {
  const { rows } = await sql<{ code: string; kind: string; balance: number }>`
    select case when a.photographer_id is not null then 'payable_photographers'
                when a.organizer_id is not null then 'payable_organizers' else a.code end as code,
      min(a.kind) as kind, coalesce(sum(p.amount_satang), 0)::bigint as balance
    from ledger_accounts a left join ledger_postings p on p.account_id = a.id group by 1 order by 1`.execute(db);
  return rows.map((row) => ({ code: row.code, kind: row.kind, balanceSatang: row.balance }));
}
