import { faceApiDescriptor } from '#contracts/descriptors.data.ts';
import type { Plan } from './fates.ts';
import type { Act, ChaosPhoto, Command, DeviceState } from './messages.ts';
import { createRandom, type Random } from './random.ts';

/** What is around the app on a device: in a thread made up, in a browser real but for clock and speed. */
export interface Around {
  clock: { aheadMs: number };
  /** The page is looked at, or not. */
  show(state: 'visible' | 'hidden'): void;
  window: EventTarget;
}

/** The line between this device and the server. */
export interface Line {
  weather: { isOffline: boolean; badness: number };
  /** The weather changed. */
  changed(): Promise<void> | void;
  /** Anew, with the fates of this seed. */
  reset(seed: number): Promise<void> | void;
  /** The next such request meets that fate. */
  plan(plan: Plan): Promise<void> | void;
  /** What happened to requests so far. */
  counts(): Promise<Record<string, number>> | Record<string, number>;
  /** Resolves when copies that are still under way have arrived. */
  settled(): Promise<void>;
}

/**
 * One device of one person: the app's own data layer on a bad network. Acts when asked, says what was tapped. Resolves when the app's modules
 * are loaded, which must not be before its surroundings are made. `log` hears what is done.
 */
export async function startActor(
  around: Around,
  line: Line,
  log: (text: string) => void = () => undefined,
): Promise<(command: Command) => Promise<unknown>> {
  const randomNow = { current: createRandom(1) };
  const random: Random = {
    next: () => randomNow.current.next(),
    chance: (p) => randomNow.current.chance(p),
    int: (below) => randomNow.current.int(below),
    pick: (from) => randomNow.current.pick(from),
  };
  const { lang, loadTexts } = await import('#pwa/i18n/i18n.ts');
  await loadTexts(lang.value);
  const cartModule = await import('#pwa/context/cart.ts');
  const favorites = await import('#pwa/context/favorites.ts');
  const ordering = await import('#pwa/context/ordering.ts');
  const outbox = await import('#pwa/data/outbox.ts');
  const searches = await import('#pwa/data/searches.ts');
  const consents = await import('#pwa/data/consents.ts');
  const profile = await import('#pwa/data/profile.ts');
  const sessionModule = await import('#pwa/data/session.ts');
  const connectivity = await import('#pwa/data/connectivity.ts');
  const { api } = await import('#pwa/data/api.ts');
  const { signOut } = await import('#pwa/features/auth/sign-out.ts');
  const { kvProbe } = await import('#pwa/data/kv.ts');

  const fresh = (): Omit<
    DeviceState,
    'userId' | 'waiting' | 'isCartSent' | 'trouble' | 'cart' | 'marked' | 'faults'
  > => ({
    steps: {},
    taps: {},
    marks: {},
    times: {},
    orders: [],
    searches: [],
    verdicts: {},
    names: [],
    outcomes: {},
    takenBack: [],
  });
  let told = fresh();
  let mine: ChaosPhoto[] = [];
  let shared: ChaosPhoto[] = [];
  let events: string[] = [];
  let credentials: { email: string; password: string } | null = null;
  let searchIds = new Map<string, string>();
  /** Events where whoever is here has asked for a search that they can take back. */
  let searched = new Set<string>();
  let badness = 0;

  outbox.onSettled((effect, result) => {
    log(`${effect.kind} ${result.ok ? 'ok' : result.problem.code}`);
    told.outcomes[effect.id] = { kind: effect.kind, code: result.ok ? 'ok' : result.problem.code };
    if (effect.kind === 'search' && result.ok)
      searchIds.set(effect.about!.eventId!, (result.body as { id: string }).id);
    return false;
  });
  ordering.watchOrders((answer) => {
    if (answer.ok) for (const { photoId } of answer.order.items) told.taps[photoId] = 'out';
  });
  profile.watchProfile();
  connectivity.watchConnectivity();
  outbox.startOutbox();
  cartModule.startCart();
  favorites.startFavorites();

  const picture = ({ id, eventId }: ChaosPhoto) => ({
    id,
    eventId,
    width: 3,
    height: 2,
    thumbnails: { small: '', medium: '', large: '' },
    focus: null,
    placeholderColor: null,
    priceSatang: null,
  });
  const count = (what: string): void => {
    told.times[what] = (told.times[what] ?? 0) + 1;
  };
  const isAccount = (): boolean => sessionModule.accountUser() !== null;

  /** `timeoutMs`: on a good line a busy machine is waited for, each attempt costs it a hash. */
  async function signIn(timeoutMs?: number): Promise<void> {
    if (isAccount() || !credentials) return;
    const body = credentials;
    const user = await sessionModule
      .signIn(() => api('POST /api/auth/login', { body, ...(timeoutMs && { timeoutMs }) }))
      .catch((error: unknown) => log(String(error)));
    if (user) for (const search of told.searches) search.by = 'account';
    log(user ? 'signed in' : 'not signed in');
  }

  const steps: Record<string, () => unknown> = {
    tap() {
      const photo = random.chance(0.8) ? random.pick(mine) : random.pick(shared);
      if (cartModule.heldPhotoIds().has(photo.id)) return;
      const isIn = cartModule.isInCart(photo.id);
      // A guest's own cart is another one until the sign-in: there one only puts in what the account has not.
      if (!isAccount() && (isIn || told.taps[photo.id] === 'in' || !mine.includes(photo))) return;
      cartModule.toggleInCart(picture(photo));
      told.taps[photo.id] = isIn ? 'out' : 'in';
      count(`cart_items ${isIn ? 'out' : 'in'} ${photo.id}`);
      log(`${isIn ? 'out' : 'in'} ${photo.id}`);
    },
    mark() {
      const photo = random.chance(0.7) ? random.pick(mine) : random.pick(shared);
      if (!isAccount()) return;
      favorites.toggleFavorite({ ...picture(photo), takenAt: null, previewUrl: '', thumbHash: null });
      const isMarked = favorites.isFavorite(photo.id);
      told.marks[photo.id] = isMarked;
      count(`favorites ${isMarked ? 'in' : 'out'} ${photo.id}`);
      log(`${isMarked ? 'mark' : 'unmark'} ${photo.id}`);
    },
    async order() {
      if (!isAccount()) return;
      const own = new Set(mine.map(({ id }) => id));
      const photoIds = cartModule.cart.value.lines.map(({ photoId }) => photoId).filter((id) => own.has(id));
      if (photoIds.length === 0) return;
      const before = new Set(outbox.waiting.value.map(({ id }) => id));
      const known = new Set([...Object.keys(told.outcomes), ...before]);
      await ordering.requestOrder({ photoIds }, (answer) => {
        if (answer.ok) for (const { photoId } of answer.order.items) told.taps[photoId] = 'out';
      });
      const all = [...outbox.waiting.value.map(({ id, kind }) => ({ id, kind }))];
      const ended = Object.entries(told.outcomes).map(([id, { kind }]) => ({ id, kind }));
      const effect = [...all, ...ended].find(({ id, kind }) => kind === 'order' && !known.has(id));
      log(`order ${photoIds}`);
      if (effect) told.orders.push({ effectId: effect.id, photoIds: [...photoIds].sort() });
    },
    async search() {
      const eventId = random.pick(events);
      const descriptor = Array.from({ length: 128 }, () => random.next() - 0.5);
      const length = Math.hypot(...descriptor);
      const effect = (await searches.queueSearch(
        { id: eventId, slug: eventId },
        { engine: faceApiDescriptor.id, descriptor: descriptor.map((value) => value / length), frames: 1 },
        { grant: consents.consentGrant(eventId), key: crypto.randomUUID() },
      )) as { id: string };
      told.searches.push({ effectId: effect.id, eventId, by: isAccount() ? 'account' : 'guest', end: 'kept' });
      searched.add(eventId);
      log(`search ${effect.id}`);
    },
    async withdraw() {
      const eventId = random.pick(events);
      if (!searched.delete(eventId)) return;
      const queued = outbox.waiting.value.filter(({ about }) => about?.eventId === eventId);
      // Taken back with the consent; whether they had arrived, nobody can say.
      for (const { kind, about } of queued) if (kind === 'feedback') told.verdicts[about!.photoId!] = 'either';
      for (const search of told.searches)
        if (search.eventId === eventId && search.end !== 'withdrawn')
          search.end = search.by === 'guest' || isAccount() ? 'withdrawn' : 'either';
      searchIds.delete(eventId);
      log(`withdraw ${queued.map(({ id }) => id)}`);
      await searches.withdrawSearch(eventId);
      told.takenBack.push(...queued.map(({ id }) => id));
    },
    async verdict() {
      const photo = random.pick(mine);
      const searchId = searchIds.get(photo.eventId);
      if (!searchId) return;
      const verdict = random.pick(['me', 'not_me'] as const);
      told.verdicts[photo.id] = verdict;
      await searches.giveVerdict(photo.id, verdict, { searchId, eventId: photo.eventId });
    },
    async rename() {
      if (!isAccount()) return;
      const name = `Name ${random.int(1e6)}`;
      told.names.push(name);
      await Promise.race([profile.changeProfile({ name }).catch(() => undefined), pause(30)]);
    },
    async 'sign out'() {
      if (!isAccount() || !random.chance(0.5)) return;
      await signOut();
      log(isAccount() ? 'not signed out' : 'signed out');
      if (!isAccount()) {
        searchIds = new Map();
        searched = new Set();
        if (random.chance(0.5)) await signIn();
      }
    },
    'sign in': () => signIn(),
    async signal() {
      const { weather } = line;
      weather.isOffline = !weather.isOffline && random.chance(0.6);
      await line.changed();
      log(weather.isOffline ? 'offline' : 'online');
      if (random.chance(0.5)) around.window.dispatchEvent(new Event(weather.isOffline ? 'offline' : 'online'));
    },
    async look() {
      around.show('hidden');
      await pause(random.int(10));
      around.show('visible');
      await kvProbe();
    },
  };
  const likely = [
    ...Array<string>(15).fill('tap'),
    ...Array<string>(6).fill('mark'),
    ...['order', 'order', 'search', 'search', 'withdraw', 'verdict', 'verdict', 'verdict', 'rename'],
    ...['sign out', 'sign in', 'sign in', 'sign in', 'signal', 'signal', 'signal', 'look', 'look'],
  ];

  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20)));

  async function step(aheadMs: number): Promise<void> {
    around.clock.aheadMs += aheadMs;
    const name = random.pick(likely);
    told.steps[name] = (told.steps[name] ?? 0) + 1;
    await steps[name]!();
    await pause(random.int(12));
  }

  const acts: Record<Act, (photo: ChaosPhoto) => unknown> = {
    tap: (photo) => cartModule.toggleInCart(picture(photo)),
    mark: (photo) => favorites.toggleFavorite({ ...picture(photo), takenAt: null, previewUrl: '', thumbHash: null }),
    order: steps.order!,
    search: steps.search!,
    'sign in': () => signIn(60_000),
    'sign out': () => signOut({ evenUnsent: true }),
    offline: () => turn(true),
    online: () => turn(false),
    hide: () => around.show('hidden'),
    show: () => around.show('visible'),
  };
  async function turn(isOffline: boolean): Promise<void> {
    line.weather.isOffline = isOffline;
    await line.changed();
    connectivity.online.set(!isOffline);
  }

  async function calm(): Promise<void> {
    Object.assign(line.weather, { isOffline: false, badness: 0 });
    await line.changed();
  }

  async function handle(command: Command): Promise<unknown> {
    switch (command.do) {
      case 'begin':
        randomNow.current = createRandom(command.seed);
        told = fresh();
        ({ mine, shared, events, badness } = command);
        around.clock.aheadMs = command.clockSkewMs;
        searchIds = new Map();
        searched = new Set();
        await line.reset(command.seed);
        await calm();
        return undefined;
      case 'sign-in': {
        const { email, password } = command;
        credentials = { email, password };
        await until(async () => {
          await signIn(60_000);
          return isAccount();
        });
        line.weather.badness = badness;
        await line.changed();
        return undefined;
      }
      case 'step':
        return step(command.aheadMs);
      case 'act':
        return acts[command.act](command.photo ?? mine[0]!);
      case 'plan':
        return line.plan(command.plan);
      case 'heal':
        await calm();
        await line.settled();
        await until(async () => {
          await signIn(60_000);
          return isAccount();
        });
        around.show('visible');
        around.window.dispatchEvent(new Event('online'));
        outbox.retryNow();
        return undefined;
      case 'state': {
        await outbox.refreshWaiting();
        const waiting = outbox.waiting.value.map(({ id, kind, failures = 0 }) => ({ id, kind, failures }));
        if (waiting.length > 0) outbox.retryNow();
        const state: DeviceState = {
          ...told,
          faults: { ...(await line.counts()) },
          userId: sessionModule.session.value.user?.id ?? null,
          waiting,
          trouble: JSON.stringify({
            cart: JSON.parse(localStorage.getItem('px.cart') ?? '{}').pending,
            online: connectivity.online.value,
            looked: document.visibilityState,
          }),
          isCartSent: !cartModule.cartUnsent.value,
          marked: favorites.favorites.value.marks.map(({ photoId }) => photoId).sort(),
          cart: cartModule.cart.value.lines.map(({ photoId }) => photoId).sort(),
        };
        return state;
      }
      case 'end':
        await calm();
        await signOut({ evenUnsent: true });
        return undefined;
    }
  }

  async function until(look: () => Promise<boolean>): Promise<void> {
    for (let i = 0; i < 1_500; i++) {
      if (await look()) return;
      await pause(20);
    }
    throw new Error('waited in vain');
  }

  return handle;
}
