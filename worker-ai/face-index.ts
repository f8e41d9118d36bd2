import { builtInCatalogue, type DescriptorCatalogue } from '#contracts/descriptors.ts';
import type { EngineId } from '#contracts/pipeline.ts';
import { Arena } from '#face/search/arena.ts';
import type { Calibration, SearchHit } from '#face/search.ts';
import type { Db } from '#server/platform/db.ts';
import type { Listener } from '#server/platform/listener.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import { scopes } from '#server/platform/sync-revision.ts';
import {
  type EventFaces,
  facesNow,
  MAX_AGE_MS,
  streamChangedFaces,
  streamEventFaces,
} from './event-faces.repository.ts';
import type { BuildCalls, IndexState, SearchCalls, SearchQuery } from './face-index.messages.ts';
import { createIndexThread, pageOf } from './face-index.threads.ts';

/** What a search found in an event, and what it searched. */
export interface EventSearch {
  /** Revision of the event's faces that were searched, at least. */
  revision: number;
  /** Approved photos whose faces were described, those without faces too. */
  photoCount: number;
  faces: number;
  /** Null when the event is deleted. */
  calibration: Calibration | null;
  hits: SearchHit[];
}
export type FaceIndexes = ReturnType<typeof createFaceIndexes>;

interface Held extends EventFaces {
  key: string;
  eventId: string;
  engine: EngineId;
  /** Numbers in a descriptor. */
  length: number;
  state: IndexState;
  /** When it was last known to be up to date, milliseconds. */
  readAt: number;
  running?: Promise<void> | undefined;
  queued?: Promise<void> | undefined;
  settling?: NodeJS.Timeout | undefined;
  /** When the ranking first fell behind; 0 when it is up to date. */
  unsettledSince: number;
  /** Not ranked again before. */
  restUntil: number;
  /** The event was deleted. */
  isGone?: boolean;
}

/** Up to so many faces an event is ranked anew at once with each change: some ten milliseconds. */
const RANKED_AT_ONCE = 1500;
/** A large event is ranked anew when nothing changed for this long … */
const QUIET_MS = 5_000;
/** … or when it has been changing for this long; and ranking takes a tenth of one core at most. */
const LONGEST_MS = 60_000;
const REST_FACTOR = 10;
/** Told of changes in several steps, one look is enough. */
const NOTICE_MS = 50;

/**
 * The faces of the events that are searched now, in memory shared by two threads, so that this one never waits: read when
 * first asked for, brought up to date before each search by what changed, the least used thrown out beyond `maxBytes`.
 * Several askers share one reading. `onSettled` hears when the scores of a large event were calibrated anew.
 */
