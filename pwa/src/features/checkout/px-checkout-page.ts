import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Quote } from '#contracts/pricing.ts';
import { photoUrls } from '#contracts/sync/photos.ts';
import { PxElement } from '../../components/element.ts';
import { field, focusFirstProblem, looksLikeEmail } from '../../components/field.ts';
import { icon } from '../../components/px-icon.ts';
import { emptyState } from '../../components/states.ts';
import { type CartLine, cart, cartPrice } from '../../context/cart.ts';
import { cartChoice, cartFacts, dropCoupon, refreshCart, watchServerCart } from '../../context/cart-choice.ts';
import { refreshOffers } from '../../context/cart-price.ts';
import { followOrder, type OrderAnswer, orderPath, requestOrder, waitingOrder } from '../../context/ordering.ts';
import { navigate } from '../../context/router.ts';
import { setTitle } from '../../context/surface.ts';
import { openTogether, refreshTogether, together } from '../../context/together.ts';
import { api } from '../../data/api.ts';
import { online } from '../../data/connectivity.ts';
import { type Order, startPayment } from '../../data/orders.ts';
import { cancelEffect, type Effect, flush, keptOnDevice, retryNow, sending, waiting } from '../../data/outbox.ts';
import { type ApiProblem, isProblem } from '../../data/problem.ts';
import { accountUser, session } from '../../data/session.ts';
import { formatMoney } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { problemText } from '../../i18n/problems.ts';
import { photoOfLine } from '../cart/px-cart-page.ts';
import { couponProblem } from '../cart/px-coupon.ts';
import {
  type BuyerDetails,
  buyerFields,
  buyerProblems,
  rememberBuyer,
  rememberedBuyer,
  toBuyer,
} from './buyer-details.ts';
import './checkout.css';

const EMAIL = 'px.email';
const SHOWN = 6;
/** A row of pictures; the last place says how many more. */
const shownOf = (count: number): number => (count > SHOWN ? SHOWN - 1 : count);

/** The last step before the QR: where the photos go, what it costs, one button. */
@customElement('px-checkout-page')
export class PxCheckoutPage extends PxElement {
  /** The secret of a shared cart: its photos are ordered instead of the own cart's. */
  @property() together = '';
  @state() private email = '';
  /** What was shown when the server answered another price. */
  @state() private shownBefore: number | null = null;
  /** The coupon ran out meanwhile: its code of the error. */
  @state() private couponGone = '';
  @state() private emailProblem = '';
  @state() private buyer: BuyerDetails = rememberedBuyer();
  @state() private buyerProblems: ReturnType<typeof buyerProblems> = {};
  @state() private problem = '';
  @state() private busy = false;

