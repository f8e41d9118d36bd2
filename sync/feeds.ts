import type { Nudge } from '#contracts/sync/documents.ts';
import { type LiveStream, Topics } from '#server/http/live-streams.ts';
import type { Db } from '#server/platform/db.ts';
import type { Listener } from '#server/platform/listener.ts';
import type { Logger } from '#server/platform/logger.ts';
import type { OlderVersion, Readable } from './collection.ts';

/** More new documents than this are pulled, page by page. */
const maxDocuments = 200;
const shortestGapMs = 20;
const longestGapMs = 700;
/** Telling takes at most this share of the time: the more streams, the more changes go in one message. */
const share = 0.25;

/** One thing a stream follows. */
export interface Following {
  /** As it was asked for; null: a stream of RxDB's own protocol, which knows RESYNC only. */
  of: string | null;
  readable: Readable<unknown>;
  version: OlderVersion<unknown>;
}

/** The streams that follow the same documents in the same form. */
interface Feed extends Following {
  of: string;
  /** Everything up to here was told; undefined until it is known. */
  reached: number | undefined;
  streams: Set<LiveStream>;
}

export type Feeds = ReturnType<typeof createFeeds>;

/**
 * Tells streams what is new in their scopes, a few times a second at most however many changes there are. Of a person's own scopes it
 * says "pull now"; of shared ones it reads what is new once and sends all streams the same bytes: thousands of phones that pull after
 * each new photo would be one load too many.
 */
