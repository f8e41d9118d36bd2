import type { CartPrice } from '../context/cart.ts';
import { t } from '../i18n/i18n.ts';

/** One line that says what the choice means for the price: what was saved, else what the next photo does. */
export function priceLine(price: CartPrice): string {
  const texts = t().price;
  const { suggestion, savedSatang, nextSatang } = price;
  const next =
    nextSatang === null
      ? ''
      : nextSatang === 0
        ? texts.nextFree
        : nextSatang < 0
          ? texts.nextSaves(-nextSatang)
          : texts.nextCosts(nextSatang);
  if (savedSatang > 0) return [texts.saved(savedSatang), next].filter(Boolean).join(' · ');
  if (suggestion?.kind === 'bundle') return texts.suggestBundle(suggestion.more, suggestion.eachSatang);
  return next;
}
