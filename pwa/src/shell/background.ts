import { startCart } from '../context/cart.ts';
import { startCartPrice } from '../context/cart-price.ts';
import { location, navigate } from '../context/router.ts';
import { toast } from '../context/toasts.ts';
import { watchInbox } from '../data/inbox.ts';
import { startOutbox } from '../data/outbox.ts';
import { keepPush } from '../data/push.ts';
import { watchQueuedSearches } from '../data/searches.ts';
import { t } from '../i18n/i18n.ts';
import { openTappedNotices } from './push-taps.ts';
import { registerServiceWorker } from './service-worker.ts';

const EVENTS_AFTER_MS = 8_000;

/** What runs behind the pages once the first picture stands. */
export function startBackground(): void {
  startOutbox();
  void registerServiceWorker();
  startCartPrice();
  startCart();
  openTappedNotices();
  // Late, so that it never competes with photos.
  setTimeout(() => {
    watchInbox();
    void keepPush().catch(() => undefined);
    import('../data/db/event-replica.ts')
      .then(({ startEventReplication }) => startEventReplication())
      .catch(() => undefined);
  }, EVENTS_AFTER_MS);
  watchQueuedSearches((_eventId, slug) => {
    // A search that waited for signal runs now, and the person may be anywhere.
    const path = `/e/${slug}/find`;
    if (location.value.path.endsWith('/find')) return;
    toast(t().find.searching, { action: { label: t().find.show, run: () => navigate(path) } });
  });
}
