import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import { cartPrice } from '../../context/cart.ts';
import { cartChoice, couponBusy, dropCoupon, enterCoupon } from '../../context/cart-choice.ts';
import { online } from '../../data/connectivity.ts';
import { formatMoney } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import './cart.css';

/** The sentence of a coupon's problem. */
export function couponProblem(code: string): string {
  const texts = t().coupon;
  return texts.problems[code as keyof typeof texts.problems] ?? texts.problem;
}

/** A code: put in, what it does or why it does nothing, taken out. Without signal it is kept and checked later. */
@customElement('px-coupon')
export class PxCoupon extends PxElement {
  @state() private isOpen = false;
  @state() private typed = '';

  constructor() {
    super();
    this.watch(cartChoice);
    this.watch(cartPrice);
    this.watch(couponBusy);
    this.watch(online);
  }

  protected override render(): TemplateResult {
    const texts = t().coupon;
    const { coupon } = cartChoice.value;
    if (coupon && !coupon.problem) return this.#used(coupon.code);
    if (!this.isOpen && !coupon)
      return html`<button class="btn btn-quiet coupon-open" type="button" @click=${this.#open}>
        ${icon('plus')}${texts.have}
      </button>`;
    // A div, not a form: on the checkout page it stands inside one.
    return html`<div class="coupon field">
      <label for="coupon">${texts.label}</label>
      <div class="coupon-row">
        <input
          class="input"
          id="coupon"
          .value=${this.typed || coupon?.code || ''}
          autocomplete="off"
          autocapitalize="characters"
          spellcheck="false"
          maxlength="40"
          aria-invalid=${coupon?.problem ? 'true' : 'false'}
          aria-describedby=${coupon?.problem ? 'coupon-problem' : nothing}
          @input=${(event: InputEvent) => {
            this.typed = (event.target as HTMLInputElement).value;
          }}
          @keydown=${(event: KeyboardEvent) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            this.#use();
          }}
        />
        <button class="btn btn-line" type="button" @click=${this.#use}>${texts.use}</button>
      </div>
      ${
        coupon?.problem
          ? html`<p class="problem" id="coupon-problem" role="alert">${icon('warning')}<span>${couponProblem(coupon.problem)}</span></p>
            <button class="btn btn-quiet coupon-open" type="button" @click=${this.#drop}>${texts.without}</button>`
          : nothing
      }
    </div>`;
  }

  #used(code: string): TemplateResult {
    const texts = t().coupon;
    const effect = cartPrice.value?.coupon;
    const isKnown = cartChoice.value.coupon?.terms !== null;
    const line = !isKnown
      ? online.value && couponBusy.value
        ? texts.checking
        : texts.waiting
      : effect?.state === 'below_minimum'
        ? texts.below(effect.missingSatang)
        : effect?.state === 'other_event'
          ? texts.otherEvent
          : effect?.state === 'free'
            ? texts.free
            : effect
              ? `−${formatMoney(effect.discountSatang)}`
              : '';
    const isOn = effect?.state === 'applied';
    return html`<div class="coupon-used ${isOn ? 'on' : ''}" role="status">
      ${icon(isOn ? 'check-circle' : isKnown ? 'info' : 'clock')}
      <p class="coupon-line"><strong class="num">${texts.line(code)}</strong><br /><span class="small num">${line}</span></p>
      <button class="btn btn-icon" type="button" aria-label=${texts.remove} @click=${this.#drop}>${icon('close')}</button>
    </div>`;
  }

  readonly #open = async (): Promise<void> => {
    this.isOpen = true;
    await this.updateComplete;
    this.querySelector('input')?.focus();
  };
  readonly #use = (): void => {
    const code = this.typed || cartChoice.value.coupon?.code || '';
    if (code.trim()) enterCoupon(code);
  };
  readonly #drop = (): void => {
    this.typed = '';
    this.isOpen = false;
    dropCoupon();
  };
}
