import { AppError } from '#contracts/errors.ts';
import type { PaymentView, RefundView } from '#contracts/http/payment.ts';
import type { QuoteLine } from '#contracts/pricing.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { CouponsService } from '#server/modules/cart/coupons.ts';
import type { CartService, Selection } from '#server/modules/cart/service.ts';
import type { SharedCartsService } from '#server/modules/cart/shared.ts';
import type { InvoicesService } from '#server/modules/invoices/service.ts';
import { post } from '#server/modules/revenue/ledger.ts';
import { salePostings } from '#server/modules/revenue/shares.ts';
import { ruleFor, rulesInForce } from '#server/modules/revenue/split-rules.ts';
import { audit } from '#server/platform/audit.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import { createTokens } from '#server/platform/crypto.ts';
import type { Db, DbOrTrx, Trx } from '#server/platform/db.ts';
import { notify } from '#server/platform/notify.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import { perMinute } from '#server/platform/per-minute.ts';
import * as repository from './repository.ts';
import { loadTerms, type Settings, type Terms } from './terms.ts';
import { withdrawTaken } from './unlimited.ts';
import { orderView, summaryView } from './view.ts';

export { isPaid, orderMachine } from './machine.ts';
export type { OrderItemRow, OrderRow } from './repository.ts';
export type { Settings, Terms } from './terms.ts';
export { unlimitedIn } from './unlimited.ts';
export type OrdersService = ReturnType<typeof createOrdersService>;

/** The part of the messages service that selling needs. */
export interface MessageQueue {
  queue(
    trx: Trx,
    message: {
      template: 'order.paid' | 'order.arrived' | 'refund.requested' | 'refund.decided' | 'payout.paid';
      dedupeKey: string;
      userId: string | null;
      recipient: string;
      language: 'th' | 'en';
      payload: Record<string, string | number>;
    },
  ): Promise<void>;
}
export interface OrdersDeps {
  db: Db;
  cart: CartService;
  coupons: Pick<CouponsService, 'hold' | 'use' | 'release'>;
  sharedCarts: Pick<SharedCartsService, 'lockSelection' | 'ordered' | 'orderChanged'>;
  invoices: InvoicesService;
  messages: MessageQueue;
  settings: Settings;
  /** LINK_SECRET: signs the links of the e-mails. */
  linkSecret: string;
  publicUrl: string;
  clock?: Clock;
}
export interface PlaceOrder {
  email?: string | undefined;
  locale?: 'th' | 'en' | undefined;
  buyer?: repository.Buyer | undefined;
  expectedTotalSatang?: number | undefined;
  /** The secret of a shared cart, to order its photos. */
  sharedCart?: string | undefined;
  /** Exactly these instead of the cart's selected lines. */
  photoIds?: readonly string[] | undefined;
  /** The Idempotency-Key: the same one answers the same order, for ever. */
  requestKey?: string | undefined;
}
/** What is being ordered: the own cart, or a shared one. */
interface Chosen {
  selection: Selection;
  /** The own cart, locked. */
  cartId: string | null;
  sharedCartId: string | null;
}
/** Money that pays an order; none for an order that costs nothing. */
export interface Received {
  paymentId: string;
  paidSatang: number;
  from: 'gateway_clearing' | 'suspense';
}
/** A second checkout of the same moment gets the order of the first. */
const sameCheckoutMs = 60_000;
const linkDays = 365;

