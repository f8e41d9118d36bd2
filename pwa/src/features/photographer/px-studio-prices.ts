import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type * as coupons from '#contracts/http/coupons.ts';
import type * as photographers from '#contracts/http/photographers.ts';
import { ask } from '../../components/desk/ask.ts';
import { Loader } from '../../components/desk/loader.ts';
import { ownPricesSay, priceFields, readPrice, ruleSays } from '../../components/desk/own-price.ts';
import { pageHead, stateBadge } from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { eventName } from '../../components/event-parts.ts';
import { icon } from '../../components/px-icon.ts';
import { emptyState } from '../../components/states.ts';
import { toast } from '../../context/toasts.ts';
import { type Answer, call } from '../../data/call.ts';
import type { EventView } from '../../data/types.ts';
import { d } from '../../i18n/desk.ts';
import { formatMoney } from '../../i18n/format.ts';

/** What own photos cost at each event: by the packages, or as the photographer sets it where the event allows that. */
@customElement('px-studio-prices')
export class PxStudioPrices extends PxElement {
  readonly #events = new Loader<readonly EventView[]>(
    this,
    async () =>
      (
        await call<typeof photographers.listPhotographerEvents>('GET', '/api/photographer/events', {
          query: { limit: 100 },
        })
      ).items,
  );

  protected override render(): TemplateResult {
    const texts = d().priceRules;
    return html`${pageHead({ title: texts.studioTitle, lead: texts.studioLead })}
    ${this.#events.view((events) =>
      events.length === 0
        ? emptyState({ drawing: 'frames', title: d().studio.noEvents, body: d().studio.noEventsBody })
        : html`<div class="stack">
          ${events.map((event) => html`<px-event-own-price .event=${event}></px-event-own-price>`)}
        </div>`,
    )}`;
  }
}

/** One event: what holds, what is allowed, and the change. */
@customElement('px-event-own-price')
export class PxEventOwnPrice extends PxElement {
  @property({ attribute: false }) event!: EventView;
  readonly #rules = new Loader<Answer<typeof coupons.listPriceRules>>(this, () =>
    call<typeof coupons.listPriceRules>('GET', '/api/events/:id/price-rules', { params: { id: this.event.id } }),
  );

  protected override render(): TemplateResult {
    const texts = d().priceRules;
    return html`<section class="desk-card stack">
      <h2 class="section-title">${eventName(this.event)}</h2>
      ${this.#rules.view(({ items, ownPrices }) => {
        const own = items.find((rule) => rule.photographerId !== null);
        const all = items.find((rule) => rule.photographerId === null);
        const single = ownPrices.singleSatang;
        const holds = own
          ? ruleSays(own)
          : all
            ? ruleSays(all)
            : single === null
              ? texts.none
              : texts.price(formatMoney(single));
        return html`<p class="spread">
            <span>
              <b>${holds}</b> ${own ? stateBadge(texts.ownBadge, 'success') : nothing}<br />
              <small class="soft">${ownPricesSay(ownPrices)}</small>
            </span>
            ${
              ownPrices.isAllowed || own
                ? html`<button class="btn btn-line" @click=${() => void this.#set(own, ownPrices.isAllowed)}>
                  ${icon('edit')}${texts.change}
                </button>`
                : nothing
            }
          </p>`;
      })}
    </section>`;
  }

  async #set(
    rule: Answer<typeof coupons.listPriceRules>['items'][number] | undefined,
    isAllowed: boolean,
  ): Promise<void> {
    const texts = d().priceRules;
    const { minSatang } = this.#rules.value!.ownPrices;
    const kinds = isAllowed ? (['standard', 'percent', 'price'] as const) : (['standard'] as const);
    await ask({
      title: `${texts.set}: ${eventName(this.event)}`,
      body: texts.studioBody,
      fields: priceFields(rule, isAllowed && minSatang === 0 ? [...kinds, 'free'] : kinds),
      action: d().common.save,
      run: async (values) => {
        const { changedPhotos } = await call<typeof coupons.setPriceRule>('PUT', '/api/events/:id/price-rules', {
          params: { id: this.event.id },
          body: { price: readPrice(values) },
        });
        await this.#rules.reload();
        toast(texts.changed(changedPhotos), { kind: 'success' });
      },
    });
  }
}
