import path from 'node:path';
import { createAuth } from '#server/auth.ts';
import type { BoundRoute } from '#server/http/bind.ts';
import { createLiveStreams } from '#server/http/live-streams.ts';
import type { RateLimit } from '#server/http/rate-limit.ts';
import { housekeepingJobHandlers } from '#server/modules/admin/housekeeping.ts';
import { adminRoutes } from '#server/modules/admin/routes.ts';
import { createAdminService } from '#server/modules/admin/service.ts';
import { couponsRoutes } from '#server/modules/cart/coupon-routes.ts';
import { createCouponsService } from '#server/modules/cart/coupons.ts';
import { cartRoutes } from '#server/modules/cart/routes.ts';
import { createCartService } from '#server/modules/cart/service.ts';
import { createSharedCartsService } from '#server/modules/cart/shared.ts';
import { sharedCartsRoutes } from '#server/modules/cart/shared-routes.ts';
import { downloadsJobHandlers } from '#server/modules/downloads/jobs.ts';
import { downloadsRoutes } from '#server/modules/downloads/routes.ts';
import { createDownloadsService } from '#server/modules/downloads/service.ts';
import { eventsRoutes } from '#server/modules/events/routes.ts';
import { createEventsService } from '#server/modules/events/service.ts';
import { faceEnginesRoutes } from '#server/modules/face-engines/routes.ts';
import { createFaceEnginesService } from '#server/modules/face-engines/service.ts';
import { createFaceGroupsService } from '#server/modules/face-searches/groups.service.ts';
import { faceSearchesRoutes } from '#server/modules/face-searches/routes.ts';
import { createFaceSearchesService } from '#server/modules/face-searches/service.ts';
import { favoritesRoutes } from '#server/modules/favorites/routes.ts';
import { createFavoritesService } from '#server/modules/favorites/service.ts';
import { createInvoicesService } from '#server/modules/invoices/service.ts';
import { createLineSender } from '#server/modules/messages/line.ts';
import { createPushSender } from '#server/modules/messages/push.ts';
import { messagesRoutes } from '#server/modules/messages/routes.ts';
import { createMessagesService, messagesJobHandlers } from '#server/modules/messages/service.ts';
import { createUnsubscribes } from '#server/modules/messages/unsubscribe.ts';
import { arrivalsJobHandlers } from '#server/modules/notices/arrivals.ts';
import { createChannelsService } from '#server/modules/notices/channels.ts';
import { createInbox } from '#server/modules/notices/inbox.ts';
import { noticesRoutes } from '#server/modules/notices/routes.ts';
import { createNoticesService } from '#server/modules/notices/service.ts';
import { ordersRoutes } from '#server/modules/orders/routes.ts';
import { createOrdersService } from '#server/modules/orders/service.ts';
import { createPriceRulesService } from '#server/modules/packages/price-rules.ts';
import { packagesRoutes } from '#server/modules/packages/routes.ts';
import { createPackagesService } from '#server/modules/packages/service.ts';
import { pagesRouter } from '#server/modules/pages/router.ts';
import { createCasesService } from '#server/modules/payments/cases.ts';
import { paymentsJobHandlers } from '#server/modules/payments/jobs.ts';
import { createReconcileService } from '#server/modules/payments/reconcile.ts';
import { createRefundsService } from '#server/modules/payments/refunds.ts';
import { createReviewsService } from '#server/modules/payments/reviews.ts';
import { paymentsRoutes } from '#server/modules/payments/routes.ts';
import {
  createOmise,
  createPaymentsService,
  createPaynoi,
  type PaymentProvider,
} from '#server/modules/payments/service.ts';
import { createWebhooksService } from '#server/modules/payments/webhooks.ts';
import { photographersRoutes } from '#server/modules/photographers/routes.ts';
import { createPhotographersService, ensurePhotographer } from '#server/modules/photographers/service.ts';
import { photosRoutes } from '#server/modules/photos/routes.ts';
import { createPhotosService } from '#server/modules/photos/service.ts';
import { privacyRoutes } from '#server/modules/privacy/routes.ts';
import { createPrivacyService } from '#server/modules/privacy/service.ts';
import { revenueRoutes } from '#server/modules/revenue/routes.ts';
import { createRevenueService } from '#server/modules/revenue/service.ts';
import { settingsRoutes } from '#server/modules/settings/routes.ts';
import { createSettingsService } from '#server/modules/settings/service.ts';
import { sharesRoutes } from '#server/modules/shares/routes.ts';
import { createSharesService } from '#server/modules/shares/service.ts';
import { uploadsRoutes } from '#server/modules/uploads/routes.ts';
import { createUploadsService, uploadsJobHandlers } from '#server/modules/uploads/service.ts';
import { createTusHandler } from '#server/modules/uploads/tus.ts';
import { usersRoutes } from '#server/modules/users/routes.ts';
import { createUsersService } from '#server/modules/users/service.ts';
import type { Platform } from '#server/platform/platform.ts';
import type { JobHandlers } from '#server/platform/queue.ts';
import { cartItemsCollection } from '#sync/collections/cart-items.ts';
import { eventsCollection } from '#sync/collections/events.ts';
import { favoritesCollection } from '#sync/collections/favorites.ts';
import { photosCollection } from '#sync/collections/photos.ts';
import { syncRouter } from '#sync/router.ts';

