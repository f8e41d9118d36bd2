import type { WallPart } from '#contracts/http/wall.ts';
import { type Checkpoint, followed, type LiveDocuments, type PullAnswer } from '#contracts/sync/documents.ts';
import { type PhotoDoc, photoDocVersion } from '#contracts/sync/photos.ts';
import { send } from '../api.ts';
import { online } from '../connectivity.ts';
import { kvDelete, kvGet, kvSet } from '../kv.ts';
import { follow } from '../live.ts';
import { ApiProblem } from '../problem.ts';
import { emptyWall, withChanges, withPart } from './read.ts';
import type { Wall } from './wall.ts';

/** Walls of this visit: going back shows them at once. */
const memory = new Map<string, Wall>();
const IN_MEMORY = 3;
/** Walls kept on the device, last seen first. */
const KEPT = 8;
const KEPT_LIST = 'walls';
/** A wall read longer ago is read anew: its changes would be many, and deletions are told for 30 days only. */
const FRESH_MS = 7 * 86_400_000;
/** Changes at once; after this many answers in a row, reading anew is shorter. */
const CHANGES = 1_000;
const LONGEST_CATCH_UP = 4;
const SAVE_AFTER_MS = 1_500;

const keyOf = (eventId: string): string => `wall:${eventId}`;

export const knownWall = (eventId: string): Wall | undefined => memory.get(eventId);

function remember(wall: Wall): void {
  memory.delete(wall.eventId);
  memory.set(wall.eventId, wall);
  for (const id of memory.keys()) {
    if (memory.size <= IN_MEMORY) break;
    memory.delete(id);
  }
}

async function keep(wall: Wall): Promise<void> {
  await kvSet('cache', keyOf(wall.eventId), wall);
  const kept = (await kvGet<string[]>('cache', KEPT_LIST)) ?? [];
  const list = [wall.eventId, ...kept.filter((id) => id !== wall.eventId)];
  for (const id of list.slice(KEPT)) await kvDelete('cache', keyOf(id));
  await kvSet('cache', KEPT_LIST, list.slice(0, KEPT));
}

async function forget(eventId: string): Promise<void> {
  memory.delete(eventId);
  await kvDelete('cache', keyOf(eventId));
}

/**
 * The wall of an event, kept up to date while one looks at it: what the device holds at once, the whole from the server in a few answers, and
 * after that only what changes. Without signal it goes on from where it was when there is some.
 * `onNothing`: neither the device nor the server had one.
 */
export function followWall(eventId: string, onWall: (wall: Wall) => void, onNothing: () => void): () => void {
  let stopped = false;
  let wall: Wall | null = null;
  let saving: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | null = null;
  let again = false;

  const show = (next: Wall, isComplete = true): void => {
    if (stopped || next === wall) return;
    const hasNewPhotos = next.ids !== wall?.ids;
    wall = next;
    if (isComplete) {
      remember(next);
      clearTimeout(saving);
      saving = setTimeout(() => void keep(next), SAVE_AFTER_MS);
    }
    if (hasNewPhotos) onWall(next);
  };

  async function readWhole(): Promise<void> {
    const old = wall;
    let next = emptyWall(eventId, Date.now());
    for (let cursor: string | null | undefined; cursor !== null && !stopped; ) {
      const part: WallPart = await send('GET', '/api/events/:id/wall', { params: { id: eventId }, query: { cursor } });
      next = withPart(next, part);
      cursor = part.nextCursor;
      // Growing below what is looked at; a wall that stands already is only replaced by a whole one.
      if (!old && cursor !== null) show(next, false);
    }
    if (!stopped) show(next);
  }

  async function catchUp(): Promise<void> {
    if (!wall || Date.now() - wall.readAt > FRESH_MS) await readWhole();
    if (!wall) return;
    let from: Checkpoint = { revision: (wall as Wall).revision, id: '', scope: `photos.${eventId}` };
    for (let turn = 0; wall && !stopped; turn++) {
      if (turn === LONGEST_CATCH_UP) return readWhole();
      const { documents, checkpoint, reset }: PullAnswer<PhotoDoc> = await send('GET', '/api/sync/photos/pull', {
        query: { v: photoDocVersion, eventId, limit: CHANGES, checkpoint: JSON.stringify(from) },
      });
      // Deletions since then are forgotten, or the server was put back to an older day.
      if (reset) return readWhole();
      const isLast = documents.length < CHANGES || !checkpoint;
      // Until all is told the wall stays at its old revision: whoever is interrupted here asks again from there.
      show(withChanges(wall, documents, isLast ? (checkpoint?.revision ?? 0) : wall.revision));
      if (isLast) return;
      from = checkpoint;
    }
  }

  /** One at a time; asked for meanwhile, once more afterwards. */
  function refresh(): Promise<void> {
    again = running !== null;
    running ??= catchUp()
      .catch((error: unknown) => {
        // Not for this person any more: nor on this device.
        if (error instanceof ApiProblem && (error.status === 404 || error.status === 403)) return forget(eventId);
      })
      .finally(() => {
        running = null;
        if (again && !stopped) void refresh();
      });
    return running;
  }

  /** What the stream told, where nothing is missing between the wall and it; else the server is asked. */
  function hear({ from, documents, checkpoint }: LiveDocuments<PhotoDoc>): void {
    if (!wall || running || from > wall.revision) return void refresh();
    if (checkpoint.revision > wall.revision) show(withChanges(wall, documents, checkpoint.revision));
  }

  const known = memory.get(eventId);
  if (known) show(known);
  let unfollow: (() => void) | null = null;
  void (async () => {
    if (!wall) {
      const stored = await kvGet<Wall>('cache', keyOf(eventId));
      if (stored && !wall) show(stored);
    }
    await refresh();
    if (stopped) return;
    if (!wall) onNothing();
    unfollow = follow(followed('photos', photoDocVersion, eventId), {
      onNudge: ({ revision }) => {
        if (revision === undefined || revision !== wall?.revision) void refresh();
      },
      onDocuments: (docs) => hear(docs as LiveDocuments<PhotoDoc>),
    });
  })();
  const stopOnline = online.watch((reachable) => {
    if (reachable) void refresh();
  });
  return () => {
    stopped = true;
    stopOnline();
    unfollow?.();
    if (wall && memory.get(eventId) === wall) void keep(wall);
    clearTimeout(saving);
  };
}
