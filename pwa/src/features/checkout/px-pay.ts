import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { formatBaht } from '#contracts/money.ts';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import '../../components/px-ring.ts';
import { toast } from '../../context/toasts.ts';
import { online } from '../../data/connectivity.ts';
import type { Payment } from '../../data/orders.ts';
import { formatMoney } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { saveBlob } from './save.ts';

const URGENT_SECONDS = 60;
const FALLBACK_LIFE_MS = 15 * 60_000;

/** QR and amount, very large; how long it lives; how to pay from the same phone. Emits `px-new-qr`. */
@customElement('px-pay')
export class PxPay extends PxElement {
  @property({ attribute: false }) payment: Payment | null = null;
  @property({ type: Number }) totalSatang = 0;
  @property({ type: Boolean }) canPay = false;
  @property({ type: Boolean }) busy = false;
  @property() problem = '';
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
      ${isLive ? this.#qr(payment) : this.#noQr()}
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

  #noQr(): TemplateResult {
    const texts = t().pay;
    const status = this.payment?.status;
    if (this.busy || status === 'creating' || status === 'unknown')
      return html`<div class="pay" aria-busy="true">
        <p class="pay-amount">
          <span class="soft small">${texts.amount}</span><strong class="num">${formatMoney(this.totalSatang)}</strong>
        </p>
        <div class="qr"><span class="skeleton"></span></div>
        <p class="soft centre" role="status">${status === 'unknown' ? texts.checking : t().checkout.placing}</p>
      </div>`;
    const [title, body] =
      status === 'failed'
        ? [texts.failed, '']
        : status === 'cancelled'
          ? [texts.cancelled, '']
          : [texts.expired, texts.expiredBody];
    return html`<div class="pay" role="status">
      <p class="pay-amount">
        <span class="soft small">${texts.amount}</span><strong class="num">${formatMoney(this.totalSatang)}</strong>
      </p>
      <div class="qr qr-gone">${icon('clock')}</div>
      ${
        this.problem
          ? html`<p class="note note-error" role="alert">${icon('warning')}${this.problem}</p>`
          : html`<p class="centre"><strong>${title}</strong><br /><span class="soft">${body}</span></p>`
      }
      ${
        this.canPay
          ? html`<button class="btn btn-gold btn-big btn-wide" @click=${() => this.emit('px-new-qr')}>
            ${icon('refresh')}${texts.newQr}
          </button>`
          : nothing
      }
    </div>`;
  }

  async #save(payment: Payment): Promise<void> {
    const bytes = Uint8Array.from(atob(payment.qrImageBase64!), (char) => char.charCodeAt(0));
    const name = `promptpay-${formatBaht(payment.amountSatang, true)}.png`;
    const outcome = await saveBlob(new Blob([bytes], { type: 'image/png' }), name);
    if (outcome === 'saved') toast(t().pay.qrSaved, { kind: 'success' });
  }
}
