import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type * as packages from '#contracts/http/packages.ts';
import { ask } from '../../components/desk/ask.ts';
import { readBaht, writeBaht } from '../../components/desk/form.ts';
import { Loader } from '../../components/desk/loader.ts';
import { act } from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import { call, type ItemOf } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatMoney } from '../../i18n/format.ts';
import { lang } from '../../i18n/i18n.ts';
import { packageFields, readPackage } from './package-fields.ts';
import './px-price-rules.ts';

type Package = ItemOf<typeof packages.listEventPackages>;

/** What one event sells: packages of all events at their own or another price, and its own ones. */
@customElement('px-event-packages')
export class PxEventPackages extends PxElement {
  @property() eventId = '';
  readonly #packages = new Loader<readonly Package[]>(
    this,
    async () =>
      (
        await call<typeof packages.listEventPackages>('GET', '/api/events/:id/packages', {
          params: { id: this.eventId },
          query: { all: 'true' },
        })
      ).items,
  );

  protected override render(): TemplateResult {
    const texts = d().packages;
    return html`<h2 class="section-title">${texts.eventTitle}</h2>
      ${this.#packages.view(
        (items) => html`<ul class="list">
            ${items.map(
              (item) => html`<li class="spread staff-row">
                <span class=${item.isActive ? '' : 'soft'}
                  >${lang.value === 'th' ? item.nameTh : item.nameEn}
                  <small
                    >${item.isActive ? '' : `${d().common.off} · `}${
                      item.priceSatang === item.listPriceSatang
                        ? texts.listPrice
                        : texts.ownPrice(formatMoney(item.listPriceSatang))
                    }</small
                  ></span
                >
                <span class="row"
                  ><b class="num">${formatMoney(item.priceSatang)}</b>
                  <button class="btn btn-icon" aria-label=${texts.change(item.nameTh)} @click=${() => void this.#change(item)}>
                    ${icon('edit')}
                  </button>
                  <button class="btn btn-line" @click=${() => void this.#toggle(item)}>
                    ${item.isActive ? texts.switchOff : texts.switchOn}
                  </button></span
                >
              </li>`,
            )}
          </ul>
          ${items.length === 0 ? html`<p class="soft">${texts.none}</p>` : nothing}
          <div><button class="btn btn-line" @click=${() => void this.#add()}>${icon('plus')}${texts.addForEvent}</button></div>`,
      )}
      <px-price-rules .eventId=${this.eventId}></px-price-rules>`;
  }

  async #set(
    body: Parameters<typeof call<typeof packages.setEventPackage>>[2] extends infer O
      ? NonNullable<O> extends { body?: infer B }
        ? B
        : never
      : never,
  ): Promise<void> {
    await call<typeof packages.setEventPackage>('POST', '/api/events/:id/packages', {
      params: { id: this.eventId },
      body,
      idempotencyKey: crypto.randomUUID(),
    });
    await this.#packages.reload();
  }

  #toggle(item: Package): Promise<boolean> {
    return act(
      () =>
        this.#set({
          packageId: item.id,
          priceSatang: item.priceSatang === item.listPriceSatang ? null : item.priceSatang,
          isActive: !item.isActive,
        }),
      d().common.saved,
    );
  }

  async #change(item: Package): Promise<void> {
    const texts = d().packages;
    await ask({
      title: lang.value === 'th' ? item.nameTh : item.nameEn,
      body: texts.ownPriceHint(formatMoney(item.listPriceSatang)),
      fields: [{ name: 'price', label: texts.price, inputmode: 'decimal', value: writeBaht(item.priceSatang) }],
      action: d().common.save,
      run: ({ price }) =>
        this.#set({ packageId: item.id, priceSatang: price ? readBaht(price) : null, isActive: item.isActive }),
    });
  }

  async #add(): Promise<void> {
    await ask({
      title: d().packages.addForEvent,
      fields: packageFields(),
      action: d().packages.add,
      run: (values) => this.#set(readPackage(values)),
    });
  }
}
