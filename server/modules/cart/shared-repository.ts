import { sql } from 'kysely';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';

export interface SharedCartRow {
  id: string;
  owner_id: string;
  name: string;
  expires_at: Date;
  revoked_at: Date | null;
  order_id: string | null;
  is_order_shared: boolean;
  /** Of the order that was placed from it last. */
  order_status: string | null;
  payer_id: string | null;
}
export interface SharedLine {
  id: string;
  photo_id: string;
  event_id: string;
  added_by: string | null;
  seen_price_satang: number | null;
  added_at: Date;
  is_selected: boolean;
}
export interface MemberRow {
  user_id: string;
  name: string;
}

const read = (db: DbOrTrx) =>
  db
    .selectFrom('shared_carts as s')
    .leftJoin('orders as o', 'o.id', 's.order_id')
    .select([
      's.id',
      's.owner_id',
      's.name',
      's.expires_at',
      's.revoked_at',
      's.order_id',
      's.is_order_shared',
      'o.status as order_status',
      'o.user_id as payer_id',
    ]);

export const findByHash = (db: DbOrTrx, hash: Buffer): Promise<SharedCartRow | undefined> =>
  read(db).where('s.token_hash', '=', hash).executeTakeFirst();
export const find = (db: DbOrTrx, id: string): Promise<SharedCartRow | undefined> =>
  read(db).where('s.id', '=', id).executeTakeFirst();
/** Whoever changes a shared cart starts here; the order's state is read after the lock. */
export async function lock(trx: Trx, id: string): Promise<void> {
  await trx.selectFrom('shared_carts').select('id').where('id', '=', id).forUpdate().execute();
}
export async function insert(
  trx: Trx,
  values: { id: string; owner_id: string; name: string; token_hash: Buffer; expires_at: Date },
): Promise<void> {
  await trx.insertInto('shared_carts').values(values).execute();
}
export async function update(
  trx: Trx,
  id: string,
  values: { revoked_at?: Date; order_id?: string | null; is_order_shared?: boolean },
): Promise<void> {
  const set = { ...values, updated_at: sql<Date>`now()` };
  await trx.updateTable('shared_carts').set(set).where('id', '=', id).execute();
}
export async function isOpenAt(db: DbOrTrx, userId: string, now: Date): Promise<number> {
  const row = await db
    .selectFrom('shared_carts')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('owner_id', '=', userId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

export const membersOf = (db: DbOrTrx, id: string): Promise<MemberRow[]> =>
  db
    .selectFrom('shared_cart_members')
    .select(['user_id', 'name'])
    .where('shared_cart_id', '=', id)
    .orderBy('joined_at')
    .orderBy('user_id')
    .execute();
/** A name that is not given leaves the one that is there. */
export async function putMember(trx: Trx, id: string, userId: string, name: string | undefined): Promise<void> {
  await trx
    .insertInto('shared_cart_members')
    .values({ shared_cart_id: id, user_id: userId, name: name ?? '' })
    .onConflict((c) =>
      name === undefined
        ? c.columns(['shared_cart_id', 'user_id']).doNothing()
        : c.columns(['shared_cart_id', 'user_id']).doUpdateSet({ name }),
    )
    .execute();
}

export const linesOf = async (db: DbOrTrx, id: string): Promise<SharedLine[]> => {
  const rows = await db
    .selectFrom('shared_cart_items')
    .select(['id', 'photo_id', 'event_id', 'added_by', 'seen_price_satang', 'added_at'])
    .where('shared_cart_id', '=', id)
    .where('removed_at', 'is', null)
    .orderBy('added_at')
    .orderBy('photo_id')
    .execute();
  return rows.map((row) => ({ ...row, is_selected: true }));
};
export async function insertLines(
  trx: Trx,
  id: string,
  userId: string,
  lines: readonly { photoId: string; eventId: string; seenPriceSatang: number | null }[],
): Promise<void> {
  if (lines.length === 0) return;
  await trx
    .insertInto('shared_cart_items')
    .values(
      lines.map((line) => ({
        shared_cart_id: id,
        photo_id: line.photoId,
        event_id: line.eventId,
        seen_price_satang: line.seenPriceSatang,
        added_by: userId,
      })),
    )
    .execute();
}
export async function removeLines(trx: Trx, id: string, userId: string, lineIds: readonly string[]): Promise<number> {
  const result = await trx
    .updateTable('shared_cart_items')
    .set({ removed_at: sql<Date>`now()`, removed_by: userId })
    .where('shared_cart_id', '=', id)
    .where('id', 'in', [...lineIds])
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

export const listFor = (db: DbOrTrx, userId: string, now: Date) =>
  read(db)
    .select([
      sql<number>`(select count(*)::int from shared_cart_items i where i.shared_cart_id = s.id and i.removed_at is null)`.as(
        'photos',
      ),
      sql<number>`(select count(*)::int from shared_cart_members m where m.shared_cart_id = s.id)`.as('members'),
    ])
    .where((eb) =>
      eb.or([
        eb('s.owner_id', '=', userId),
        eb('s.id', 'in', (e) =>
          e.selectFrom('shared_cart_members').select('shared_cart_id').where('user_id', '=', userId),
        ),
      ]),
    )
    .where('s.revoked_at', 'is', null)
    .where('s.expires_at', '>', now)
    .orderBy('s.created_at', 'desc')
    .orderBy('s.id')
    .limit(50)
    .execute();

/** At sign-in: what the guest made and joined is the account's. */
export async function joinGuest(trx: Trx, guestId: string, userId: string): Promise<void> {
  await trx.updateTable('shared_carts').set({ owner_id: userId }).where('owner_id', '=', guestId).execute();
  await trx.updateTable('shared_cart_items').set({ added_by: userId }).where('added_by', '=', guestId).execute();
  await sql`insert into shared_cart_members (shared_cart_id, user_id, name, joined_at)
    select shared_cart_id, ${userId}, name, joined_at from shared_cart_members where user_id = ${guestId}
    on conflict (shared_cart_id, user_id) do nothing`.execute(trx);
  await trx.deleteFrom('shared_cart_members').where('user_id', '=', guestId).execute();
}
