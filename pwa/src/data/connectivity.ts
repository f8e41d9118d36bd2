import { Store } from './store.ts';

/**
 * Whether the server can be reached, learnt from what calls do; `navigator.onLine` is only a hint to try again sooner
 * (it says yes behind a dead access point).
 */
export const online = new Store<boolean>(true);

const FIRST_PROBE_MS = 2_000;
const LONGEST_PROBE_MS = 30_000;
let probeTimer: ReturnType<typeof setTimeout> | undefined;
let probeDelay = FIRST_PROBE_MS;

const onAnswer = new Set<() => void>();
/** Hears of every answer of the server: a good moment to send what waits. Returns the function that stops. */
export function onReached(listener: () => void): () => void {
  onAnswer.add(listener);
  return () => onAnswer.delete(listener);
}

export function reportReachable(): void {
  clearTimeout(probeTimer);
  probeTimer = undefined;
  probeDelay = FIRST_PROBE_MS;
  online.set(true);
  for (const listener of onAnswer) listener();
}

export function reportUnreachable(): void {
  online.set(false);
  schedule();
}

function schedule(): void {
  if (probeTimer !== undefined) return;
  probeTimer = setTimeout(probe, probeDelay);
  probeDelay = Math.min(probeDelay * 1.7, LONGEST_PROBE_MS);
}

async function probe(): Promise<void> {
  clearTimeout(probeTimer);
  probeTimer = undefined;
  if (document.visibilityState === 'hidden') return; // resumes on visibilitychange
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), 6_000);
  try {
    const response = await fetch('/api/health', { cache: 'no-store', signal: limit.signal });
    if (response.status < 500) {
      reportReachable();
      return;
    }
  } catch {
    // unreachable: known before, or learnt now from the system's word
  } finally {
    clearTimeout(timer);
  }
  reportUnreachable();
}

/**
 * Tries at once, and soon again if that fails: the person pressed "try again", the system says that something changed, or another
 * tab has just heard the server. A connection that comes back often fails its first request.
 */
export function probeNow(): void {
  if (online.value) return;
  probeDelay = FIRST_PROBE_MS;
  void probe();
}

export function watchConnectivity(): void {
  addEventListener('online', probeNow);
  addEventListener('offline', () => void probe());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') probeNow();
  });
}
