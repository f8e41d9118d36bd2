import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { hashPassword } from '#server/auth/better-auth.ts';
import type { TestApi } from '#test/api.ts';
import { checkEnd, countChanges } from './checks.ts';
import { type Device, startDevice } from './device.ts';
import type { ChaosPhoto, DeviceState } from './messages.ts';
import { createRandom } from './random.ts';

const DEVICES = 3;
const MINE = 5;
const SHARED = 3;
/** On average, between two things that a person does at one device. */
const STEP_SECONDS = 100;
const DAY_MS = 86_400_000;
/** By then even a busy machine has come to rest. Counted, not by the clock: a machine may stand still. */
const AGREEMENT_LOOKS = 600;
const PASSWORD = 'Right-Pass-2026';

export interface World {
  api: TestApi;
  devices: Device[];
  start: () => Promise<Device>;
  photographerId: string;
  passwordHash: string;
}

/** The real API and three devices, in threads unless other ones are given; reused by every seed. */
export async function openWorld(
  api: TestApi,
  start: () => Promise<Device> = () => startDevice(api.url),
  count = DEVICES,
): Promise<World> {
  await countChanges(api.db);
  const user = await api.db
    .insertInto('users')
    .values({ name: 'Photographer', email: `${randomUUID()}@example.test`, role: 'photographer' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const photographer = await api.db
    .insertInto('photographers')
    .values({ user_id: user.id, display_name: 'Photographer', slug: `p-${randomUUID()}` })
    .returning('id')
    .executeTakeFirstOrThrow();
  const devices = await Promise.all(Array.from({ length: count }, start));
  return { api, devices, start, photographerId: photographer.id, passwordHash: await hashPassword(PASSWORD) };
}

/** A person who can sign in. */
export async function makePerson({ api, passwordHash }: World, name: string) {
  const email = `${name}-${randomBytes(4).toString('hex')}@example.test`;
  const { id: userId } = await api.db
    .insertInto('users')
    .values({ email, name: 'Runner', role: 'customer', email_verified: true })
    .returning('id')
    .executeTakeFirstOrThrow();
  await api.db
    .insertInto('accounts')
    .values({ user_id: userId, account_id: userId, provider_id: 'credential', password: passwordHash })
    .execute();
  return { userId, email, password: PASSWORD };
}

export async function makeEvent(world: World, photos: number): Promise<{ eventId: string; photoIds: string[] }> {
  const { db } = world.api;
  const { id: eventId } = await db
    .insertInto('events')
    .values({
      name: 'งานวิ่ง',
      slug: `event-${randomBytes(6).toString('hex')}`,
      status: 'live',
      face_search_enabled: true,
      starts_at: new Date(),
      ends_at: new Date(),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const rows = Array.from({ length: photos }, () => ({
    event_id: eventId,
    photographer_id: world.photographerId,
    status: 'approved',
    approved_at: new Date(),
    sha256: randomBytes(32),
    file_name: 'IMG_1.JPG',
    content_type: 'image/jpeg',
    bytes: 1,
  }));
  const made = await db.insertInto('photos').values(rows).returning('id').execute();
  return { eventId, photoIds: made.map((row) => row.id) };
}

export interface PlayOptions {
  seed: number;
  /** Simulated minutes; a device does something every hundred seconds. */
  minutes: number;
  /** Share of requests that something happens to. */
  badness?: number;
}
export interface Played {
  seed: number;
  steps: number;
  requestsHit: number;
  orders: number;
  searches: number;
  faults: Record<string, number>;
}

/** One line: what was done, and what became of the requests. */
export function tellPlayed({ seed, steps, orders, searches, faults }: Played): string {
  const fates = Object.entries(faults).map(([name, count]) => `${name} ${count}`);
  return `seed ${seed}: ${steps} steps, ${orders} orders, ${searches} searches; requests: ${fates.join(', ')}`;
}

/**
 * An hour of one person with three devices, one of them with a clock that is a day wrong, on networks as bad as they come. Then the
 * networks heal, and everything has to agree: devices, server and what was tapped, each effect once. Throws with the seed.
 */
export async function play(world: World, { seed, minutes, badness = 0.3 }: PlayOptions): Promise<Played> {
  try {
    return await playOnce(world, seed, minutes, badness);
  } catch (error) {
    // What they hold in memory is not the next one's.
    for (const device of world.devices) await device.stop();
    world.devices = await Promise.all(world.devices.map(world.start));
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

async function playOnce(world: World, seed: number, minutes: number, badness: number): Promise<Played> {
  const { api, devices } = world;
  const random = createRandom(seed);
  const { userId, email, password } = await makePerson(world, `runner-${seed}`);

  // Each device has an event of its own for what must be exact; a few photos are fought over by all.
  const common = await makeEvent(world, SHARED);
  const shared = common.photoIds.map((id): ChaosPhoto => ({ id, eventId: common.eventId }));
  const own = await Promise.all(devices.map(() => makeEvent(world, MINE)));
  await Promise.all(
    devices.map((device, i) =>
      device.ask({
        do: 'begin',
        seed: random.int(2 ** 31),
        clockSkewMs: i === 2 ? random.pick([DAY_MS, -DAY_MS]) : 0,
        mine: own[i]!.photoIds.map((id) => ({ id, eventId: own[i]!.eventId })),
        shared,
        events: [own[i]!.eventId],
        badness,
      }),
    ),
  );
  await Promise.all(devices.map((device) => device.ask({ do: 'sign-in', email, password })));

  const steps = Math.round((minutes * 60) / STEP_SECONDS);
  await Promise.all(
    devices.map(async (device) => {
      for (let i = 0; i < steps; i++) await device.ask({ do: 'step', aheadMs: random.int(2_000 * STEP_SECONDS) });
    }),
  );
  // What only the answers' memory knew is lost: rows must know their own request.
  await sql`delete from idempotency_keys where owner = ${userId} and route in ('POST /api/orders', 'POST /api/face/search', 'POST /api/consents')`.execute(
    api.db,
  );
  await Promise.all(devices.map((device) => device.ask({ do: 'heal' })));
  const states = await agreement(world, userId);
  await checkEnd(api.db, { userId, states, own: own.map((each) => each.photoIds), shared: common.photoIds });
  for (const device of devices) await device.ask({ do: 'end' });

  const faults: Record<string, number> = {};
  for (const state of states)
    for (const [name, count] of Object.entries(state.faults)) faults[name] = (faults[name] ?? 0) + count;
  return {
    seed,
    steps: steps * devices.length,
    requestsHit: Object.values(faults).reduce((sum, count) => sum + count, 0),
    orders: states.reduce((sum, state) => sum + state.orders.length, 0),
    searches: states.reduce((sum, state) => sum + state.searches.length, 0),
    faults,
  };
}

/** Waits until nothing waits and every device shows the server's cart. */
export async function agreement(world: World, userId: string): Promise<DeviceState[]> {
  for (let looks = 1; ; looks += 1) {
    // A session that ended while there was no signal: the page says so now, and the person does as it says.
    await Promise.all(world.devices.map((device) => device.ask({ do: 'act', act: 'sign in' })));
    const states = await Promise.all(world.devices.map((device) => device.state()));
    const server = await serverCart(world, userId);
    const marked = await serverFavorites(world, userId);
    const apart = states.flatMap((state, i) => {
      if (state.userId !== userId) return [`device ${i} is not signed in`];
      if (state.waiting.length > 0) return [`device ${i} waits with ${JSON.stringify(state.waiting)}`];
      if (!state.isCartSent) return [`device ${i} has not sent its cart, ${state.trouble}`];
      if (JSON.stringify(state.cart) !== JSON.stringify(server))
        return [`device ${i} shows ${JSON.stringify(state.cart)}, the server ${JSON.stringify(server)}`];
      if (JSON.stringify(state.marked) !== JSON.stringify(marked))
        return [
          `device ${i} shows the favourites ${JSON.stringify(state.marked)}, the server ${JSON.stringify(marked)}`,
        ];
      return [];
    });
    if (apart.length === 0) return states;
    if (looks === AGREEMENT_LOOKS) assert.fail(`no agreement: ${apart.join('; ')}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function serverFavorites({ api }: World, userId: string): Promise<string[]> {
  const rows = await api.db
    .selectFrom('favorites')
    .select('photo_id')
    .where('user_id', '=', userId)
    .where('deleted_at', 'is', null)
    .execute();
  return rows.map((row) => row.photo_id).sort();
}

/** Photos in the person's cart at the server. */
export async function serverCart({ api }: World, userId: string): Promise<string[]> {
  const rows = await api.db
    .selectFrom('cart_items')
    .innerJoin('carts', 'carts.id', 'cart_items.cart_id')
    .select('cart_items.photo_id')
    .where('carts.user_id', '=', userId)
    .where('cart_items.deleted_at', 'is', null)
    .execute();
  return rows.map((row) => row.photo_id).sort();
}
