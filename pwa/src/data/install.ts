import { Store } from './store.ts';

/** The browser's own question, kept for a moment at which it makes sense (Chromium only). */
interface InstallEvent extends Event {
  prompt(): Promise<unknown>;
  userChoice: Promise<{ outcome: 'accepted' | 'dismissed' }>;
}

export const installable = new Store<InstallEvent | null>(null);

/** Early: the browser says it once, soon after the page is there. */
export function watchInstallable(): void {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    installable.set(event as InstallEvent);
  });
  addEventListener('appinstalled', () => installable.set(null));
}

/** Asks; call it from a tap. The browser lets each of its questions be used once. */
export async function askToInstall(): Promise<'accepted' | 'dismissed'> {
  const event = installable.value;
  if (!event) return 'dismissed';
  installable.set(null);
  await event.prompt();
  return (await event.userChoice).outcome;
}
