/// <reference lib="webworker" />
import type { PushPayload } from '#contracts/http/notices.ts';
import { shownPush } from './shown-push.ts';

declare const self: ServiceWorkerGlobalScope;

/** What a page is told when a notice was tapped while it was open (see shell/push-taps.ts). */
export interface OpenPath {
  type: 'OPEN_PATH';
  path: string;
}

/** A page that is open stays as it is and goes there itself, so that nothing typed or waiting is lost; else a new one opens. */
async function open(path: string): Promise<void> {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const page = pages.find((each) => each.focused) ?? pages[0];
  if (!page) {
    await self.clients.openWindow(path);
    return;
  }
  await page.focus().catch(() => undefined);
  page.postMessage({ type: 'OPEN_PATH', path } satisfies OpenPath);
}

/** The push service gave this browser another address: the server is told, for the same person. */
async function subscribeAnew(old: PushSubscription | null): Promise<void> {
  const key = old?.options.applicationServerKey;
  if (!key) return; // the page does it when it is opened next
  const fresh = await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  await fetch('/api/notices/push', {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fresh.toJSON()),
  });
}

/** Every push message is shown: browsers take the subscription away from who does not. */
export function handlePush(): void {
  self.addEventListener('push', (event) => {
    let payload: PushPayload | null = null;
    try {
      payload = event.data?.json() as PushPayload;
    } catch {
      // not ours, shown in general words
    }
    const { title, options } = shownPush(payload);
    event.waitUntil(self.registration.showNotification(title, options));
  });
  self.addEventListener('notificationclick', (event) => {
    event.notification.close();
    const { path } = (event.notification.data ?? {}) as { path?: string };
    event.waitUntil(open(path ?? '/'));
  });
  self.addEventListener('pushsubscriptionchange', (event) => {
    const { oldSubscription = null } = event as ExtendableEvent & { oldSubscription?: PushSubscription | null };
    (event as ExtendableEvent).waitUntil(subscribeAnew(oldSubscription).catch(() => undefined));
  });
}