export function createOrdersService(deps: OrdersDeps) {
  const { db, cart, coupons, sharedCarts, invoices, messages, settings, publicUrl } = deps;
  const clock = deps.clock ?? systemClock;
  const tokens = createTokens(deps.linkSecret, 'order');

  const tokenOf = (orderId: string) =>
    tokens.issue({ orderId }, new Date(clock.now().getTime() + linkDays * 86_400_000));
  const pageLink = (orderId: string, token: string) =>
    `${publicUrl}/orders/${orderId}?token=${encodeURIComponent(token)}`;
  const isTokenOf = (orderId: string, token: string | undefined): boolean => {
    if (!token) return false;
    const read = tokens.read<{ orderId: string }>(token, clock.now());
    return typeof read === 'object' && read.data.orderId === orderId;
  };

  /** Somebody who knows an order's id but may not see it is written down, so many times a minute: nobody fills the log from outside. */
  const mayLog = perMinute(60, clock);
  async function logRefused(orderId: string, viewer: Viewer | null, withLink: boolean): Promise<void> {
    if (!mayLog()) return;
    await audit(db, {
      actorId: viewer?.userId ?? null,
      action: 'order.refused',
      subjectKind: 'order',
      subjectId: orderId,
      details: { reason: withLink ? 'link' : 'not_theirs' },
    });
  }

  /** The order of this viewer, of the link's bearer, or for an admin; everybody else: order.not_found. */
  async function requireOrder(at: DbOrTrx, id: string, viewer: Viewer | null, token?: string) {
    const order = await repository.find(at, id);
    const isAllowed =
      order && (order.user_id === viewer?.userId || viewer?.role === 'admin' || isTokenOf(order.id, token));
    if (order && !isAllowed) await logRefused(order.id, viewer, token !== undefined);
    if (!order || !isAllowed) throw new AppError('order.not_found');
    return order;
  }

  async function choose(trx: Trx, viewer: Viewer, email: string, input: PlaceOrder): Promise<Chosen> {
    const { sharedCart: token, photoIds } = input;
    if (token === undefined) {
      const selection = await cart.lockSelection(trx, viewer.userId, email, photoIds);
      return { selection, cartId: selection.cartId, sharedCartId: null };
    }
    const { id, selection } = await sharedCarts.lockSelection(trx, token, {
      userId: viewer.userId,
      email: viewer.email,
    });
    return { selection, cartId: null, sharedCartId: id };
  }

  /** Snapshots the priced lines with the split that is in force for each. */
  async function writeOrder(
    trx: Trx,
    viewer: Viewer,
    email: string,
    input: PlaceOrder,
    { selection: chosen, sharedCartId }: Pick<Chosen, 'selection' | 'sharedCartId'>,
    terms: Terms,
  ) {
    const { quote } = chosen;
    const couponId = quote.couponSatang > 0 ? chosen.coupon!.row.id : null;
    const { lines, ...rest } = quote;
    const order = await repository.insert(trx, {
      userId: viewer.userId,
      email,
      locale: input.locale ?? viewer.locale,
      subtotalSatang: quote.subtotalSatang,
      discountSatang: quote.discountSatang,
      totalSatang: quote.totalSatang,
      quote: rest,
      couponId,
      sharedCartId,
      requestKey: input.requestKey ?? null,
      tax: terms.tax,
      buyer: input.buyer ?? {},
    });
    const photoOf = new Map(chosen.lines.map((each) => [each.line.photo_id, each.photo!]));
    const rules = await rulesInForce(trx, [...new Set(lines.map((line) => line.eventId))]);
    const toItem = (line: QuoteLine): repository.NewItem => {
      const photo = photoOf.get(line.photoId)!;
      const rule = ruleFor(rules, photo);
      return {
        order_id: order.id,
        photo_id: line.photoId,
        event_id: line.eventId,
        photographer_id: photo.photographerId,
        organizer_id: photo.organizerId,
        package_id: line.packageId,
        list_price_satang: line.listPriceSatang,
        price_satang: line.priceSatang,
        coupon_satang: line.couponSatang,
        split_rule_id: rule.id,
        platform_bp: rule.platform_bp,
        photographer_bp: rule.photographer_bp,
        organizer_bp: rule.organizer_bp,
      };
    };
    await repository.insertItems(trx, lines.map(toItem));
    if (couponId) {
      const discountSatang = quote.couponSatang;
      await coupons.hold(trx, { couponId, orderId: order.id, userId: viewer.userId, email, discountSatang });
    }
    return order;
  }

  /**
   * The order is paid: status, grants, ledger, document, e-mail and live notice, all in the caller's transaction, which
   * holds the order's lock. Throws order.transition when it cannot be paid from where it is.
   */
  async function fulfil(trx: Trx, order: repository.OrderRow, received: Received | null, terms: Terms): Promise<void> {
    const at = clock.now();
    if (!(await repository.move(trx, order.id, 'paid', at))) throw new AppError('order.transition');
    const items = await repository.itemsOf(trx, order.id);
    await repository.grant(trx, order, items, terms.maxDownloads);
    if (order.coupon_id) await coupons.use(trx, order.id);
    // An order of 0 baht moves no money: it has grants and a receipt over 0, and no ledger entry.
    if (received) {
      const sold = items.map((item) => ({
        id: item.id,
        eventId: item.event_id,
        photographerId: item.photographer_id,
        organizerId: item.organizer_id,
        priceSatang: item.price_satang,
        platformBp: item.platform_bp,
        photographerBp: item.photographer_bp,
        organizerBp: item.organizer_bp,
      }));
      await post(trx, {
        kind: 'sale',
        reference: order.id,
        orderId: order.id,
        paymentId: received.paymentId,
        description: order.number,
        postings: salePostings({
          items: sold,
          totalSatang: order.total_satang,
          paidSatang: received.paidSatang,
          vatRateBp: order.tax.rateBp,
          from: received.from,
        }),
      });
    }
    // Photos of an order that had been closed went back to the cart.
    const photoIds = items.map((item) => item.photo_id);
    await cart.consume(trx, order.user_id, photoIds);
    if (order.shared_cart_id) await sharedCarts.orderChanged(trx, order.shared_cart_id, order.id, true);
    const token = tokenOf(order.id);
    await messages.queue(trx, {
      template: 'order.paid',
      dedupeKey: `order.paid-${order.id}`,
      userId: order.user_id,
      recipient: order.email,
      language: order.locale,
      payload: {
        orderNumber: order.number,
        link: pageLink(order.id, token),
        photoCount: items.length,
        totalSatang: received?.paidSatang ?? 0,
      },
    });
    await notify(trx, order.user_id, { type: 'order.changed', orderId: order.id });
    const paidSatang = received?.paidSatang ?? 0;
    await invoices.issueSale(trx, { order, items, paidSatang, seller: terms.seller, at });
  }

  return {
    requireOrder,
    isTokenOf,
    fulfil,
    find: repository.find,
    lock: repository.lock,
    itemsOf: repository.itemsOf,
    refundItems: repository.refundItems,
    /** After an unlimited package was given back: what was taken under it. */
    async withdrawTaken(trx: Trx, userId: string, eventIds: readonly string[], at: Date): Promise<void> {
      if (eventIds.length === 0) return;
      await cart.lockCouponId(trx, userId);
      await withdrawTaken(trx, userId, eventIds, at);
    },
    move: repository.move,
    isDeliverable: repository.isDeliverable,
    pastExpiry: repository.pastExpiry,
    joinGuest: repository.joinGuest,
    loadTerms: (): Promise<Terms> => loadTerms(settings, clock.now()),
    tokenOf,
    pageLink,

    /**
     * One transaction under the cart's lock: prices the selected lines, snapshots them, takes them out of the cart. Of two
     * checkouts at once the second finds the cart empty and answers the first one's order (isNew false).
     */
    async place(viewer: Viewer, input: PlaceOrder): Promise<{ order: repository.OrderRow; isNew: boolean }> {
      const email = (input.email ?? viewer.email)?.toLowerCase();
      if (!email) throw new AppError('order.email_required');
      const terms = await loadTerms(settings, clock.now());
      return db.transaction().execute(async (trx) => {
        const same = input.requestKey && (await repository.findByKey(trx, viewer.userId, input.requestKey));
        if (same) return { order: same, isNew: false };
        const { selection, cartId, sharedCartId } = await choose(trx, viewer, email, input);
        const { quote, coupon } = selection;
        if (quote.unpricedPhotoIds.length > 0)
          throw new AppError('photo.not_for_sale', { photoIds: quote.unpricedPhotoIds });
        if (quote.lines.length === 0) {
          const before = sharedCartId ? undefined : await repository.newestPending(trx, viewer.userId);
          const isSame = before && clock.now().getTime() - before.placed_at.getTime() < sameCheckoutMs;
          if (before && isSame) return { order: before, isNew: false };
          throw new AppError('cart.empty', before ? { orderId: before.id } : {});
        }
        // Never charged more than was shown because a code ran out meanwhile.
        if (coupon?.problem) throw new AppError(coupon.problem, { totalSatang: quote.totalSatang, quote });
        if (input.expectedTotalSatang !== undefined && input.expectedTotalSatang !== quote.totalSatang)
          throw new AppError('order.price_changed', { totalSatang: quote.totalSatang, quote });
        const order = await writeOrder(trx, viewer, email, input, { selection, sharedCartId }, terms);
        const withCoupon = order.coupon_id !== null;
        if (sharedCartId) {
          await sharedCarts.ordered(trx, sharedCartId, order.id);
          if (withCoupon) await cart.dropCoupon(trx, viewer.userId);
        }
        if (cartId) {
          const photoIds = quote.lines.map((line) => line.photoId);
          await cart.takeOut(trx, viewer.userId, { cartId, photoIds, withCoupon });
        }
        if (order.total_satang > 0) return { order, isNew: true };
        await fulfil(trx, order, null, terms);
        return { order: (await repository.find(trx, order.id))!, isNew: true };
      });
    },

    /** Ends an unpaid order under its lock; its photos go back to the cart. False when it is not pending any more. */
    async close(trx: Trx, order: repository.OrderRow, to: 'cancelled' | 'expired'): Promise<boolean> {
      if (!(await repository.move(trx, order.id, to, clock.now()))) return false;
      const items = await repository.itemsOf(trx, order.id);
      const photoIds = items.map((item) => item.photo_id);
      if (order.coupon_id) await coupons.release(trx, order.id);
      const had = { packageId: order.quote.forcedPackageId ?? null, couponId: order.coupon_id };
      if (order.shared_cart_id) {
        await cart.giveBack(trx, order.user_id, [], { couponId: order.coupon_id });
        await sharedCarts.orderChanged(trx, order.shared_cart_id, order.id, false);
      } else await cart.giveBack(trx, order.user_id, photoIds, had);
      await notify(trx, order.user_id, { type: 'order.changed', orderId: order.id });
      return true;
    },

    async view(
      order: repository.OrderRow,
      payment: PaymentView | null,
      refunds: RefundView[],
      viewer: Viewer | null,
      givenToken?: string,
    ) {
      const token = tokenOf(order.id);
      const items = await repository.details(db, [order.id]);
      const documents = order.paid_at ? await invoices.list(order.id) : [];
      const viewedBy = {
        isOwner: order.user_id === viewer?.userId,
        token: (isTokenOf(order.id, givenToken) && givenToken) || null,
      };
      return orderView(order, items, {
        payment,
        refunds,
        documents,
        token,
        pageLink: pageLink(order.id, token),
        viewedBy,
      });
    },
    async list(
      filter: { userId?: string; status?: string | undefined; search?: string | undefined },
      query: { cursor?: string | undefined; limit: number },
    ) {
      const rows = await repository.list(db, filter, decodeCursor(query.cursor), query.limit + 1);
      const items = await repository.details(
        db,
        rows.map((row) => row.id),
      );
      return toPage(
        rows,
        query.limit,
        (row) => ({ at: row.placed_at, id: row.id }),
        (row) => summaryView(row, items),
      );
    },
  };
}
