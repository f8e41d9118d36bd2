import { ownTask } from '../components/own-task.ts';
import { watchPictures } from '../components/picture-retry.ts';
import { startCart } from '../context/cart.ts';
import { startCartPrice } from '../context/cart-price.ts';
import { startFavorites } from '../context/favorites.ts';
import { takeHandover } from '../context/handover.ts';
import { orderPath, watchOrders } from '../context/ordering.ts';
import { location, navigate } from '../context/router.ts';
import { toast } from '../context/toasts.ts';
import { holdUpdatesWhile } from '../context/updates.ts';
import { isInLine } from '../data/in-line.ts';
import { watchInbox } from '../data/inbox.ts';
import { keptOnDevice, sending, startOutbox } from '../data/outbox.ts';
import { watchProfile } from '../data/profile.ts';
import { keepPush } from '../data/push.ts';
import { watchQueuedSearches } from '../data/searches.ts';
import { watchStorage } from '../data/storage.ts';
import { t } from '../i18n/i18n.ts';
import { problemText } from '../i18n/problems.ts';
import { watchLosses } from './lost.ts';
import { openTappedNotices } from './push-taps.ts';
import { registerServiceWorker } from './service-worker.ts';

const EVENTS_AFTER_MS = 8_000;

/** What runs behind the pages once the first picture stands, each in a task of its own. */
export async function startBackground(): Promise<void> {
  const starts = [
    watchLosses,
    watchStorage,
    watchPictures,
    tellOutcomes,
    holdUpdates,
    startOutbox,
    startCartPrice,
    startCart,
    startFavorites,
    takeHandover,
    openTappedNotices,
    registerServiceWorker,
  ];
  for (const start of starts) {
    void start();
    await ownTask();
  }
  if (isInLine) void import('./px-line-banner.ts').catch(() => undefined);
  // Late, so that it never competes with photos.
  setTimeout(() => {
    watchInbox();
    void keepPush().catch(() => undefined);
    import('../data/db/event-replica.ts')
      .then(({ startEventReplication }) => startEventReplication())
      .catch(() => undefined);
  }, EVENTS_AFTER_MS);
}

/** What is on its way has an answer to come, and what this device does not keep would go with the page. */
function holdUpdates(): void {
  holdUpdatesWhile(sending, (effect) => effect !== null);
  holdUpdatesWhile(keptOnDevice, (isKept) => !isKept);
}

/** What waited is done, and the person may be anywhere. What was refused stays listed in px-waiting. */
function tellOutcomes(): void {
  watchProfile();
  watchQueuedSearches((_eventId, slug) => {
    // A search that waited for signal runs now, and the person may be anywhere.
    const path = `/e/${slug}/find`;
    if (location.value.path.endsWith('/find')) return;
    toast(t().find.searching, { action: { label: t().find.show, run: () => navigate(path) } });
  });
  watchOrders((answer) => {
    if (document.visibilityState !== 'visible') return;
    const { ways, refused, orderPlaced } = t().offline;
    if (answer.ok) {
      const path = orderPath(answer.order);
      toast(orderPlaced(answer.order.number), { action: { label: ways.pay, run: () => navigate(path) } });
    } else toast(`${refused.order} ${problemText(answer.problem)}`, { kind: 'error' });
  });
}
