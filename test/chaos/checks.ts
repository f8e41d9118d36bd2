import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { Db } from '#server/platform/db.ts';
import type { DeviceState } from './messages.ts';

interface End {
  userId: string;
  states: readonly DeviceState[];
  /** Photos that one device alone touched, by device. */
  own: readonly string[][];
  shared: readonly string[];
}

/** From now on the database writes down each time a photo went into or out of a cart or the favourites. */
export async function countChanges(db: Db): Promise<void> {
  await sql`create table chaos_changes (n serial, list text, user_id uuid, photo_id uuid, is_in boolean)`.execute(db);
  await sql`create function chaos_note() returns trigger language plpgsql as $$
    declare owner uuid;
    begin
      if tg_op = 'UPDATE' and (old.deleted_at is null) = (new.deleted_at is null) then return new; end if;
      if tg_table_name = 'favorites' then owner := (to_jsonb(new)->>'user_id')::uuid;
      else select user_id into owner from carts where id = (to_jsonb(new)->>'cart_id')::uuid; end if;
      insert into chaos_changes (list, user_id, photo_id, is_in) values (tg_table_name, owner, new.photo_id, new.deleted_at is null);
      return new;
    end $$`.execute(db);
  for (const list of ['cart_items', 'favorites'])
    await sql`create trigger chaos after insert or update on ${sql.table(list)} for each row execute function chaos_note()`.execute(
      db,
    );
}

/** A tap moves its photo once at most: nothing that was lost, repeated or late made it move again. */
async function checkChanges(db: Db, { userId, states }: End): Promise<void> {
  const { rows } = await sql<{ list: 'cart_items' | 'favorites'; photo_id: string; is_in: boolean; times: number }>`
    select list, photo_id, is_in, count(*)::int as times from chaos_changes where user_id = ${userId} group by 1, 2, 3`.execute(
    db,
  );
  for (const { list, photo_id: photoId, is_in: isIn, times } of rows) {
    const direction = isIn ? 'in' : 'out';
    const tapped = states.reduce((sum, state) => sum + (state.times[`${list} ${direction} ${photoId}`] ?? 0), 0);
    // An order takes its photos out of the cart.
    const ordered = states.flatMap(({ orders, outcomes }) =>
      orders.filter((order) => outcomes[order.effectId]?.code === 'ok' && order.photoIds.includes(photoId)),
    );
    const most = tapped + (list === 'cart_items' && !isIn ? ordered.length : 0);
    if (times > most)
      assert.fail(
        `${list}: ${photoId} was tapped ${direction} ${most} times and went ${times} times: ${await historyOf(db, { list, photoId, userId, states })}`,
      );
  }
}

/** What happened to one photo in the database, in order, and what each device tapped. */
async function historyOf(
  db: Db,
  { list, photoId, userId, states }: { list: string; photoId: string; userId: string; states: readonly DeviceState[] },
): Promise<string> {
  const { rows } = await sql<{ is_in: boolean }>`
    select is_in from chaos_changes where user_id = ${userId} and list = ${list} and photo_id = ${photoId} order by n`.execute(
    db,
  );
  const tapped = states.map((state) => {
    const times = Object.entries(state.times).filter(([key]) => key.startsWith(list) && key.endsWith(photoId));
    const orders = state.orders.filter((order) => order.photoIds.includes(photoId));
    return { times: Object.fromEntries(times), orders: orders.map(({ effectId }) => state.outcomes[effectId]?.code) };
  });
  return `${rows.map(({ is_in }) => (is_in ? 'in' : 'out')).join(', ')}; devices ${JSON.stringify(tapped)}`;
}

/** Each effect once, counted in the database; and the end is what was tapped. */
export async function checkEnd(db: Db, end: End): Promise<void> {
  checkCart(end);
  checkFavorites(end);
  await checkChanges(db, end);
  await checkOrders(db, end);
  await checkSearches(db, end);
  await checkVerdicts(db, end);
  await checkName(db, end);
}

function checkCart({ states, own, shared }: End): void {
  const cart = new Set(states[0]!.cart);
  for (const [i, photoIds] of own.entries())
    for (const photoId of photoIds) {
      const wanted = states[i]!.taps[photoId] === 'in';
      assert.equal(
        cart.has(photoId),
        wanted,
        `photo ${photoId} of device ${i} ${wanted ? 'should be' : 'is'} in the cart`,
      );
    }
  // What several devices changed at once goes one way or the other, but never a way that nobody chose.
  for (const photoId of shared) {
    const words = states.map((state) => state.taps[photoId]).filter((word) => word !== undefined);
    const isIn = cart.has(photoId);
    assert.ok(isIn ? words.includes('in') : words.length === 0 || words.includes('out'), `shared photo ${photoId}`);
  }
}

function checkFavorites({ states, own, shared }: End): void {
  const marked = new Set(states[0]!.marked);
  for (const [i, photoIds] of own.entries())
    for (const photoId of photoIds)
      assert.equal(marked.has(photoId), states[i]!.marks[photoId] ?? false, `favourite ${photoId} of device ${i}`);
  for (const photoId of shared) {
    const words = states.map((state) => state.marks[photoId]).filter((word) => word !== undefined);
    assert.ok(
      marked.has(photoId) ? words.includes(true) : words.length === 0 || words.includes(false),
      `shared favourite ${photoId}`,
    );
  }
}

