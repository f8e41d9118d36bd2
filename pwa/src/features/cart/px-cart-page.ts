import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { QuoteLine } from '#contracts/pricing.ts';
import { photoUrls } from '#contracts/sync/photos.ts';
import { PxElement } from '../../components/element.ts';
import { eventName, eventPath } from '../../components/event-parts.ts';
import { suggestionLine } from '../../components/price-line.ts';
import { icon } from '../../components/px-icon.ts';
import { focalPosition } from '../../components/px-photo-grid.ts';
import { emptyState, skeletonLines } from '../../components/states.ts';
import { vars } from '../../components/vars.ts';
import {
  addToCart,
  type CartLine,
  type CartPhoto,
  cart,
  cartArrived,
  cartPrice,
  isCartKnown,
  removeFromCart,
} from '../../context/cart.ts';
import { cartFacts, takeServerCart, watchServerCart } from '../../context/cart-choice.ts';
import { refreshOffers } from '../../context/cart-price.ts';
import { setTitle } from '../../context/surface.ts';
import { toast } from '../../context/toasts.ts';
import { api } from '../../data/api.ts';
import { online } from '../../data/connectivity.ts';
import { knownEvent, loadEvent } from '../../data/events.ts';
import { session } from '../../data/session.ts';
import { formatMoney } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { problemText } from '../../i18n/problems.ts';
import './cart.css';
import './px-coupon.ts';
import './px-offer.ts';
import './px-together-start.ts';

/** A line as far as this device knows it: its own photo, or at least its paths. */
export const photoOfLine = (line: CartLine): CartPhoto =>
  cart.value.photos[line.photoId] ?? {
    id: line.photoId,
    eventId: line.eventId,
    width: null,
    height: null,
    focus: null,
    placeholderColor: null,
    priceSatang: null,
    thumbnails: photoUrls(line.photoId).thumbnails,
  };

/** Why a line cannot be bought; null: it can, as far as this device knows. */
function issueOf({ photoId }: CartLine) {
  const status = cartFacts.value.lines[photoId]?.status ?? 'available';
  return status === 'available' ? null : status;
}

@customElement('px-cart-page')
export class PxCartPage extends PxElement {
  @state() private accepting = false;

  #priceOf = new Map<string, QuoteLine>();
  readonly #askedEvents = new Set<string>();

  constructor() {
    super();
    this.watch(cart);
    this.watch(cartArrived);
    this.watch(cartPrice);
    this.watch(cartFacts);
    this.watch(online);
    // A stranger's empty cart is known to be empty once the server has said that nobody is here.
    this.watch(session);
  }

