import { forgetCart } from '../../context/cart.ts';
import { navigate } from '../../context/router.ts';
import { toast } from '../../context/toasts.ts';
import { api } from '../../data/api.ts';
import { dropAllConsents } from '../../data/consents.ts';
import { kvClear } from '../../data/kv.ts';
import { disablePush } from '../../data/push.ts';
import { setSession } from '../../data/session.ts';
import { t } from '../../i18n/i18n.ts';
import { problemText } from '../../i18n/problems.ts';

/** Ends the session and clears this device of what belongs to the person. Without signal it says so and changes nothing. */
export async function signOut(): Promise<void> {
  try {
    // While there is a session: the next person at this device gets no notices of this one.
    await disablePush().catch(() => undefined);
    await api('POST /api/auth/logout');
  } catch (error) {
    toast(problemText(error), { kind: 'error' });
    return;
  }
  await clearDevice();
  toast(t().auth.signedOut, { kind: 'success' });
  navigate('/', { replace: true });
}

export async function clearDevice(): Promise<void> {
  setSession(null);
  await forgetCart();
  dropAllConsents();
  await kvClear();
  for (const key of ['px.email', 'px.intents']) {
    localStorage.removeItem(key);
    sessionStorage.removeItem(key);
  }
  const { removeDatabase } = await import('../../data/db/database.ts');
  await removeDatabase().catch(() => undefined);
  if ('caches' in window) await caches.delete('px-pictures').catch(() => false);
}
