import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { formatBaht } from '#contracts/money.ts';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import '../../components/px-ring.ts';
import { saveBlob } from '../../components/save.ts';
import { toast } from '../../context/toasts.ts';
import { online } from '../../data/connectivity.ts';
import type { Payment } from '../../data/orders.ts';
import { formatMoney, formatTime } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { drawQrPicture } from './qr-picture.ts';

const URGENT_SECONDS = 60;
const FALLBACK_LIFE_MS = 15 * 60_000;
/** An attempt the gateway never answered blocks a new one for so long: it might be paid after all. */
const UNKNOWN_MS = 16 * 60_000;

/** QR and amount, very large; how long it lives; how to pay from the same phone. Emits `px-new-qr`. */
@customElement('px-pay')
export class PxPay extends PxElement {
  @property({ attribute: false }) payment: Payment | null = null;
  @property({ type: Number }) totalSatang = 0;
  @property({ type: Boolean }) canPay = false;
  @property({ type: Boolean }) busy = false;
  @property() problem = '';
  @property() orderNumber = '';
  /** The gateway does not answer: when the page tries again by itself, milliseconds since 1970; 0: it does not. */
  @property({ type: Number }) retryAt = 0;
  @state() private now = Date.now();
  #tick: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.watch(online);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#tick = setInterval(() => {
      this.now = Date.now();
    }, 1_000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#tick);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('payment')) this.now = Date.now();
  }

  get #leftMs(): number {
    const { payment } = this;
    return payment?.expiresAt ? Date.parse(payment.expiresAt) - this.now : FALLBACK_LIFE_MS;
  }

  protected override render(): TemplateResult {
    const { payment } = this;
    const texts = t().pay;
    const isLive = payment?.status === 'pending' && this.#leftMs > 0 && payment.qrImageBase64;
    return html`<h1 class="sr-only">${texts.title}</h1>
      ${isLive ? this.#qr(payment) : payment?.redirectUrl ? this.#hosted(payment.redirectUrl) : this.#noQr()}
      ${payment?.review ? html`<p class="note note-warning">${icon('info')}${texts.review}</p>` : nothing}`;
  }

  #qr(payment: Payment): TemplateResult {
    const texts = t().pay;
    const left = this.#leftMs;
    const seconds = Math.max(0, Math.ceil(left / 1000));
    const whole = Math.max(1, Date.parse(payment.expiresAt ?? '') - Date.parse(payment.createdAt) || FALLBACK_LIFE_MS);
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    return html`<div class="pay">
      <p class="pay-amount">
        <span class="soft small">${texts.amount}</span>
        <strong class="num">฿${formatBaht(payment.amountSatang)}</strong>
        <span class="soft small">${texts.exact}</span>
      </p>
      <div class="qr">
        <img
          src="data:image/png;base64,${payment.qrImageBase64!}"
          alt=${texts.qrAlt(formatMoney(payment.amountSatang))}
          width="320"
          height="320"
        />
      </div>
      <div class="pay-status">
        <px-ring
          .value=${left / whole}
          .text=${clock}
          .label=${texts.expiresIn}
          .urgent=${seconds <= URGENT_SECONDS}
        ></px-ring>
        <p role="status">
          <strong>${online.value ? texts.waiting : t().offline.title}</strong><br />
          <span class="soft small">${online.value ? texts.keep : texts.offline}</span>
        </p>
      </div>
      <button class="btn btn-gold btn-big btn-wide" @click=${() => this.#save(payment)}>
        ${icon('download')}${texts.saveQr}
      </button>
      <ol class="pay-steps">
        ${texts.steps.map((step, i) => html`<li><span class="num" aria-hidden="true">${i + 1}</span>${step}</li>`)}
      </ol>
    </div>`;
  }

  /** No QR on the screen: it comes, it ran out, or the gateway is silent. Each says what is kept and what happens next. */
  #noQr(): TemplateResult {
    const texts = t().pay;
    const more = t().payMore;
    const status = this.payment?.status;
    if (!online.value && status !== 'expired') return this.#state('cloud-off', more.offlineTitle, more.offlineNoQr);
    if (this.retryAt > 0) {
      const seconds = Math.max(0, Math.ceil((this.retryAt - this.now) / 1000));
      return this.#state('clock', more.gatewayTitle, more.gatewayBody, {
        small: this.busy ? t().checkout.placing : more.retryIn(seconds),
        action: more.retryNow,
      });
    }
    if (status === 'unknown' && this.payment) {
      const ends =
        this.payment.retryAt ??
        this.payment.expiresAt ??
        new Date(Date.parse(this.payment.createdAt) + UNKNOWN_MS).toISOString();
      if (Date.parse(ends) > this.now)
        return this.#state('clock', more.unknownTitle, more.unknownBody(formatTime(ends)), { small: texts.checking });
      return this.#state('clock', texts.expired, texts.expiredBody, { action: this.canPay ? texts.newQr : '' });
    }
    if (!this.payment && this.problem)
      return this.#state('warning', this.problem, '', { action: this.canPay ? texts.newQr : '' });
    const isComing = status === 'creating' || (status === 'pending' && this.#leftMs > 0);
    if (this.busy || !this.payment || isComing)
      return html`<div class="pay" aria-busy="true">
        ${this.#amount()}
        <div class="qr"><span class="skeleton"></span></div>
        <p class="soft centre" role="status">${t().checkout.placing}</p>
      </div>`;
    const action = this.canPay ? texts.newQr : '';
    if (status === 'failed') return this.#state('warning', texts.failed, this.problem, { action });
    if (status === 'cancelled') return this.#state('clock', texts.cancelled, this.problem, { action });
    return this.#state('clock', texts.expired, this.problem || texts.expiredBody, { small: more.late, action });
  }
  /** A gateway with a page of its own: the buyer pays there and comes back. */
  #hosted(url: string): TemplateResult {
    return html`<div class="pay">
      ${this.#amount()}
      <a class="btn btn-gold btn-big btn-wide" href=${url}>${t().payMore.toGateway}</a>
    </div>`;
  }
  #amount(): TemplateResult {
    return html`<p class="pay-amount">
      <span class="soft small">${t().pay.amount}</span><strong class="num">${formatMoney(this.totalSatang)}</strong>
    </p>`;
  }
  #state(
    drawing: 'clock' | 'warning' | 'cloud-off',
    title: string,
    body: string,
    { small = '', action = '' }: { small?: string; action?: string } = {},
  ): TemplateResult {
    return html`<div class="pay">
      ${this.#amount()}
      <div class="qr qr-gone">
        <div role="status">
          ${icon(drawing)}
          <p><strong>${title}</strong><br /><span>${body}</span></p>
          ${small ? html`<p class="small num">${small}</p>` : nothing}
        </div>
      </div>
      ${
        action
          ? html`<button
            class="btn btn-gold btn-big btn-wide"
            aria-busy=${this.busy ? 'true' : 'false'}
            ?disabled=${this.busy || !online.value}
            @click=${() => this.emit('px-new-qr')}
          >
            ${icon('refresh')}${action}
          </button>`
          : nothing
      }
    </div>`;
  }

  async #save(payment: Payment): Promise<void> {
    const amount = formatBaht(payment.amountSatang, true);
    const name = ['promptpay', this.orderNumber, amount].filter(Boolean).join('-');
    const blob = await this.#picture(payment);
    const outcome = await saveBlob(blob, `${name}.png`);
    if (outcome === 'saved') toast(t().pay.qrSaved, { kind: 'success' });
  }
  async #picture(payment: Payment): Promise<Blob> {
    const more = t().payMore;
    try {
      return await drawQrPicture({
        qrImageBase64: payment.qrImageBase64!,
        amount: `฿${formatBaht(payment.amountSatang)}`,
        title: more.pictureTitle,
        order: `${more.orderNumber} ${this.orderNumber}`,
        until: payment.expiresAt ? more.payBefore(formatTime(payment.expiresAt)) : '',
      });
    } catch {
      const bytes = Uint8Array.from(atob(payment.qrImageBase64!), (char) => char.charCodeAt(0));
      return new Blob([bytes], { type: 'image/png' });
    }
  }
}
