import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type * as coupons from '#contracts/http/coupons.ts';
import { ask } from '../../components/desk/ask.ts';
import { readBaht, writeBaht } from '../../components/desk/form.ts';
import { Loader } from '../../components/desk/loader.ts';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import { toast } from '../../context/toasts.ts';
import { type Answer, call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatMoney, formatNumber } from '../../i18n/format.ts';

type Rule = Answer<typeof coupons.listPriceRules>['items'][number];
type Price = Parameters<typeof call<typeof coupons.setPriceRule>>[2] extends infer O
  ? NonNullable<O> extends { body?: infer B }
    ? NonNullable<B> extends { price: infer P }
      ? P
      : never
    : never
  : never;

/** Free, discounted and fixed prices of an event's photos: all of them, or those of one photographer. */
@customElement('px-price-rules')
export class PxPriceRules extends PxElement {
  @property() eventId = '';
  readonly #rules = new Loader<readonly Rule[]>(
    this,
    async () =>
      (
        await call<typeof coupons.listPriceRules>('GET', '/api/events/:id/price-rules', {
          params: { id: this.eventId },
        })
      ).items,
  );

  protected override render(): TemplateResult {
    const texts = d().priceRules;
    return html`<div class="stack"><h2 class="section-title">${texts.title}</h2>
      <p class="soft small">${texts.lead}</p>
      ${this.#rules.view(
        (rules) => html`${
          rules.length === 0
            ? html`<p class="soft">${texts.none}</p>`
            : html`<ul class="list">
              ${rules.map(
                (rule) => html`<li class="spread staff-row">
                  <span>${rule.photographerName ?? texts.everybody} <small>${this.#says(rule)}</small></span>
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
        }`,
      )}</div>`;
  }

  #says({ kind, percentBp, priceSatang }: Rule): string {
    const texts = d().priceRules;
    if (kind === 'free') return texts.free;
    return kind === 'percent'
      ? texts.percent(formatNumber((percentBp ?? 0) / 100))
      : texts.price(formatMoney(priceSatang ?? 0));
  }
  #value(rule: Rule | undefined): string {
    if (rule?.kind === 'percent') return String((rule.percentBp ?? 0) / 100);
    return rule?.kind === 'price' ? writeBaht(rule.priceSatang ?? 0) : '';
  }

  async #set(rule?: Rule): Promise<void> {
    const texts = d().priceRules;
    await ask({
      title: `${texts.set}: ${rule?.photographerName ?? texts.everybody}`,
      fields: [
        {
          name: 'kind',
          label: texts.kind,
          kind: 'select',
          value: rule?.kind ?? 'percent',
          options: (['standard', 'free', 'percent', 'price'] as const).map((value) => ({
            value,
            label: texts.kinds[value],
          })),
        },
        { name: 'value', label: texts.value, inputmode: 'decimal', value: this.#value(rule) },
      ],
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
}

/** Throws RangeError when the amount cannot be read. */
function readPrice({ kind, value = '' }: Record<string, string>): Price {
  if (kind === 'percent') return { kind, percentBp: Math.round(Number(value.replace('%', '')) * 100) };
  if (kind === 'price') return { kind, priceSatang: readBaht(value) };
  return { kind: kind === 'free' ? 'free' : 'standard' };
}