/** The gateway new payments go to first, then those that still answer for theirs. */
function gateways(config: Platform['config']): [PaymentProvider, ...PaymentProvider[]] {
  const paynoi = createPaynoi(config.paynoi);
  const omise = config.omise && createOmise(config.omise);
  if (!omise) return [paynoi];
  return config.paymentProvider === 'omise' ? [omise, paynoi] : [paynoi, omise];
}

/** Constructs every module of the API and hands each the few things it uses. */
export function composeModules(platform: Platform) {
  const { config, db, cache, storage, queues, mailer, listener, logger } = platform;
  const publicUrl = config.publicUrl;
  const linkSecret = config.secrets.link;

  const settings = createSettingsService({ db });
  const messages = createMessagesService({ db });
  const auth = createAuth({ db, config, logger, cache, messages });
  const streams = createLiveStreams({ metrics: platform.metrics });
  const notices = createNoticesService({ listener, streams });
  const push = config.push && createPushSender(config.push);
  const line = config.line && createLineSender(config.line);
  const unsubscribes = createUnsubscribes({ linkSecret, publicUrl });
  const channels = createChannelsService({ db, push, line, unsubscribes, logger });
  const inbox = createInbox({ db });
  const users = createUsersService({ db, config, photographers: { ensure: ensurePhotographer } });
  const privacy = createPrivacyService({
    db,
    settings,
    messages,
    forgetAttempts: auth.forgetAttempts,
    checkPassword: auth.checkPassword,
  });
  const events = createEventsService({ db, cache, linkSecret, messages, publicUrl: config.publicUrl });
  const photos = createPhotosService({ db, events, logger });
  const photographers = createPhotographersService({ db, events, photos });
  const favorites = createFavoritesService({ db, photos });
  const uploads = createUploadsService({
    db,
    storage,
    events,
    logger,
    directory: path.join(config.dataDir, 'uploads'),
  });
  const faceSearches = createFaceSearchesService({ db, storage, events, privacy: privacy.consents });
  const faceEngines = createFaceEnginesService({ db, storage, events });
  const faceGroups = createFaceGroupsService({ db });
  const packages = createPackagesService({ db, events });
  const priceRules = createPriceRulesService({ db, events });
  const coupons = createCouponsService({ db, cache });
  const cart = createCartService({ db, photos, packages, coupons });
  const sharedCarts = createSharedCartsService({ db, photos, packages, coupons, cart, linkSecret });
  const invoices = createInvoicesService({ db });
  const orders = createOrdersService({
    db,
    cart,
    coupons,
    sharedCarts,
    invoices,
    messages,
    settings,
    linkSecret,
    publicUrl,
  });
  const payments = createPaymentsService({ db, orders, providers: gateways(config), logger });
  const webhooks = createWebhooksService({ db, payments, logger });
  const reviews = createReviewsService({ db, orders, payments, settings });
  const bankSecret = config.secrets.bank;
  const { providerOf } = payments;
  const refunds = createRefundsService({ db, orders, invoices, messages, settings, providerOf, bankSecret });
  const cases = createCasesService({ db, orders, payments, settings, bankSecret });
  const reconcile = createReconcileService({ db, orders, payments, settings, logger });
  const downloads = createDownloadsService({ db, orders, storage, settings, messages, linkSecret });
  const shares = createSharesService({ db, storage, linkSecret });
  const revenue = createRevenueService({ db, settings, messages, events, bankSecret });
  const admin = createAdminService({ db, queues });

  // Orders before carts: the order in which a settlement locks them.
  auth.onGuestJoined(
    orders.joinGuest,
    coupons.joinGuest,
    cart.joinGuest,
    sharedCarts.joinGuest,
    favorites.joinGuest,
    shares.joinGuest,
    faceSearches.joinGuest,
    channels.joinGuest,
    inbox.joinGuest,
  );

  const routes: BoundRoute[] = [
    ...auth.routes,
    ...usersRoutes({ users }),
    ...privacyRoutes({ privacy }),
    ...eventsRoutes({ events, isSecure: publicUrl.startsWith('https:') }),
    ...photosRoutes({ photos, storage }),
    ...uploadsRoutes({ uploads }),
    ...photographersRoutes({ photographers }),
    ...favoritesRoutes({ favorites }),
    ...faceSearchesRoutes({ faceSearches, faceGroups }),
    ...faceEnginesRoutes({ faceEngines }),
    ...packagesRoutes({ packages }),
    ...couponsRoutes({ coupons, priceRules }),
    ...cartRoutes({ cart }),
    ...sharedCartsRoutes({ sharedCarts, orders, downloads }),
    ...ordersRoutes({ db, orders, payments, refunds, invoices }),
    ...paymentsRoutes({ payments, webhooks, reviews, refunds, cases, reconcile }),
    ...downloadsRoutes({ downloads }),
    ...sharesRoutes({ shares }),
    ...revenueRoutes({ revenue }),
    ...noticesRoutes({ notices, channels, inbox }),
    ...messagesRoutes({ messages }),
    ...settingsRoutes({ settings }),
    ...adminRoutes({ admin }),
  ];
  const jobHandlers: JobHandlers = {
    ...messagesJobHandlers({
      db,
      messages,
      mailer,
      mailDomain: new URL(publicUrl).hostname,
      push,
      line,
      publicUrl,
      unsubscribes,
    }),
    ...arrivalsJobHandlers({ db, messages, publicUrl }),
    ...uploadsJobHandlers({ uploads }),
    ...downloadsJobHandlers({ downloads }),
    ...paymentsJobHandlers({ db, payments, webhooks, orders, reconcile }),
    ...housekeepingJobHandlers({ db, settings }),
  };

  return {
    auth,
    notices,
    streams,
    routes,
    jobHandlers,
    pages: pagesRouter({
      db,
      events,
      photos,
      packages,
      photographers,
      shares,
      publicUrl,
      pwaDir: config.pwaDir,
      findViewer: auth.findViewer,
    }),
    tus: createTusHandler({ uploads, findViewer: auth.findViewer, publicUrl, logger }),
    sync: ({ rateLimit }: { rateLimit: RateLimit }) =>
      syncRouter({
        db,
        listener,
        streams,
        notices,
        logger,
        findViewer: auth.findViewer,
        requireSender: auth.requireSender,
        createGuest: auth.createGuest,
        collections: [
          eventsCollection,
          photosCollection({ db, events }),
          cartItemsCollection(cart),
          favoritesCollection(favorites),
        ],
        rateLimit,
      }),
    /** At boot: the state tables of selling hold together and agree with the database. */
    async checkMachines(): Promise<void> {
      await payments.checkMachines();
      await cases.checkMachines();
      await revenue.checkMachines();
    },
    /** What is kept in memory for a while is written down. */
    close: (): Promise<unknown> => photos.flushViews(),
  };
}