  #stop: (() => void) | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    // What changed at the server since the photos were put in: prices, withdrawn, sales closed, bought already.
    this.#stop = watchServerCart();
    void refreshOffers();
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
  }

  protected override willUpdate(): void {
    for (const { eventId } of cart.value.lines) {
      if (knownEvent(eventId) || this.#askedEvents.has(eventId)) continue;
      this.#askedEvents.add(eventId);
      void loadEvent(eventId, () => this.requestUpdate()).catch(() => this.#askedEvents.delete(eventId));
    }
  }

  protected override render(): TemplateResult {
    const texts = t().cart;
    setTitle(texts.title);
    const { lines } = cart.value;
    if (lines.length === 0 && !isCartKnown())
      return html`<div class="page cart-page" aria-busy="true">
        <h1 class="page-title">${texts.title}</h1>
        ${skeletonLines(4)}
      </div>`;
    if (lines.length === 0)
      return html`<div class="page page-narrow">
        ${emptyState({
          isPage: true,
          drawing: 'bag',
          title: texts.empty,
          body: texts.emptyBody,
          action: html`<a class="btn btn-solid" href="/">${texts.emptyAction}</a>`,
        })}
      </div>`;
    this.#priceOf = new Map(cartPrice.value?.lines.map((line) => [line.photoId, line]));
    const byEvent = new Map<string, CartLine[]>();
    for (const line of lines) byEvent.set(line.eventId, [...(byEvent.get(line.eventId) ?? []), line]);
    return html`<div class="page cart-page">
      <h1 class="page-title">${texts.title}</h1>
      <div class="cart-columns">
        <div class="stack">
          ${this.#changes()}
          ${repeat(
            byEvent,
            ([eventId]) => eventId,
            ([eventId, own]) => this.#event(eventId, own),
          )}
          ${online.value ? nothing : html`<p class="note">${icon('cloud-off')}${texts.local}</p>`}
          <px-together-start></px-together-start>
        </div>
        ${this.#sum()}
      </div>
    </div>`;
  }

  #event(eventId: string, lines: readonly CartLine[]): TemplateResult {
    const event = knownEvent(eventId);
    return html`<section class="cart-event">
      <h2 class="spread section-title">
        ${event ? html`<a href=${eventPath(event)}>${eventName(event)}</a>` : html`<span>${t().cart.event}</span>`}
        <span class="soft small num">${t().cart.bar(lines.filter((line) => !issueOf(line)).length)}</span>
      </h2>
      <ul class="cart-photos">
        ${repeat(
          lines,
          (line) => line.photoId,
          (line, index) => this.#line(line, index),
        )}
      </ul>
    </section>`;
  }

  #line(line: CartLine, index: number): TemplateResult {
    const texts = t().cart;
    const photo = photoOfLine(line);
    const price = this.#priceOf.get(line.photoId);
    const fact = cartFacts.value.lines[line.photoId];
    const issue = issueOf(line);
    const before = issue ? null : (fact?.previousPriceSatang ?? null);
    const event = knownEvent(line.eventId);
    const picture = html`<img
      src=${photo.thumbnails.medium}
      alt=${t().photo.label(index + 1, '')}
      loading="lazy"
      @error=${(event: Event) => nextSize(event.target as HTMLImageElement, photo)}
      ${vars({ 'object-position': focalPosition(photo), background: photo.placeholderColor })}
    />`;
    return html`<li class=${issue ? 'gone' : ''}>
      ${event ? html`<a href="${eventPath(event)}/photos/${line.photoId}">${picture}</a>` : picture}
      <button class="cart-remove" aria-label="${texts.remove}: ${t().photo.label(index + 1, '')}" @click=${() => this.#remove(photo)}>
        <span>${icon('close')}</span>
      </button>
      ${
        issue
          ? html`<p class="small">${texts.issues[issue]}</p>
            <button class="btn btn-line btn-small" @click=${() => this.#remove(photo)}>${t().changes.removeLine}</button>`
          : price
            ? html`<p class="small num ${before === null ? 'soft' : 'changed'}">
              ${before === null && price.priceSatang < price.listPriceSatang ? html`<s>${formatMoney(price.listPriceSatang)}</s> ` : nothing}
              ${before === null ? formatMoney(price.priceSatang) : t().changes.was(before, price.listPriceSatang)}
            </p>`
            : nothing
      }
    </li>`;
  }

  /** New prices and photos that left the sale, in words, with one tap to go on. */
  #changes(): TemplateResult | typeof nothing {
    const texts = t().changes;
    const facts = cart.value.lines
      .map((line) => cartFacts.value.lines[line.photoId])
      .filter((fact) => fact !== undefined);
    const owned = facts.filter((fact) => fact.status === 'owned').length;
    const gone = facts.filter((fact) => fact.status !== 'available').length - owned;
    const dearer = facts.filter((fact) => fact.status === 'available').length;
    if (facts.length === 0) return nothing;
    return html`<section class="cart-changes" aria-live="polite">
      ${icon('info')}
      <div>
        <h2>${texts.title}</h2>
        <ul>
          ${dearer > 0 ? html`<li>${texts.price(dearer)}</li>` : nothing}
          ${gone > 0 ? html`<li>${texts.gone(gone)}</li>` : nothing}
          ${owned > 0 ? html`<li>${texts.owned(owned)}</li>` : nothing}
        </ul>
        <button class="btn btn-solid" aria-busy=${this.accepting ? 'true' : 'false'} ?disabled=${!online.value} @click=${this.#accept}>
          ${texts.accept}
        </button>
      </div>
    </section>`;
  }
  readonly #accept = async (): Promise<void> => {
    if (this.accepting) return;
    this.accepting = true;
    try {
      const gone = cart.value.lines.filter(issueOf);
      takeServerCart(await api('POST /api/cart/accept', { body: {} }));
      removeFromCart(...gone.map(photoOfLine));
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    } finally {
      this.accepting = false;
    }
  };

  #remove(photo: CartPhoto): void {
    removeFromCart(photo);
    toast(t().cart.removed, { action: { label: t().cart.undo, run: () => addToCart(photo) } });
  }

  #sum(): TemplateResult {
    const texts = t().cart;
    const price = cartPrice.value;
    const suggestion = price ? suggestionLine(price) : '';
    const suggested = price?.suggestion ? knownEvent(price.suggestion.eventId) : undefined;
    return html`<aside class="cart-sum card stack" aria-label=${texts.total}>
      ${
        price
          ? html`<dl>
            ${
              price.discountSatang > 0
                ? html`<div class="spread soft">
                    <dt>${texts.subtotal}</dt>
                    <dd class="num">${formatMoney(price.subtotalSatang)}</dd>
                  </div>`
                : nothing
            }
            ${
              price.savingSatang > 0
                ? html`<div class="spread saving">
                    <dt>${packagesLine(price.packages)}</dt>
                    <dd class="num">−${formatMoney(price.savingSatang)}</dd>
                  </div>`
                : nothing
            }
            ${
              price.couponSatang > 0
                ? html`<div class="spread saving">
                    <dt>${t().coupon.line(price.coupon!.code)}</dt>
                    <dd class="num">−${formatMoney(price.couponSatang)}</dd>
                  </div>`
                : nothing
            }
            <div class="spread total">
              <dt>${texts.total}</dt>
              <dd class="num">${formatMoney(price.totalSatang)}</dd>
            </div>
          </dl>`
          : html`<p class="soft small">${texts.priceByServer}</p>`
      }
      ${
        suggestion
          ? html`<p class="suggestion">
            ${icon('sparkle')}<span
              >${suggestion}${suggested ? html` · <a href=${eventPath(suggested)}>${texts.choose}</a>` : nothing}</span
            >
          </p>`
          : nothing
      }
      <px-offer></px-offer>
      <px-coupon></px-coupon>
      <a class="btn btn-gold btn-big btn-wide" href="/checkout">${texts.checkout}</a>
      <p class="small soft promptpay">${icon('qr')}${t().checkout.promptpay}</p>
    </aside>`;
  }
}

/** "5 photos + one photo x2": which packages were taken. */
function packagesLine(
  packages: readonly { kind: string; photos: number; count: number; unitPriceSatang: number }[],
): string {
  const texts = t();
  return packages
    .filter((each) => each.kind !== 'single')
    .map((each) =>
      each.kind === 'unlimited'
        ? texts.event.unlimited
        : texts.price.forCount(each.photos, each.unitPriceSatang * each.count),
    )
    .join(' + ');
}

/** Without signal another size may be on the device: try them in turn, then show the colour alone. */
function nextSize(image: HTMLImageElement, { thumbnails }: CartPhoto): void {
  const sizes = [thumbnails.medium, thumbnails.large, thumbnails.small];
  const next = sizes[sizes.indexOf(image.getAttribute('src') ?? '') + 1];
  if (next) image.src = next;
  else if (image.alt) {
    image.alt = '';
    // One that failed takes no place on the page.
    image.src = NOTHING;
  }
}
const NOTHING = 'data:image/svg+xml,%3Csvg xmlns="http://www.w3.org/2000/svg"/%3E';
