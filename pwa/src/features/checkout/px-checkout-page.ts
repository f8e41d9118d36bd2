import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { field, focusFirstProblem, looksLikeEmail } from '../../components/field.ts';
import { icon } from '../../components/px-icon.ts';
import { emptyState } from '../../components/states.ts';
import { bringCartToServer, cart, cartPrice, takeOrderedOut } from '../../context/cart.ts';
import { navigate } from '../../context/router.ts';
import { setTitle } from '../../context/surface.ts';
import { api } from '../../data/api.ts';
import { online } from '../../data/connectivity.ts';
import { forgetKey, keyFor, startPayment } from '../../data/orders.ts';
import { isProblem } from '../../data/problem.ts';
import { accountUser, session } from '../../data/session.ts';
import { formatMoney } from '../../i18n/format.ts';
import { lang, t } from '../../i18n/i18n.ts';
import { problemText } from '../../i18n/problems.ts';
import { photoOfLine } from '../cart/px-cart-page.ts';
import './checkout.css';

const EMAIL = 'px.email';
const SHOWN = 6;
/** A row of pictures; the last place says how many more. */
const shownOf = (count: number): number => (count > SHOWN ? SHOWN - 1 : count);

/** The last step before the QR: where the photos go, what it costs, one button. */
@customElement('px-checkout-page')
export class PxCheckoutPage extends PxElement {
  @state() private email = '';
  @state() private emailProblem = '';
  @state() private problem = '';
  @state() private busy = false;

  constructor() {
    super();
    this.watch(cart);
    this.watch(cartPrice);
    this.watch(online);
    this.watch(session);
    try {
      this.email = localStorage.getItem(EMAIL) ?? '';
    } catch {
      // typed again then
    }
  }

  protected override render(): TemplateResult {
    const texts = t().checkout;
    setTitle(texts.title);
    const { lines } = cart.value;
    if (lines.length === 0 && !this.busy)
      return html`<div class="page page-narrow">
        ${emptyState({
          isPage: true,
          drawing: 'bag',
          title: t().cart.empty,
          body: t().cart.emptyBody,
          action: html`<a class="btn btn-solid" href="/">${t().cart.emptyAction}</a>`,
        })}
      </div>`;
    const total = cartPrice.value?.totalSatang;
    const user = accountUser();
    return html`<form class="page page-narrow stack checkout" novalidate @submit=${this.#submit}>
      <a class="back-link" href="/cart">${icon('chevron-left')}${t().cart.title}</a>
      <h1 class="page-title">${texts.title}</h1>
      <section class="checkout-photos" aria-label=${texts.summary}>
        <ul>
          ${lines.slice(0, shownOf(lines.length)).map((line) => html`<li><img src=${photoOfLine(line).thumbnails.small} alt="" /></li>`)}
          ${lines.length > SHOWN ? html`<li class="rest num">+${lines.length - shownOf(lines.length)}</li>` : nothing}
        </ul>
        <p class="num">
          <span>${t().cart.bar(lines.length)}</span>
          ${total === undefined ? nothing : html`<strong>${formatMoney(total)}</strong>`}
        </p>
        ${
          (cartPrice.value?.savingSatang ?? 0) > 0
            ? html`<p class="small saving-line">${t().price.saved(cartPrice.value!.savingSatang)}</p>`
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
      <div class="stack checkout-end">
        <div role="alert">${this.problem ? html`<p class="note note-error">${icon('warning')}${this.problem}</p>` : nothing}</div>
        ${online.value ? nothing : html`<p class="note note-warning">${icon('cloud-off')}${texts.offline}</p>`}
        <button class="btn btn-gold btn-big btn-wide" aria-busy=${this.busy ? 'true' : 'false'} ?disabled=${this.busy}>
          ${icon('qr')}${total === undefined ? t().cart.checkout : texts.place(total)}
        </button>
        <p class="small soft centre">
          ${texts.promptpay}<br />${texts.agree} <a href="/terms">${t().app.terms}</a>
        </p>
        <p class="sr-only" role="status">${this.busy ? texts.placing : ''}</p>
      </div>
    </form>`;
  }

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (this.busy) return;
    const form = event.target as HTMLFormElement;
    const guestEmail = accountUser() ? undefined : this.email.trim();
    if (guestEmail !== undefined && !looksLikeEmail(guestEmail)) {
      this.emailProblem = guestEmail === '' ? t().errors.fieldRequired : t().errors.emailInvalid;
      await this.updateComplete;
      focusFirstProblem(form);
      return;
    }
    this.problem = '';
    this.busy = true;
    try {
      if (guestEmail) localStorage.setItem(EMAIL, guestEmail);
    } catch {
      // typed again next time
    }
    try {
      await this.#place(guestEmail);
    } catch (error) {
      this.problem = isProblem(error, 'order.price_changed') ? t().checkout.priceChanged : problemText(error);
    } finally {
      this.busy = false;
    }
  };

  async #place(email: string | undefined): Promise<void> {
    await bringCartToServer();
    const photoIds = cart.value.lines.map((line) => line.photoId);
    const expectedTotalSatang = cartPrice.value?.totalSatang;
    const intent = `order:${[...photoIds].sort().join(',')}:${email ?? ''}:${expectedTotalSatang ?? ''}`;
    let order: Awaited<ReturnType<typeof placeOrder>>;
    try {
      order = await placeOrder(intent, { email, expectedTotalSatang });
    } catch (error) {
      // The price is the server's: show its own and let the person decide again.
      if (isProblem(error, 'order.price_changed')) {
        const { quote } = await api('GET /api/cart/summary');
        cartPrice.set(quote);
      }
      throw error;
    }
    forgetKey(intent);
    takeOrderedOut(order.items.map((item) => item.photoId));
    // The QR is asked for already here: one wait instead of two. The order page asks again if this fails.
    if (order.can.pay) await startPayment(order.id).catch(() => undefined);
    const link = new URL(order.links.page, location.origin);
    navigate(`/orders/${order.id}${link.search}`, { replace: true });
  }
}

const placeOrder = (intent: string, body: { email?: string; expectedTotalSatang?: number }) =>
  api('POST /api/orders', { body: { ...body, locale: lang.value }, idempotencyKey: keyFor(intent), timeoutMs: 30_000 });
