import { html, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { emptyState, errorState, loadingPage } from '../../components/states.ts';
import { setSurface, setTitle } from '../../context/surface.ts';
import { holdUpdates } from '../../context/updates.ts';
import { online } from '../../data/connectivity.ts';
import { onNotice } from '../../data/notices.ts';
import { loadOrder, type Order, type Payment, readPayment, startPayment } from '../../data/orders.ts';
import { isProblem } from '../../data/problem.ts';
import { formatDateTime, formatMoney } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { problemText } from '../../i18n/problems.ts';
import './checkout.css';
import { documentLinks } from './documents.ts';
import './px-delivery.ts';
import './px-pay.ts';

const POLL_MS = 3_000;
/** After so many seconds a silent gateway is asked again, longer each time. */
const RETRY_SECONDS = [5, 10, 20, 30];
const isDelivered = (order: Order): boolean => order.status === 'paid' || order.status === 'partially_refunded';

/**
 * One order: its QR while it waits for money, then on the same screen its photos. Hears of the payment live and asks every
 * 3 s besides; after a reload it goes on from what the server says.
 */
@customElement('px-order-page')
export class PxOrderPage extends PxElement {
  @property() orderId = '';
  @property() token = '';
  @state() private order: Order | null = null;
  @state() private payment: Payment | null = null;
  @state() private problem: unknown = null;
  @state() private payProblem = '';
  @state() private starting = false;
  /** The gateway did not answer: when the QR is asked for again. */
  @state() private retryAt = 0;
  /** The money came while this page was looked at: worth a small celebration. */
  @state() private justPaid = false;
  #stopNotices: (() => void) | null = null;
  #poll: ReturnType<typeof setTimeout> | undefined;
  #releaseUpdates: (() => void) | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #retries = 0;
  #stopOnline: (() => void) | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.#onVisible);
    // Back from a dead spot: look at once, and ask for the QR that could not be asked for.
    this.#stopOnline = online.watch((reachable) => {
      if (!reachable || !this.#isWaiting) return;
      if (this.#needsQr) void this.#newQr();
      else void this.#check();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.#onVisible);
    this.#stopOnline?.();
    this.#rest();
  }

  /** Coming back from the bank app: ask at once. */
  readonly #onVisible = (): void => {
    if (document.visibilityState === 'visible' && this.#isWaiting) void this.#check();
  };

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('orderId') && this.orderId) {
      this.order = null;
      this.payment = null;
      void this.#load();
    }
  }

  get #isWaiting(): boolean {
    return this.order?.status === 'pending';
  }

  /** No attempt yet, or one that the gateway refused: asking again cannot charge twice. */
  get #needsQr(): boolean {
    return !this.payment || this.payment.status === 'failed';
  }

  async #load(): Promise<void> {
    this.problem = null;
    try {
      await loadOrder(this.orderId, this.token, (order) => this.#take(order));
      // A fresh order without a live QR gets one without asking.
      if (this.order?.can.pay && this.#needsQr) await this.#newQr();
    } catch (error) {
      if (!this.order) this.problem = error;
    }
  }

  #take(order: Order): void {
    if (this.order?.status === 'pending' && isDelivered(order)) this.justPaid = true;
    this.order = order;
    this.payment = order.payment;
    setSurface(isDelivered(order) ? 'night' : 'day');
    if (this.#isWaiting) this.#wait();
    else this.#rest();
  }

  #wait(): void {
    this.#releaseUpdates ??= holdUpdates();
    this.#stopNotices ??= onNotice((notice) => {
      const about = 'orderId' in notice ? notice.orderId : null;
      if (about === this.orderId || notice.type === 'resync') void this.#check();
    });
    this.#schedule();
  }

  #rest(): void {
    clearTimeout(this.#poll);
    clearTimeout(this.#retry);
    this.retryAt = 0;
    this.#stopNotices?.();
    this.#stopNotices = null;
    this.#releaseUpdates?.();
    this.#releaseUpdates = null;
  }

  #schedule(): void {
    clearTimeout(this.#poll);
    this.#poll = setTimeout(() => void this.#check(), POLL_MS);
  }

  #checking = false;
  async #check(): Promise<void> {
    if (this.#checking || !this.#isWaiting) return;
    this.#checking = true;
    try {
      // The payment, not the order, has the gateway asked.
      const payment = this.payment ? await readPayment(this.payment.id, this.token) : null;
      if (payment && payment.status === this.payment?.status && payment.orderStatus === 'pending') {
        // While the gateway is asked for the next one, the last one's state must not flicker in.
        if (!this.starting) this.payment = payment;
      } else await loadOrder(this.orderId, this.token, (order) => this.#take(order));
    } catch (error) {
      // Whoever was signed in is not any more, or the link ran out: the order tells.
      if (isProblem(error, 'payment.not_found'))
        await loadOrder(this.orderId, this.token, (order) => this.#take(order)).catch(() => undefined);
    } finally {
      this.#checking = false;
      if (this.#isWaiting && this.isConnected) this.#schedule();
    }
  }

  readonly #newQr = async (): Promise<void> => {
    if (this.starting) return;
    this.starting = true;
    this.payProblem = '';
    clearTimeout(this.#retry);
    try {
      this.payment = await startPayment(this.orderId);
      this.retryAt = 0;
      this.#retries = 0;
    } catch (error) {
      if (isProblem(error, 'order.already_paid', 'order.transition')) await this.#load();
      else if (isProblem(error, 'payment.gateway_unavailable')) this.#retryLater();
      else if (isProblem(error) && error.isOffline) this.payProblem = t().payMore.offlineNoQr;
      else this.payProblem = problemText(error);
    } finally {
      this.starting = false;
      if (this.#isWaiting) this.#wait();
    }
  };
  /** The order is kept; the page asks again by itself. The server never opens a second live attempt. */
  #retryLater(): void {
    const seconds = RETRY_SECONDS[Math.min(this.#retries++, RETRY_SECONDS.length - 1)]!;
    this.retryAt = Date.now() + seconds * 1000;
    this.#retry = setTimeout(() => {
      if (this.isConnected && this.#isWaiting) void this.#newQr();
    }, seconds * 1000);
  }

  protected override render(): TemplateResult {
    const { order } = this;
    if (!order) {
      if (!this.problem) return loadingPage(t().order.title);
      if (isProblem(this.problem, 'order.not_found', 'auth.required', 'download.expired')) return this.#badLink();
      return html`<div class="page page-narrow">${errorState(this.problem, () => void this.#load(), { isPage: true })}</div>`;
    }
    if (isDelivered(order)) {
      setTitle(t().order.title);
      return html`<px-delivery .order=${order} .token=${this.token} .isFresh=${this.justPaid}></px-delivery>`;
    }
    setTitle(t().pay.title);
    return html`<div class="page page-narrow stack pay-page">
      ${
        order.status === 'pending'
          ? html`<px-pay
            .payment=${this.payment}
            .totalSatang=${order.totalSatang}
            .canPay=${order.can.pay}
            .busy=${this.starting}
            .problem=${this.payProblem}
            .orderNumber=${order.number}
            .retryAt=${this.retryAt}
            @px-new-qr=${this.#newQr}
          ></px-pay>`
          : this.#closed(order)
      }
      <hr class="rule" />
      <p class="spread small soft">
        <span>${t().order.number(order.number)}</span><span class="num">${formatDateTime(order.placedAt)}</span>
      </p>
    </div>`;
  }

  /** Cancelled, expired, refunded. */
  #closed(order: Order): TemplateResult {
    return emptyState({
      isPage: true,
      drawing: 'slipped',
      title: t().order.statuses[order.status],
      body: `${t().order.number(order.number)} · ${formatMoney(order.totalSatang)}`,
      action: html`<span class="documents">${documentLinks(order)}</span><a class="btn btn-solid" href="/cart">${t().pay.change}</a>`,
    });
  }

  #badLink(): TemplateResult {
    return html`<div class="page page-narrow">
      ${emptyState({
        isPage: true,
        drawing: 'slipped',
        title: t().order.linkProblem,
        body: t().order.linkProblemBody,
        action: html`<a class="btn btn-solid" href="/sign-in?next=${encodeURIComponent(`/orders/${this.orderId}`)}"
          >${t().app.signIn}</a
        >`,
      })}
    </div>`;
  }
}