export function createFaceIndexes(deps: {
  db: Db;
  listener?: Listener;
  metrics?: Metrics;
  maxBytes: number;
  /** What is known of descriptor spaces; default: the built-in ones. */
  catalogue?: DescriptorCatalogue;
  onSettled?: (eventId: string, engine: EngineId) => Promise<unknown>;
  /** Tests are in a hurry. */
  quietMs?: number;
  rankedAtOnce?: number;
  now?: () => number;
}) {
  const { db, now: clock = Date.now } = deps;
  const held = new Map<string, Held>();
  const loading = new Map<string, Promise<Held>>();
  let threads = start();
  let isClosed = false;

  function start() {
    const shared = { arena: new Arena(), rankedAtOnce: deps.rankedAtOnce ?? RANKED_AT_ONCE };
    // What a dead thread had in memory is gone with it: all is read again.
    const onDeath = () => {
      if (made !== threads || isClosed) return;
      threads = start();
      for (const each of held.values()) clearTimeout(each.settling);
      held.clear();
      void made.search.stop();
      void made.build.stop();
    };
    const made = {
      search: createIndexThread<SearchCalls>('search', shared, onDeath),
      build: createIndexThread<BuildCalls>('build', shared, onDeath),
    };
    return made;
  }

  const bytesHeld = () => [...held.values()].reduce((sum, { state }) => sum + state.bytes, 0);
  function tell(): void {
    deps.metrics?.gauge('face_index_bytes', 'Memory of the event face indexes').set(bytesHeld());
    deps.metrics?.gauge('face_index_events', 'Events whose faces are in memory').set(held.size);
  }
  function drop(event: Held): void {
    clearTimeout(event.settling);
    if (held.get(event.key) !== event) return;
    held.delete(event.key);
    void threads.search.call('drop', { key: event.key }).catch(() => {});
    tell();
  }
  /** The event that is asked for now stays, however large. */
  function touch(event: Held): void {
    held.delete(event.key);
    held.set(event.key, event);
    for (const oldest of [...held.values()]) {
      if (oldest === event || bytesHeld() <= deps.maxBytes) break;
      drop(oldest);
    }
    tell();
  }

  async function load(key: string, eventId: string, engine: EngineId): Promise<Held> {
    const end = deps.metrics?.stageSeconds.startTimer({ stage: 'face-index' });
    const { search, build } = threads;
    const manifest = (deps.catalogue ?? builtInCatalogue).find(engine);
    const space = manifest?.calibration;
    let length = manifest?.length ?? 0;
    let number = 0;
    try {
      const instant = await streamEventFaces(db, eventId, engine, async (faces) => {
        length ||= (faces[0]?.descriptor.length ?? 0) / 4;
        number ||= await build.call('begin', { length, space });
        const { page, transfer } = pageOf(faces, length);
        await build.call('fill', { number, page }, transfer);
      });
      number ||= await build.call('begin', { length: length || 128, space });
      const ranked = await build.call('finish', { number });
      const state = await search.call('adopt', { key, ranked });
      const made: Held = {
        key,
        eventId,
        engine,
        length,
        ...instant,
        state,
        readAt: clock(),
        unsettledSince: 0,
        restUntil: 0,
      };
      held.set(key, made);
      return made;
    } catch (error) {
      if (number) await build.call('abandon', { number }).catch(() => {});
      throw error;
    } finally {
      end?.();
    }
  }

  /** Brings an event up to date with what is committed when this begins. */
  async function update(event: Held): Promise<void> {
    const now = await facesNow(db, event.eventId, event.snapshot);
    if (!now.isThere) {
      event.isGone = true;
      return drop(event);
    }
    if (!now.hasChanged) {
      event.revision = now.revision;
      event.snapshot = now.snapshot;
      event.readAt = clock();
      return;
    }
    const end = deps.metrics?.stageSeconds.startTimer({ stage: 'face-index-update' });
    const { eventId, engine, key } = event;
    const instant = await streamChangedFaces(db, eventId, engine, event.snapshot, async (photoIds, faces) => {
      event.length ||= (faces[0]?.descriptor.length ?? 0) / 4;
      const { page, transfer } = pageOf(faces, event.length);
      event.state = await threads.search.call('change', { key, length: event.length, photoIds, page }, transfer);
    });
    Object.assign(event, instant, { readAt: clock() });
    if (!event.state.isSettled) settleSoon(event);
    end?.();
    tell();
  }
  /** One look at a time; who comes while one is under way shares the next. */
  function refresh(event: Held): Promise<void> {
    event.queued ??= (event.running ?? Promise.resolve())
      .catch(() => {})
      .then(() => {
        event.running = event.queued;
        event.queued = undefined;
        return update(event);
      });
    return event.queued;
  }

  function settleSoon(event: Held): void {
    const now = performance.now();
    event.unsettledSince ||= now;
    clearTimeout(event.settling);
    const due = Math.min(now + (deps.quietMs ?? QUIET_MS), event.unsettledSince + LONGEST_MS);
    event.settling = setTimeout(() => void settle(event), Math.max(0, Math.max(due, event.restUntil) - now));
    event.settling.unref();
  }
  /** Ranks an event anew in the thread that builds; searches go on with the former ranking meanwhile. */
  async function settle(event: Held): Promise<void> {
    const { search, build } = threads;
    const started = performance.now();
    event.unsettledSince = 0;
    try {
      const { gallery, cohort, space, ...asked } = await search.call('toRank', { key: event.key });
      const made = await build.call('rank', { gallery, cohort, space });
      const state = await search.call('ranked', { key: event.key, ...asked, made }, [made.offsets.buffer]);
      event.state = state;
      if (state.isTaken) await deps.onSettled?.(event.eventId, event.engine);
    } catch {
      // Dropped meanwhile, or the thread died: whoever searches next reads it again.
    }
    event.restUntil = performance.now() + REST_FACTOR * (performance.now() - started);
    if (held.get(event.key) === event && !event.state.isSettled && !isClosed) settleSoon(event);
  }

  /** The event as it is now, at least. */
  async function fresh(eventId: string, engine: EngineId): Promise<Held> {
    const key = `${eventId} ${engine}`;
    let event = held.get(key);
    // What changed since may not be known any more (`forgetChanges`).
    if (event && clock() - event.readAt > MAX_AGE_MS) {
      drop(event);
      event = undefined;
    }
    if (!event) {
      const shared = loading.get(key) ?? load(key, eventId, engine).finally(() => loading.delete(key));
      loading.set(key, shared);
      event = await shared;
    }
    await refresh(event);
    if (held.get(key) === event) touch(event);
    return event;
  }
  /**
   * Calls the thread that searches, with the event in memory and up to date; once more when it was thrown out in between. Answers
   * null instead when the event is deleted.
   */
  async function ask<T>(eventId: string, engine: EngineId, call: (key: string) => Promise<T>) {
    for (let attempt = 1; ; attempt++) {
      try {
        const event = await fresh(eventId, engine);
        const { revision, photoCount, isGone } = event;
        if (isGone) return { revision, photoCount: 0, answer: null };
        return { revision, photoCount, answer: await call(event.key) };
      } catch (error) {
        if (attempt === 3 || isClosed) throw error;
        held.delete(`${eventId} ${engine}`);
      }
    }
  }

  // The look before each search is what counts; these only make faces leave memory early.
  const soon = new Set<Held>();
  let timer: NodeJS.Timeout | undefined;
  const lookAt = (events: Iterable<Held>) => {
    for (const event of events) soon.add(event);
    timer ??= setTimeout(() => {
      timer = undefined;
      const looked = [...soon];
      soon.clear();
      for (const event of looked) if (held.get(event.key) === event) refresh(event).catch(() => {});
    }, NOTICE_MS).unref();
  };
  const offs = [
    deps.listener?.on('sync', (scope) => {
      if (scope === scopes.events()) lookAt(held.values());
      else lookAt([...held.values()].filter(({ eventId }) => scope === scopes.eventFaces(eventId)));
    }),
    deps.listener?.on('resync', () => lookAt(held.values())),
  ];

  return {
    /** Never with faces older than those committed when this was called. */
    async search(eventId: string, engine: EngineId, query: SearchQuery): Promise<EventSearch> {
      const { answer, ...known } = await ask(eventId, engine, (key) => threads.search.call('search', { key, query }));
      return { ...known, ...(answer ?? { faces: 0, calibration: null, hits: [] }) };
    },
    /** Which of these searches may have another result than when they were last made here, and what all have been compared with. */
    async affected(eventId: string, engine: EngineId, searches: ReadonlyArray<{ id: string; said: string }>) {
      const { answer, ...known } = await ask(eventId, engine, (key) =>
        threads.search.call('affected', { key, searches }),
      );
      const { faces, affected, stale } = answer ?? { faces: 0, affected: searches.map(({ id }) => id), stale: [] };
      return { ...known, faces, affected, stale };
    },
    /** The results of these searches could not be stored: they count as never made. */
    async forget(eventId: string, engine: EngineId, searchIds: readonly string[]): Promise<void> {
      await threads.search.call('forget', { key: `${eventId} ${engine}`, searchIds });
    },
    /** What is held of an event, up to date. */
    async state(eventId: string, engine: EngineId) {
      const { revision, photoCount, state } = await fresh(eventId, engine);
      return { revision, photoCount, ...state };
    },
    get bytes() {
      return bytesHeld();
    },
    get size() {
      return held.size;
    },
    async close() {
      isClosed = true;
      for (const off of offs) off?.();
      clearTimeout(timer);
      for (const event of held.values()) clearTimeout(event.settling);
      held.clear();
      await Promise.all([threads.search.stop(), threads.build.stop()]);
    },
  };
}
