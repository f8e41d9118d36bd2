import { send } from './api.ts';
import { kvGet, kvSet } from './kv.ts';
import type { EventView, Page, Photo } from './types.ts';

/**
 * Events and photos as last seen. Pages show what is remembered at once and what the server says when it says it: `onValue`
 * may be called twice. Rejects only when there is neither.
 */
export async function seen<T>(key: string, load: () => Promise<T>, onValue: (value: T) => void): Promise<T> {
  let settled = false;
  const old = kvGet<T>('cache', key).then((value) => {
    if (value !== undefined && !settled) onValue(value);
    return value;
  });
  try {
    const fresh = await load();
    settled = true;
    onValue(fresh);
    void kvSet('cache', key, fresh);
    return fresh;
  } catch (error) {
    const remembered = await old;
    settled = true;
    if (remembered === undefined || !(error instanceof Error && 'isOffline' in error && error.isOffline)) throw error;
    return remembered;
  }
}

const memory = new Map<string, EventView>();

/** An event of this visit, without waiting. */
export const knownEvent = (idOrSlug: string): EventView | undefined => memory.get(idOrSlug);

export function rememberEvents(events: readonly EventView[]): void {
  for (const event of events) {
    memory.set(event.id, event);
    memory.set(event.slug, event);
  }
}

export const loadEvents = (onValue: (events: EventView[]) => void): Promise<EventView[]> =>
  seenEvents(onValue).catch(async (error: unknown) => {
    // Never on the list before, but the replica has it from another page's visit.
    const { storedEvents } = await import('./db/event-replica.ts');
    const stored = await storedEvents().catch(() => []);
    if (stored.length === 0) throw error;
    onValue(stored);
    return stored;
  });

const seenEvents = (onValue: (events: EventView[]) => void): Promise<EventView[]> =>
  seen(
    'events',
    async () => (await send<Page<EventView>>('GET', '/api/events', { query: { limit: 60 } })).items,
    (events) => {
      rememberEvents(events);
      onValue(events);
    },
  );

/** What is not among the events of the first answer: found by the server, remembered for this visit. */
export async function findEvents(wanted: string, when: 'all' | 'now' | 'upcoming' | 'past'): Promise<EventView[]> {
  const { items } = await send<Page<EventView>>('GET', '/api/events', {
    query: { limit: 60, q: wanted, when: when === 'past' ? 'past' : when === 'all' ? undefined : 'upcoming' },
  });
  rememberEvents(items);
  return items;
}

export const loadEvent = (slug: string, onValue: (event: EventView) => void): Promise<EventView> =>
  seen(
    `event:${slug}`,
    async () => {
      const event = await send<EventView>('GET', '/api/events/:id', { params: { id: slug } });
      // Asked for by its short address here, by its id from a cart or an order: both find it without signal.
      void kvSet('cache', `event:${slug === event.id ? event.slug : event.id}`, event);
      return event;
    },
    (event) => {
      rememberEvents([event]);
      onValue(event);
    },
  );

export const PHOTO_PAGE = 60;

export const loadFirstPhotos = (eventId: string, onValue: (page: Page<Photo>) => void): Promise<Page<Photo>> =>
  seen(`photos:${eventId}`, () => fetchPhotos(eventId, null), onValue);

export const fetchPhotos = (eventId: string, cursor: string | null): Promise<Page<Photo>> =>
  send('GET', '/api/events/:id/photos', { params: { id: eventId }, query: { limit: PHOTO_PAGE, cursor } });

/** Opens a closed event; the server remembers it in a cookie. */
export const unlockEvent = (slug: string, code: string): Promise<unknown> =>
  send('POST', '/api/events/:id/unlock', { params: { id: slug }, body: { code } });
