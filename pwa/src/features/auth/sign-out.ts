import { bringCartToServer, cartUnsent, forgetCart } from '../../context/cart.ts';
import { favoritesAreSent, forgetFavorites } from '../../context/favorites.ts';
import { navigate } from '../../context/router.ts';
import { toast } from '../../context/toasts.ts';
import { api } from '../../data/api.ts';
import { clearEverything, tellTabsToLeave, tellTabsToStop } from '../../data/clear-device.ts';
import { flush, refreshWaiting, waiting } from '../../data/outbox.ts';
import { disablePush } from '../../data/push.ts';
import { accountUser, signingOut } from '../../data/session.ts';
import { t } from '../../i18n/i18n.ts';
import { problemText } from '../../i18n/problems.ts';

/**
 * Ends the session and clears this device of what belongs to the person. What waits is sent first; what cannot be sent now is only
 * given up when the person says so. Without signal it says so and changes nothing.
 */
export async function signOut({ evenUnsent = false } = {}): Promise<void> {
  try {
    const unsent = evenUnsent ? 0 : await sendWhatWaits();
    if (unsent > 0) {
      toast(t().auth.unsentAtSignOut(unsent), {
        kind: 'error',
        action: { label: t().auth.signOutAnyway, run: () => void signOut({ evenUnsent: true }) },
      });
      return;
    }
    // While there is a session: the next person at this device gets no notices of this one.
    await disablePush().catch(() => undefined);
    signingOut.set(true);
    await api('POST /api/auth/logout');
  } catch (error) {
    signingOut.set(false);
    toast(problemText(error), { kind: 'error' });
    return;
  }
  await clearDevice();
  toast(t().auth.signedOut, { kind: 'success' });
  navigate('/', { replace: true });
}

/** How many things wait all the same, photos to upload included. */
async function sendWhatWaits(): Promise<number> {
  await refreshWaiting();
  if (waiting.value.length > 0) await flush();
  if (cartUnsent.value) await bringCartToServer().catch(() => undefined);
  const areMarksSent = await favoritesAreSent(8_000);
  return waiting.value.length + Number(cartUnsent.value) + Number(!areMarksSent) + (await uploadsLeft());
}

async function uploadsLeft(): Promise<number> {
  const user = accountUser();
  if (user?.role !== 'photographer') return 0;
  const { countUnfinished } = await import('../../data/uploads/store.ts');
  return countUnfinished(user.id).catch(() => 0);
}

export async function clearDevice(): Promise<void> {
  tellTabsToStop();
  await forgetCart();
  await forgetFavorites();
  await clearEverything();
  tellTabsToLeave();
  signingOut.set(false);
}
