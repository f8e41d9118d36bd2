import { sql } from 'kysely';
import type { DbOrTrx } from '#server/platform/db.ts';

export interface PackageRow {
  id: string;
  kind: 'single' | 'bundle' | 'unlimited';
  name_th: string;
  name_en: string;
  photo_count: number | null;
  price_satang: number;
  is_global: boolean;
  is_active: boolean;
  sort_order: number;
}
export interface OfferRow extends PackageRow {
  event_id: string;
  /** The event's own price, else the package's. */
  event_price_satang: number;
}

const columns = [
  'id',
  'kind',
  'name_th',
  'name_en',
  'photo_count',
  'price_satang',
  'is_global',
  'is_active',
  'sort_order',
] as const;

export async function listGlobal(db: DbOrTrx, all: boolean): Promise<PackageRow[]> {
  const query = db
    .selectFrom('packages')
    .select(columns)
    .where('deleted_at', 'is', null)
    .$if(!all, (q) => q.where('is_active', '=', true).where('is_global', '=', true))
    .orderBy('sort_order')
    .orderBy('id');
  return (await query.execute()) as PackageRow[];
}

export async function find(db: DbOrTrx, id: string): Promise<PackageRow | undefined> {
  const query = db.selectFrom('packages').select(columns).where('id', '=', id).where('deleted_at', 'is', null);
  return (await query.executeTakeFirst()) as PackageRow | undefined;
}

/**
 * What the events offer: every global package unless switched off there, and those made for the event. `all` adds the
 * inactive ones.
 */
export async function listOffers(db: DbOrTrx, eventIds: readonly string[], all = false): Promise<OfferRow[]> {
  if (eventIds.length === 0) return [];
  const rows = await db
    .selectFrom('events')
    .innerJoin('packages', (join) => join.on(sql<boolean>`packages.deleted_at is null`))
    .leftJoin('event_packages', (join) =>
      join.onRef('event_packages.event_id', '=', 'events.id').onRef('event_packages.package_id', '=', 'packages.id'),
    )
    .select([
      'events.id as event_id',
      'packages.id',
      'packages.kind',
      'packages.name_th',
      'packages.name_en',
      'packages.photo_count',
      'packages.price_satang',
      'packages.is_global',
      sql<boolean>`packages.is_active and coalesce(event_packages.is_active, true)`.as('is_active'),
      sql<number>`coalesce(event_packages.sort_order, packages.sort_order)`.as('sort_order'),
      sql<number>`coalesce(event_packages.price_satang, packages.price_satang)`.as('event_price_satang'),
    ])
    .where('events.id', 'in', [...eventIds])
    .where((eb) => eb.or([eb('packages.is_global', '=', true), eb('event_packages.event_id', 'is not', null)]))
    .orderBy('sort_order')
    .orderBy('packages.id')
    .execute();
  return (rows as OfferRow[]).filter((row) => all || row.is_active);
}

export async function insert(db: DbOrTrx, row: Omit<PackageRow, 'id'>): Promise<PackageRow> {
  return (await db.insertInto('packages').values(row).returning(columns).executeTakeFirstOrThrow()) as PackageRow;
}

export async function update(db: DbOrTrx, id: string, row: Partial<Omit<PackageRow, 'id'>>): Promise<PackageRow> {
  const query = db.updateTable('packages').set({ ...row, updated_at: sql<Date>`now()` });
  return (await query.where('id', '=', id).returning(columns).executeTakeFirstOrThrow()) as PackageRow;
}

export async function isSold(db: DbOrTrx, id: string): Promise<boolean> {
  const row = await db.selectFrom('order_items').select('id').where('package_id', '=', id).limit(1).executeTakeFirst();
  return row !== undefined;
}

export async function remove(db: DbOrTrx, id: string): Promise<void> {
  await db
    .updateTable('packages')
    .set({ deleted_at: sql<Date>`now()`, is_active: false })
    .where('id', '=', id)
    .execute();
}

export async function offerAtEvent(
  db: DbOrTrx,
  offer: { event_id: string; package_id: string; price_satang: number | null; is_active: boolean; sort_order: number },
): Promise<void> {
  const { price_satang, is_active, sort_order } = offer;
  await db
    .insertInto('event_packages')
    .values(offer)
    .onConflict((c) => c.columns(['event_id', 'package_id']).doUpdateSet({ price_satang, is_active, sort_order }))
    .execute();
}
