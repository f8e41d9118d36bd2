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
    // The first worker takes over without a word; none after it means that the browser has thrown it away.
    if (!hadController || !navigator.serviceWorker.controller) return;
    if (agreed) window.location.reload();
    // Another tab agreed: this one goes on with its own code, and a reload is all that is left to offer.
    else updateReady.set(() => window.location.reload());
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

const UPDATE_WAIT_MS = 10_000;

/**
 * Reloads with the newest version there is. `dropOld`: also when the worker knows of none, for an app that is too old for the server;
 * left out, what this device keeps stays and opens without signal.
 */
export async function takeNewVersion({ dropOld = false } = {}): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  if (registration) {
    await registration.update().catch(() => undefined);
    const next = registration.waiting ?? registration.installing;
    if (next) {
      const taken = new Promise<void>((resolve) => {
        navigator.serviceWorker.addEventListener('controllerchange', () => resolve(), { once: true });
        setTimeout(resolve, UPDATE_WAIT_MS);
      });
      const ask = (): void => next.postMessage({ type: 'SKIP_WAITING' });
      if (next.state === 'installed') ask();
      else next.addEventListener('statechange', () => next.state === 'installed' && ask());
      await taken;
    } else if (dropOld) {
      // The worker knows nothing newer, so it is what is old: the network answers the next load.
      await registration.unregister().catch(() => false);
    }
  }
  window.location.reload();
}
