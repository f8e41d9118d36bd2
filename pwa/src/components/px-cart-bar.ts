import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { cart, cartPrice } from '../context/cart.ts';
import { nextPhotoSatang } from '../context/cart-price.ts';
import { location } from '../context/router.ts';
import { formatMoney } from '../i18n/format.ts';
import { t } from '../i18n/i18n.ts';
import { PxElement } from './element.ts';
import { priceLine } from './price-line.ts';
import { icon } from './px-icon.ts';

const HIDDEN_ON = /^\/(checkout|together|orders|account|sign-in|register|forgot|reset|verify)(\/|$)/;

/** Always there once something is chosen: how many, how much, what the next one costs, the way to pay. */
@customElement('px-cart-bar')
export class PxCartBar extends PxElement {
  static override readonly later = true;
  constructor() {
    super();
    this.watch(cart);
    this.watch(cartPrice);
    this.watch(location);
  }

  get #shown(): boolean {
    return cart.value.lines.length > 0 && !HIDDEN_ON.test(location.value.path);
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    // Pages leave room below for what lies over them.
    const height = this.#shown ? (this.firstElementChild as HTMLElement).offsetHeight : 0;
    document.documentElement.style.setProperty('--bar', `${height}px`);
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.#shown) return nothing;
    const price = cartPrice.value;
    // Without those that cannot be bought any more.
    const count = price?.lines.length ?? cart.value.lines.length;
    // On the cart's own page the bar is the way to pay, in reach of the thumb; desks have the button beside the photos.
    const atCart = location.value.path === '/cart';
    return html`<aside class="bottom-bar ${atCart ? 'at-cart' : ''}" aria-label=${t().app.cart}>
      <div class="cart-bar">
        <p aria-live="polite">
          <span class="amount num">${t().cart.bar(count)}${price ? html` · ${formatMoney(price.totalSatang)}` : nothing}</span><br />
          <span class="why">${price ? priceLine(price, nextPhotoSatang()) : nothing}</span>
        </p>
        ${atCart ? html`<a class="btn btn-gold" href="/checkout">${t().cart.checkout}</a>` : html`<a class="btn btn-gold" href="/cart">${icon('cart')}${t().cart.view}</a>`}
      </div>
    </aside>`;
  }
}
