import type { LiveDocuments, Nudge, Refusal } from '#contracts/sync/documents.ts';
import { buildUrl, gated } from './api.ts';
import { session } from './session.ts';

export interface Follower {
  /** Something is new, up to a revision if it says so. */
  onNudge?(nudge: Omit<Nudge, 'of'>): void;
  /** What is new. */
  onDocuments?(documents: LiveDocuments): void;
  onRefused?(code: string): void;
  /** What this person is told, as JSON. */
  onNotice?(json: string): void;
}

const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 60_000;
/** Gave way to other pages of this person. */
const REPLACED_RETRY_MS = 5 * 60_000;
/** Elements come and go together; the stream follows once. */
const SETTLE_MS = 30;

const followers = new Map<string, Set<Follower>>();
let source: EventSource | null = null;
let openedUrl = '';
let retry: ReturnType<typeof setTimeout> | undefined;
let settling: ReturnType<typeof setTimeout> | undefined;
let delay = FIRST_RETRY_MS;
let isWatching = false;

/**
 * Follows something of the live stream (`notices`, or what `followed()` of the contracts names) until the returned function is called. All of
 * a page's followers share one connection, since a browser opens six to an address and photos want them. It closes while nobody
 * looks, and comes back by itself, slower and slower when the server refuses; meanwhile followers are nudged to look for themselves.
 */
export function follow(of: string, follower: Follower): () => void {
  watch();
  const all = followers.get(of) ?? new Set<Follower>();
  followers.set(of, all.add(follower));
  settle();
  return () => {
    all.delete(follower);
    if (all.size === 0 && followers.get(of) === all) followers.delete(of);
    settle();
  };
}

function watch(): void {
  if (isWatching) return;
  isWatching = true;
  document.addEventListener('visibilitychange', () => {
    delay = FIRST_RETRY_MS;
    if (document.visibilityState === 'visible') connect();
    else close();
  });
  // A stream is somebody's: whoever is here now gets another.
  let userId = session.value.user?.id;
  session.watch(({ user }) => {
    if (user?.id === userId) return;
    userId = user?.id;
    close();
    settle();
  });
}

function settle(): void {
  clearTimeout(settling);
  settling = setTimeout(connect, SETTLE_MS);
}

function close(): void {
  clearTimeout(retry);
  retry = undefined;
  source?.close();
  source = null;
  openedUrl = '';
}

const eachOf = (of: string, tell: (follower: Follower) => void): void => {
  for (const follower of [...(followers.get(of) ?? [])]) tell(follower);
};

function connect(): void {
  if (document.visibilityState === 'hidden' || typeof EventSource === 'undefined') return;
  const url = followers.size > 0 ? buildUrl('/api/live', {}, { follow: [...followers.keys()].sort().join() }) : '';
  if (url === openedUrl && (source || retry !== undefined)) return;
  close();
  if (url === '') return;
  const wait = gated();
  if (wait) {
    wait().then(settle, () => again(delay));
    return;
  }
  openedUrl = url;
  source = new EventSource(url);
  listen(source);
}

function listen(stream: EventSource): void {
  const on = <T>(name: string, heard: (data: T) => void): void =>
    stream.addEventListener(name, (event) => {
      if (stream !== source) return;
      try {
        heard(JSON.parse((event as MessageEvent<string>).data) as T);
      } catch {
        // not ours: what it would have said is pulled with the next nudge
      }
    });
  stream.onopen = () => {
    delay = FIRST_RETRY_MS;
    eachOf('notices', ({ onNotice }) => onNotice?.('{"type":"resync"}'));
  };
  on<Nudge>('sync', ({ of, ...nudge }) => eachOf(of, ({ onNudge }) => onNudge?.(nudge)));
  on<LiveDocuments>('docs', (documents) => eachOf(documents.of, ({ onDocuments }) => onDocuments?.(documents)));
  on<Refusal>('refused', ({ of, code }) => eachOf(of, ({ onRefused }) => onRefused?.(code)));
  on<object>('notice', (notice) => eachOf('notices', ({ onNotice }) => onNotice?.(JSON.stringify(notice))));
  on('replaced', () => again(REPLACED_RETRY_MS));
  // The browser's own retry is immediate and for ever; ours backs off.
  stream.onerror = () => {
    if (stream === source) again(delay * (0.5 + Math.random()));
    delay = Math.min(delay * 2, LONGEST_RETRY_MS);
  };
}

function again(afterMs: number): void {
  source?.close();
  source = null;
  clearTimeout(retry);
  retry = setTimeout(() => {
    retry = undefined;
    openedUrl = '';
    // The stream may be refused for long; what is new must not wait for it.
    for (const all of [...followers.values()]) for (const { onNudge } of [...all]) onNudge?.({});
    connect();
  }, afterMs);
}