export function createFeeds({ db, listener, logger }: { db: Db; listener: Listener; logger?: Logger | undefined }) {
  const nudged = new Topics();
  const ofStream = new WeakMap<LiveStream, Map<string, Set<string | null>>>();
  const feeds = new Map<string, Map<string, Feed>>();
  const dirty = new Set<string>();
  const reading = new Set<Feed>();
  let timer: NodeJS.Timeout | undefined;
  let notBefore = 0;
  let closed = false;

  function mark(scope: string): void {
    if (!nudged.has(scope) && !feeds.has(scope)) return;
    dirty.add(scope);
    if (!closed) timer ??= setTimeout(tell, Math.max(0, notBefore - performance.now()));
  }
  function tell(): void {
    timer = undefined;
    const startedAt = performance.now();
    const scopes = [...dirty];
    dirty.clear();
    for (const scope of scopes) {
      for (const stream of nudged.of(scope)) nudge(stream, scope);
      for (const feed of feeds.get(scope)?.values() ?? []) void tellFeed(scope, feed);
    }
    rest(performance.now() - startedAt);
  }
  function rest(tookMs: number): void {
    const gap = Math.min(longestGapMs, Math.max(shortestGapMs, tookMs / share));
    notBefore = Math.max(notBefore, performance.now() + gap);
  }
  function nudge(stream: LiveStream, scope: string): void {
    for (const of of ofStream.get(stream)?.get(scope) ?? [])
      stream.sendLatest(`${scope} ${of}`, of === null ? 'data: RESYNC\n\n' : nudgeText({ of }));
  }

  async function tellFeed(scope: string, feed: Feed): Promise<void> {
    if (reading.has(feed)) {
      // The reading under way may have begun before this change.
      dirty.add(scope);
      return;
    }
    reading.add(feed);
    try {
      const state = await feed.readable.shared!.now();
      if (state !== feed.readable.shared!.state) {
        // Who may read changed: everybody comes back and is asked anew.
        for (const stream of feed.streams) stream.end();
        return;
      }
      const from = feed.reached;
      if (from === undefined) {
        for (const stream of feed.streams) stream.sendLatest(feed.of, nudgeText({ of: feed.of }));
        return;
      }
      const documents = (await feed.readable.pull(db, { revision: from, id: '' }, maxDocuments + 1)) as {
        revision: number;
        id: string;
        _deleted: boolean;
      }[];
      const last = documents.at(-1);
      if (!last) return;
      const text = nudgeText({ of: feed.of });
      const startedAt = performance.now();
      if (documents.length > maxDocuments) {
        feed.reached = (await revisionsOf([scope])).get(scope) ?? last.revision;
        for (const stream of feed.streams) stream.sendLatest(feed.of, text);
      } else {
        feed.reached = last.revision;
        const message = {
          of: feed.of,
          from,
          documents: documents.map((doc) => feed.version.lower(doc)),
          checkpoint: { revision: last.revision, id: last.id, scope },
        };
        const chunk = Buffer.from(`event: docs\ndata: ${JSON.stringify(message)}\n\n`);
        for (const stream of feed.streams) stream.sendLatest(feed.of, chunk, text);
      }
      rest(performance.now() - startedAt);
    } catch (error) {
      logger?.warn({ err: error }, 'what is new could not be read');
      for (const stream of feed.streams) stream.sendLatest(feed.of, nudgeText({ of: feed.of }));
    } finally {
      reading.delete(feed);
      if (dirty.has(scope)) mark(scope);
    }
  }

  /** The revision of each scope; 0 where nothing ever changed. */
  async function revisionsOf(scopes: readonly string[]): Promise<Map<string, number>> {
    const rows = await db
      .selectFrom('sync_scopes')
      .select(['scope', 'revision'])
      .where('scope', 'in', [...scopes])
      .execute();
    return new Map(rows.map((row) => [row.scope, row.revision]));
  }

  function joinFeed(stream: LiveStream, following: Following & { of: string }): Feed {
    const { scope, shared } = following.readable;
    const key = `${following.of} ${shared!.state}`;
    const ofScope = feeds.get(scope) ?? new Map<string, Feed>();
    feeds.set(scope, ofScope);
    const feed = ofScope.get(key) ?? { ...following, reached: undefined, streams: new Set<LiveStream>() };
    ofScope.set(key, feed);
    feed.streams.add(stream);
    stream.onClose(() => {
      feed.streams.delete(stream);
      if (feed.streams.size > 0 || ofScope.get(key) !== feed) return;
      ofScope.delete(key);
      if (ofScope.size === 0 && feeds.get(scope) === ofScope) feeds.delete(scope);
    });
    return feed;
  }
  function joinNudged(stream: LiveStream, { of, readable: { scope } }: Following): void {
    const mine = ofStream.get(stream) ?? new Map<string, Set<string | null>>();
    ofStream.set(stream, mine);
    mine.set(scope, (mine.get(scope) ?? new Set()).add(of));
    nudged.add(scope, stream);
  }

  const offs = [
    listener.on('sync', mark),
    // Whatever was notified while the connection was lost: everybody looks.
    listener.on('resync', () => {
      for (const scope of [...nudged.names(), ...feeds.keys()]) mark(scope);
    }),
  ];

  return {
    /** From now on this stream hears of these; first, where each stands. */
    async follow(stream: LiveStream, followings: readonly Following[]): Promise<void> {
      if (followings.length === 0) return;
      // Joined before the revisions are read: what changes in between is told, if twice.
      const joined = followings.map((following) => {
        const { of, readable } = following;
        if (of !== null && readable.shared) return joinFeed(stream, { ...following, of });
        joinNudged(stream, following);
        return undefined;
      });
      const revisions = await revisionsOf(followings.map(({ readable }) => readable.scope));
      for (const [index, { of, readable }] of followings.entries()) {
        let revision = revisions.get(readable.scope) ?? 0;
        const feed = joined[index];
        if (feed) {
          feed.reached ??= revision;
          revision = Math.max(revision, feed.reached);
        }
        stream.send(of === null ? 'data: RESYNC\n\n' : nudgeText({ of, revision, scope: readable.scope }));
      }
    },
    close(): void {
      closed = true;
      clearTimeout(timer);
      for (const off of offs) off();
    },
  };
}

const nudgeText = (nudge: Nudge) => `event: sync\ndata: ${JSON.stringify(nudge)}\n\n`;
