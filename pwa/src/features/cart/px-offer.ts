import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import type { PackageOption } from '#contracts/pricing.ts';
import { PxElement } from '../../components/element.ts';
import { cart, cartPrice } from '../../context/cart.ts';
import { cartChoice, cartFacts, choosePackage } from '../../context/cart-choice.ts';
import { cartOptions, packageName } from '../../context/cart-price.ts';
import { formatMoney } from '../../i18n/format.ts';
import { lang, t } from '../../i18n/i18n.ts';
import './cart.css';

/** Which package: the cheapest combination by itself, or the one that the buyer insists on, each with the total it comes to. */
@customElement('px-offer')
export class PxOffer extends PxElement {
  constructor() {
    super();
    this.watch(cart);
    this.watch(cartPrice);
    this.watch(cartChoice);
    this.watch(cartFacts);
  }

  protected override render(): TemplateResult | typeof nothing {
    const price = cartPrice.value;
    // What the cheapest combination takes anyway is no choice.
    const all = cartOptions();
    const options = all.filter((each) => each.extraSatang > 0 || each.packageId === price?.forcedPackageId);
    if (options.length === 0 || !price || price.lines.length === 0) return nothing;
    const texts = t().offer;
    const chosen = price.forcedPackageId;
    // Without a package of one's own choice the price is the cheapest already; else the dearest step says how much less.
    const cheapest = options.reduce((least, each) => Math.min(least, each.totalSatang - each.extraSatang), Infinity);
    return html`<fieldset class="offer">
      <legend>${texts.title}</legend>
      ${this.#row(null, texts.automatic, texts.automaticHint, cheapest, chosen === null)}
      ${options.map((option) =>
        this.#row(
          option.packageId,
          this.#name(option),
          this.#hint(option),
          option.totalSatang,
          chosen === option.packageId,
        ),
      )}
    </fieldset>`;
  }

  #name({ packageId, kind, photoCount }: PackageOption): string {
    const name = packageName(packageId);
    if (name) return lang.value === 'th' ? name.nameTh : name.nameEn;
    return kind === 'unlimited' ? t().offer.unlimited : t().offer.bundle(photoCount ?? 1);
  }
  #hint({ unitPriceSatang, extraSatang }: PackageOption): string {
    const texts = t().offer;
    const more = extraSatang > 0 ? texts.more(extraSatang) : texts.same;
    return `${texts.unit(unitPriceSatang)} · ${more}`;
  }
  #row(id: string | null, name: string, hint: string, total: number, isChosen: boolean): TemplateResult {
    return html`<label class="offer-row ${isChosen ? 'on' : ''}">
      <input type="radio" name="offer" .checked=${live(isChosen)} @change=${() => choosePackage(id)} />
      <span>${name}<small class="soft num">${hint}</small></span>
      <strong class="num">${formatMoney(total)}</strong>
    </label>`;
  }
}