async function checkOrders(db: Db, { userId, states }: End): Promise<void> {
  const orders = await db.selectFrom('orders').select(['id', 'request_key']).where('user_id', '=', userId).execute();
  const items = await db
    .selectFrom('order_items')
    .innerJoin('orders', 'orders.id', 'order_items.order_id')
    .select(['order_items.order_id', 'order_items.photo_id'])
    .where('orders.user_id', '=', userId)
    .execute();
  const tapped = states.flatMap((state) =>
    state.orders.map((order) => ({ ...order, end: state.outcomes[order.effectId] })),
  );
  const placed = tapped.filter(({ end }) => end?.code === 'ok');
  assert.deepEqual(
    tapped.filter(({ end }) => !end).map(({ effectId }) => effectId),
    [],
    'orders that nothing was heard of',
  );
  assert.equal(
    orders.length,
    placed.length,
    `${placed.length} orders were tapped and accepted, ${orders.length} stand`,
  );
  for (const { effectId, photoIds } of placed) {
    const mine = orders.filter((order) => order.request_key === effectId);
    assert.equal(mine.length, 1, `order ${effectId} stands ${mine.length} times`);
    const bought = items.filter((item) => item.order_id === mine[0]!.id).map((item) => item.photo_id);
    assert.deepEqual(bought.sort(), photoIds, `photos of order ${effectId}`);
  }
}

async function checkSearches(db: Db, { userId, states }: End): Promise<void> {
  const rows = await db
    .selectFrom('face_searches')
    .select(['id', 'request_key', 'event_id', 'descriptor', 'status'])
    .where('user_id', '=', userId)
    .execute();
  const tapped = states.flatMap((state) => state.searches.map((search) => ({ ...search, state })));
  const known = new Set(tapped.map(({ effectId }) => effectId));
  assert.deepEqual(
    rows.filter((row) => !known.has(row.request_key ?? '')),
    [],
    'searches that nobody asked for',
  );
  for (const { effectId, state } of tapped) {
    const count = rows.filter((row) => row.request_key === effectId).length;
    const outcome = state.outcomes[effectId]?.code;
    if (outcome === 'ok') assert.equal(count, 1, `search ${effectId} stands ${count} times`);
    else if (outcome) assert.equal(count, 0, `search ${effectId} was refused (${outcome}) and stands`);
    else assert.ok(state.takenBack.includes(effectId) && count <= 1, `search ${effectId} was lost`);
  }
  for (const { effectId, end, state } of tapped) {
    const row = rows.find((each) => each.request_key === effectId);
    const outcome = state.outcomes[effectId]?.code;
    if (end === 'withdrawn') assert.ok(!row?.descriptor, `search ${effectId} outlived the withdrawal`);
    else if (end === 'kept') assert.ok(row?.descriptor, `search ${effectId} is gone: ${outcome}, ${row?.status}`);
  }
  for (const eventId of new Set(tapped.map((search) => search.eventId))) {
    const asked = tapped.filter((search) => search.eventId === eventId);
    const granted = await grantedConsents(db, userId, eventId);
    const alive = granted.filter(({ withdrawnBy }) => withdrawnBy === null).length;
    const most = asked.filter(({ end }) => end !== 'withdrawn').length;
    assert.ok(alive <= most, `${alive} consents to ${eventId} live, ${most} may: one outlived the withdrawal`);
    assert.ok(granted.length <= asked.length, `${asked.length} consents were given, ${granted.length} stand`);
  }
}

const grantedConsents = (db: Db, userId: string, eventId: string) =>
  db
    .selectFrom('consents as c')
    .leftJoin('consents as w', 'w.withdraws_id', 'c.id')
    .select(['c.id', 'w.id as withdrawnBy'])
    .where('c.user_id', '=', userId)
    .where('c.event_id', '=', eventId)
    .where('c.action', '=', 'granted')
    .execute();

async function checkVerdicts(db: Db, { userId, states }: End): Promise<void> {
  const rows = await db
    .selectFrom('face_feedback')
    .select(['photo_id', 'verdict'])
    .where('user_id', '=', userId)
    .execute();
  const wanted = Object.assign({}, ...states.map((state) => state.verdicts)) as Record<string, string>;
  const found = Object.fromEntries(rows.map((row) => [row.photo_id, row.verdict]));
  for (const [photoId, verdict] of Object.entries(wanted))
    if (verdict === 'either') {
      delete wanted[photoId];
      delete found[photoId];
    }
  assert.deepEqual(found, wanted, 'answers about photos');
}

async function checkName(db: Db, { userId, states }: End): Promise<void> {
  const { name } = await db.selectFrom('users').select('name').where('id', '=', userId).executeTakeFirstOrThrow();
  const last = states.flatMap((state) => state.names.at(-1) ?? []);
  assert.ok(last.length === 0 ? name === 'Runner' : last.includes(name), `the name is ${name}, last were ${last}`);
}
