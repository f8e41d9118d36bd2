import { cart, forgetCart } from '../context/cart.ts';
import { favorites, forgetFavorites } from '../context/favorites.ts';
import { navigate } from '../context/router.ts';
import { toast } from '../context/toasts.ts';
import { leaveWithOthers } from '../data/clear-device.ts';
import { online } from '../data/connectivity.ts';
import { onWiped } from '../data/idb.ts';
import { flush, refreshWaiting, waiting } from '../data/outbox.ts';
import { accountUser, doubtSession, ensureSession, session, signingOut } from '../data/session.ts';
import { t } from '../i18n/i18n.ts';

/** A sign-out in another tab takes its moment; only what is left after it is worth a word. */
const SETTLED_MS = 1_500;

/** What people lose through no doing of their own: says so in words and brings back what can be brought back. Call once. */
export function watchLosses(): void {
  leaveWithOthers(() => Promise.all([forgetCart(), forgetFavorites()]));
  tellLostSession();
  let isRestoring = false;
  onWiped(() => {
    if (isRestoring || signingOut.value) return;
    isRestoring = true;
    if (session.value.user) doubtSession();
    void restore().finally(() => {
      isRestoring = false;
    });
  });
}

/** The browser has thrown away what this site kept, cookies maybe too. What this page holds is kept again and goes to the server. */
async function restore(): Promise<void> {
  const hasSomething = cart.value.lines.length + favorites.value.marks.length + waiting.value.length > 0;
  // One guest for all of it. Without signal whatever is asked first waits for that.
  if (session.value.user) await learnWhoIsHere();
  const { reviveDatabase } = await import('../data/db/database.ts');
  await reviveDatabase().catch(() => undefined);
  await refreshWaiting();
  void flush();
  toast(hasSomething ? t().offline.wiped : t().offline.wipedEmpty);
}

/** Now, else as soon as the server is reached: a worker that is thrown away takes requests that are under way with it. */
async function learnWhoIsHere(): Promise<void> {
  try {
    await ensureSession();
  } catch {
    const stop = online.watch((isReachable) => {
      if (!isReachable) return;
      stop();
      void learnWhoIsHere();
    });
  }
}

/** The session of an account ended without a sign-out here: it ran out, was ended elsewhere, or its cookie is gone. */
function tellLostSession(): void {
  let was = accountUser();
  session.watch(() => {
    const before = was;
    was = accountUser();
    if (!before || was) return;
    setTimeout(() => {
      if (accountUser() || signingOut.value) return;
      toast(t().offline.signedOut, { action: { label: t().app.signIn, run: () => navigate('/sign-in') } });
    }, SETTLED_MS);
  });
}
