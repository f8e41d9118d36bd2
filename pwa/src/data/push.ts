import { api } from './api.ts';
import { device } from './device.ts';
import { type Ask, type PushState, pushStateOf } from './push-state.ts';
import { ensureSession, session } from './session.ts';
import { Store } from './store.ts';

export const pushState = new Store<PushState>('unknown');

const TOLD = 'px.push';
const DECLINED = 'px.declined';
const TELL_AGAIN_MS = 7 * 24 * 3600_000;

const hasApi = 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;
let offeredKey: string | null | undefined;

const read = (key: string): string | null => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
};
const write = (key: string, value: string | null): void => {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // asked or told once more next time
  }
};

async function subscription(): Promise<PushSubscription | null> {
  if (!hasApi) return null;
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** Looks how things stand; asks the server whether it sends push messages, when there is a session. */
export async function refreshPush(): Promise<PushState> {
  const isSubscribed = (await subscription().catch(() => null)) !== null;
  if (offeredKey === undefined && session.value.user && hasApi && !device.isInApp)
    offeredKey = (await api('GET /api/notices/push').catch(() => undefined))?.publicKey;
  const permission = hasApi ? Notification.permission : 'default';
  pushState.set(
    pushStateOf({
      device,
      hasApi,
      permission,
      isSubscribed,
      isOffered: offeredKey === undefined ? null : offeredKey !== null,
    }),
  );
  return pushState.value;
}

/** SHA-256 of this browser's push address, hex; null without one. The server names devices by it. */
export async function thisEndpoint(): Promise<string | null> {
  const current = await subscription().catch(() => null);
  if (!current) return null;
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(current.endpoint));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const bytesOf = (base64url: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64url.replace(/-/g, '+').replace(/_/g, '/')), (char) => char.charCodeAt(0));
const isSame = (a: ArrayBuffer | null, b: Uint8Array): boolean =>
  a !== null && a.byteLength === b.length && new Uint8Array(a).every((byte, i) => byte === b[i]);

async function tell(current: PushSubscription): Promise<void> {
  await api('POST /api/notices/push', { body: current.toJSON() as never });
  write(TOLD, JSON.stringify({ endpoint: current.endpoint, userId: session.value.user?.id, at: Date.now() }));
}

/**
 * Switches push messages on for this device. Call it straight from a tap: Safari asks for permission nowhere else. Rejects with
 * ApiProblem or what the browser says.
 */
export async function enablePush(): Promise<PushState> {
  const permission = await Notification.requestPermission();
  if (permission === 'granted') {
    await ensureSession();
    offeredKey = (await api('GET /api/notices/push')).publicKey;
    if (offeredKey) {
      const registration = await navigator.serviceWorker.ready;
      const key = bytesOf(offeredKey);
      let current = await registration.pushManager.getSubscription();
      if (current && !isSame(current.options.applicationServerKey, key)) {
        await current.unsubscribe();
        current = null;
      }
      await tell(
        current ?? (await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })),
      );
    }
  }
  return refreshPush();
}

/** No more push messages on this device. Without signal the server hears it from the push service. */
export async function disablePush(): Promise<PushState> {
  const current = await subscription();
  if (current) {
    await api('DELETE /api/notices/push', { body: { endpoint: current.endpoint } }).catch(() => undefined);
    await current.unsubscribe();
  }
  write(TOLD, null);
  return refreshPush();
}

/** Tells the server again when the address or the person is another, and now and then: it forgets what a push service refused. */
export async function keepPush(): Promise<void> {
  const userId = session.value.user?.id;
  if (!userId || !hasApi || Notification.permission !== 'granted') return;
  const current = await subscription();
  if (!current) return;
  const told = JSON.parse(read(TOLD) ?? '{}') as { endpoint?: string; userId?: string; at?: number };
  const isFresh = Date.now() - (told.at ?? 0) < TELL_AGAIN_MS;
  if (told.endpoint !== current.endpoint || told.userId !== userId || !isFresh) await tell(current);
}

export const declined = new Store<readonly Ask[]>(JSON.parse(read(DECLINED) ?? '[]') as Ask[]);
/** "No, thank you": not asked again on this device; the account page still offers it. */
export function decline(what: Ask): void {
  declined.set([...new Set([...declined.value, what])]);
  write(DECLINED, JSON.stringify(declined.value));
}