  constructor() {
    super();
    this.watch(cart);
    this.watch(cartPrice);
    this.watch(cartChoice);
    this.watch(cartFacts);
    this.watch(together);
    this.watch(online);
    this.watch(session);
    this.watch(waiting);
    this.watch(sending);
    this.watch(keptOnDevice);
    try {
      this.email = localStorage.getItem(EMAIL) ?? '';
    } catch {
      // typed again then
    }
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.together) {
      if (together.value.token === this.together) void refreshTogether();
      else void openTogether(this.together);
      return;
    }
    // Nobody pays by a price of yesterday.
    this.#stopLooking = watchServerCart();
    void refreshOffers();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopFollowing?.();
    this.#stopFollowing = null;
    this.#stopLooking?.();
    this.#stopLooking = null;
  }

  #stopLooking: (() => void) | null = null;
  #stopFollowing: (() => void) | null = null;
  /** An order that an earlier visit of this page left waiting: what becomes of it is shown here. */
  protected override willUpdate(): void {
    const order = waitingOrder(this.together);
    if (order && !this.#stopFollowing && !this.busy) {
      this.#shown = (order.body as { expectedTotalSatang?: number }).expectedTotalSatang;
      this.#stopFollowing = followOrder(order.id, this.#answered);
    }
  }

  /** What is being paid: pictures and price, of the own cart or the shared one. */
  get #subject(): { thumbnails: string[]; price: Quote | null } {
    if (this.together) {
      const view = together.value.view;
      const items = view?.items.filter((item) => item.status === 'available') ?? [];
      return { thumbnails: items.map((item) => photoUrls(item.photoId).thumbnails.small), price: view?.quote ?? null };
    }
    const lines = this.#ownLines;
    return { thumbnails: lines.map((line) => photoOfLine(line).thumbnails.small), price: cartPrice.value };
  }

  get #ownLines(): readonly CartLine[] {
    const facts = cartFacts.value.lines;
    return cart.value.lines.filter(({ photoId }) => (facts[photoId]?.status ?? 'available') === 'available');
  }

  protected override render(): TemplateResult {
    const texts = t().checkout;
    setTitle(texts.title);
    const order = waitingOrder(this.together);
    if (order && !this.busy) return this.#waiting(order);
    const { thumbnails, price } = this.#subject;
    const isLoading = this.together !== '' && !together.value.view && !together.value.problem;
    if (thumbnails.length === 0 && !this.busy && !isLoading)
      return html`<div class="page page-narrow">
        ${emptyState({
          isPage: true,
          drawing: 'bag',
          title: t().cart.empty,
          body: t().cart.emptyBody,
          action: html`<a class="btn btn-solid" href="/">${t().cart.emptyAction}</a>`,
        })}
      </div>`;
    const count = thumbnails.length;
    const total = price?.totalSatang;
    const back = this.together ? `/together/${this.together}` : '/cart';
    const user = accountUser();
    return html`<form class="page page-narrow stack checkout" novalidate @submit=${this.#submit}>
      <a class="back-link" href=${back}>${icon('chevron-left')}${this.together ? t().together.title : t().cart.title}</a>
      <h1 class="page-title">${texts.title}</h1>
      <section class="checkout-photos" aria-label=${texts.summary}>
        <ul>
          ${thumbnails.slice(0, shownOf(count)).map((source) => html`<li><img src=${source} alt="" /></li>`)}
          ${count > SHOWN ? html`<li class="rest num">+${count - shownOf(count)}</li>` : nothing}
        </ul>
        <p class="num">
          <span>${t().cart.bar(count)}</span>
          ${total === undefined ? nothing : html`<strong>${formatMoney(total)}</strong>`}
        </p>
        ${
          (price?.savingSatang ?? 0) > 0
            ? html`<p class="small saving-line">${t().price.saved(price!.savingSatang)}</p>`
            : nothing
        }
        ${
          (price?.couponSatang ?? 0) > 0
            ? html`<p class="small saving-line num">
                <span>${t().coupon.line(price!.coupon!.code)}</span> −${formatMoney(price!.couponSatang)}
              </p>`
            : cartChoice.value.coupon &&
                !cartChoice.value.coupon.terms &&
                !cartChoice.value.coupon.problem &&
                !this.together
              ? html`<p class="small">${t().coupon.line(cartChoice.value.coupon.code)} · ${t().coupon.waiting}</p>`
              : nothing
        }
      </section>
      ${
        user
          ? html`<p class="note">${icon('mail')}<span>${texts.sentTo(user.email ?? '')}</span></p>`
          : html`<section class="stack">
            <h2 class="section-title">${texts.contact}</h2>
            ${field({
              name: 'email',
              label: texts.email,
              type: 'email',
              value: this.email,
              hint: texts.emailHint,
              problem: this.emailProblem,
              autocomplete: 'email',
              inputmode: 'email',
              required: true,
              onInput: (value) => {
                this.email = value;
                this.emailProblem = '';
              },
            })}
            <p class="small"><a href="/sign-in?next=/checkout">${texts.haveAccount}</a></p>
          </section>`
      }
      ${buyerFields(this.buyer, this.buyerProblems, (buyer) => {
        this.buyer = buyer;
        this.buyerProblems = {};
      })}
      <div class="stack checkout-end">
        <div role="alert">${this.#news(total)}</div>
        ${online.value ? nothing : html`<p class="note note-warning">${icon('cloud-off')}${texts.offline}</p>`}
        <button class="btn btn-gold btn-big btn-wide" aria-busy=${this.busy ? 'true' : 'false'} ?disabled=${this.busy}>
          ${total === 0 ? nothing : icon('qr')}${this.#verb(total)}
        </button>
        <p class="small soft centre">
          ${texts.promptpay}<br />${texts.agree} <a href="/terms">${t().app.terms}</a>
        </p>
        <p class="sr-only" role="status">${this.busy ? texts.placing : ''}</p>
      </div>
    </form>`;
  }

  /** Another price, a code that ran out, or what else stands in the way; going on is the one button below. */
  #news(total: number | undefined): TemplateResult | typeof nothing {
    if (this.couponGone)
      return html`<div class="note note-warning">
        ${icon('info')}<span
          >${couponProblem(this.couponGone)}
          <button type="button" class="link" @click=${this.#withoutCoupon}>${t().coupon.without}</button></span
        >
      </div>`;
    if (this.shownBefore !== null && total !== undefined)
      return html`<p class="note note-warning">
        ${icon('info')}<span class="num">${t().changes.newTotal(this.shownBefore, total)}</span>
      </p>`;
    return this.problem ? html`<p class="note note-error">${icon('warning')}${this.problem}</p>` : nothing;
  }
  #verb(total: number | undefined): string {
    if (!online.value) return t().checkout.placeLater;
    if (total === undefined) return t().cart.checkout;
    if (total === 0) return t().checkout.placeFree;
    return this.shownBefore === null ? t().checkout.place(total) : t().changes.acceptPrice(total);
  }
  readonly #withoutCoupon = (): void => {
    this.couponGone = '';
    dropCoupon();
    if (this.together) void refreshTogether();
  };

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (this.busy) return;
    const form = event.target as HTMLFormElement;
    const guestEmail = accountUser() ? undefined : this.email.trim();
    if (guestEmail !== undefined && !looksLikeEmail(guestEmail))
      this.emailProblem = guestEmail === '' ? t().errors.fieldRequired : t().errors.emailInvalid;
    this.buyerProblems = buyerProblems(this.buyer);
    if (this.emailProblem || Object.keys(this.buyerProblems).length > 0) {
      await this.updateComplete;
      focusFirstProblem(form);
      return;
    }
    this.problem = '';
    this.couponGone = '';
    this.busy = true;
    try {
      if (guestEmail) localStorage.setItem(EMAIL, guestEmail);
    } catch {
      // typed again next time
    }
    rememberBuyer(this.buyer);
    try {
      this.#shown = this.#subject.price?.totalSatang;
      this.#stopFollowing?.();
      this.#stopFollowing = await requestOrder(
        {
          photoIds: this.#ownLines.map((line) => line.photoId),
          ...(guestEmail && { email: guestEmail }),
          buyer: toBuyer(this.buyer),
          ...(this.together && { sharedCart: this.together }),
          ...(this.#shown !== undefined && { expectedTotalSatang: this.#shown }),
        },
        this.#answered,
      );
      await flush();
    } catch (error) {
      this.problem = problemText(error);
    } finally {
      // Without an answer the order waits; the page says so.
      if (this.isConnected && !this.#isLeaving) this.busy = false;
    }
  };

  /** What was shown is what was agreed to. */
  #shown: number | undefined;
  #isLeaving = false;
  readonly #answered = (answer: OrderAnswer): void => {
    this.#stopFollowing = null;
    void (answer.ok ? this.#placed(answer.order) : this.#refused(answer.problem));
  };

  async #placed(order: Order): Promise<void> {
    this.#isLeaving = true;
    this.busy = true;
    // The QR is asked for already here: one wait instead of two. The order page asks again if this fails.
    if (order.can.pay) await startPayment(order.id).catch(() => undefined);
    navigate(orderPath(order), { replace: true });
  }

  async #refused(problem: ApiProblem): Promise<void> {
    if (isProblem(problem, ...couponProblems)) this.couponGone = problem.code;
    else if (isProblem(problem, 'order.price_changed')) {
      // The price is the server's: show its own and let the person decide again.
      await this.#showServerPrice().catch(() => undefined);
      this.shownBefore = this.#shown ?? null;
    } else this.problem = problemText(problem);
  }

  /** Pressed without signal: kept, and what happens next said in words. */
  #waiting(order: Effect): TemplateResult {
    const texts = t().checkout.queued;
    const count = Number(order.about?.photos ?? 0);
    return html`<div class="page page-narrow stack">
      ${emptyState({
        isPage: true,
        drawing: 'signal',
        title: texts.title,
        body: count > 0 ? texts.body(count) : texts.bodyShared,
        action: html`<button class="btn btn-solid" ?disabled=${sending.value?.id === order.id} @click=${retryNow}>
            ${icon('refresh')}${t().offline.tryNow}</button
          ><button class="btn btn-line" ?disabled=${sending.value?.id === order.id} @click=${() => cancelEffect(order.id)}>
            ${texts.takeBack}
          </button>`,
      })}
      ${order.attempted ? html`<p class="note">${icon('info')}<span>${texts.maybe}</span></p>` : nothing}
      ${
        keptOnDevice.value
          ? html`<p class="small soft centre">${texts.leave}</p>`
          : html`<p class="note note-warning">${icon('warning')}<span>${t().offline.onlyMemory}</span></p>`
      }
    </div>`;
  }

  async #showServerPrice(): Promise<void> {
    if (this.together) return refreshTogether();
    await Promise.all([refreshCart(), refreshOffers()]);
    const { quote } = await api('GET /api/cart/summary');
    cartPrice.set(quote);
  }
}

const couponProblems = [
  'coupon.not_started',
  'coupon.expired',
  'coupon.used_up',
  'coupon.used_by_you',
  'coupon.first_order_only',
] as const;
