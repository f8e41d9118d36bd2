import { updateReady } from '../context/updates.ts';

const HOUR_MS = 60 * 60 * 1000;

/**
 * Registers the service worker once the page stands and watches for newer versions. A new one waits until the person agrees (see
 * `updateReady`); then it takes over and the page reloads once.
 */
export async function registerServiceWorker(): Promise<void> {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  let registration: ServiceWorkerRegistration;
  try {
    registration = await navigator.serviceWorker.register('/sw.js', { scope: '/', updateViaCache: 'none' });
  } catch {
    return; // LINE's browser and private windows: the app works without
  }
  const hadController = navigator.serviceWorker.controller !== null;
  let agreed = false;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (agreed && hadController) window.location.reload();
  });

  const offer = (waiting: ServiceWorker): void => {
    if (!navigator.serviceWorker.controller) return; // the first version, not a newer one
    updateReady.set(() => {
      agreed = true;
      waiting.postMessage({ type: 'SKIP_WAITING' });
    });
  };
  if (registration.waiting) offer(registration.waiting);
  registration.addEventListener('updatefound', () => {
    const installing = registration.installing;
    installing?.addEventListener('statechange', () => {
      if (installing.state === 'installed') offer(installing);
    });
  });
  setInterval(() => void registration.update().catch(() => undefined), HOUR_MS);
}

/** Asks the browser to keep what is stored; granted silently or not at all. */
export function askToPersist(): void {
  void navigator.storage?.persist?.().catch(() => false);
}
