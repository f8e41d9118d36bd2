import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type * as coupons from '#contracts/http/coupons.ts';
import type * as events from '#contracts/http/events.ts';
import { ask } from '../../components/desk/ask.ts';
import { readBaht, writeBaht } from '../../components/desk/form.ts';
import { Loader } from '../../components/desk/loader.ts';
import { ownPricesSay, priceFields, readPrice, ruleSays } from '../../components/desk/own-price.ts';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import { toast } from '../../context/toasts.ts';
import { type Answer, call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';

type Rules = Answer<typeof coupons.listPriceRules>;
type Rule = Rules['items'][number];

/** Free, discounted and fixed prices of an event's photos: all of them, or those of one photographer. */
@customElement('px-price-rules')
export class PxPriceRules extends PxElement {
  @property() eventId = '';
  readonly #rules = new Loader<Rules>(this, () =>
    call<typeof coupons.listPriceRules>('GET', '/api/events/:id/price-rules', { params: { id: this.eventId } }),
  );

  protected override render(): TemplateResult {
    const texts = d().priceRules;
    return html`<div class="stack"><h2 class="section-title">${texts.title}</h2>
      <p class="soft small">${texts.lead}</p>
      ${this.#rules.view(
        ({ items: rules, ownPrices }) => html`${
          rules.length === 0
            ? html`<p class="soft">${texts.none}</p>`
            : html`<ul class="list">
              ${rules.map(
                (rule) => html`<li class="spread staff-row">
                  <span>${rule.photographerName ?? texts.everybody} <small>${ruleSays(rule)}</small></span>
                  <button class="btn btn-icon" aria-label=${texts.change} @click=${() => void this.#set(rule)}>
                    ${icon('edit')}
                  </button>
                </li>`,
              )}
            </ul>`
        }
        ${
          rules.some((rule) => rule.photographerId === null)
            ? ''
            : html`<div><button class="btn btn-line" @click=${() => void this.#set()}>${icon('plus')}${texts.set}</button></div>`
        }
        <h3 class="small">${texts.own}</h3>
        <p class="spread">
          <span>${ownPricesSay(ownPrices)}</span>
          <button class="btn btn-icon" aria-label="${texts.own}: ${texts.change}" @click=${() => void this.#allow(ownPrices)}>${icon('edit')}</button>
        </p>`,
      )}</div>`;
  }

  async #set(rule?: Rule): Promise<void> {
    const texts = d().priceRules;
    await ask({
      title: `${texts.set}: ${rule?.photographerName ?? texts.everybody}`,
      fields: priceFields(rule, ['standard', 'free', 'percent', 'price']),
      action: d().common.save,
      run: async (values) => {
        const body = { photographerId: rule?.photographerId ?? null, price: readPrice(values) };
        const { changedPhotos } = await call<typeof coupons.setPriceRule>('PUT', '/api/events/:id/price-rules', {
          params: { id: this.eventId },
          body,
        });
        await this.#rules.reload();
        toast(texts.changed(changedPhotos), { kind: 'success' });
      },
    });
  }

  async #allow(own: Rules['ownPrices']): Promise<void> {
    const texts = d().priceRules;
    await ask({
      title: texts.own,
      body: texts.ownBody,
      fields: [
        {
          name: 'allowed',
          label: texts.own,
          kind: 'select',
          value: own.isAllowed ? 'yes' : 'no',
          options: (['no', 'yes'] as const).map((value) => ({ value, label: texts.ownWords[value] })),
        },
        { name: 'least', label: texts.least, inputmode: 'decimal', value: writeBaht(own.minSatang) },
        {
          name: 'most',
          label: texts.most,
          inputmode: 'decimal',
          value: own.maxSatang === null ? '' : writeBaht(own.maxSatang),
        },
      ],
      action: d().common.save,
      run: async ({ allowed, least = '', most = '' }) => {
        await call<typeof events.updateEvent>('PUT', '/api/events/:id', {
          params: { id: this.eventId },
          idempotencyKey: crypto.randomUUID(),
          body: {
            ownPrices: {
              isAllowed: allowed === 'yes',
              minSatang: least ? readBaht(least) : 0,
              maxSatang: most ? readBaht(most) : null,
            },
          },
        });
        await this.#rules.reload();
        toast(d().common.saved, { kind: 'success' });
      },
    });
  }
}
