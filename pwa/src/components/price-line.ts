import type { Quote } from '#contracts/pricing.ts';
import { t } from '../i18n/i18n.ts';

/** Which is the best step from here, in one line; empty when there is none. */
export function suggestionLine({ suggestion }: Quote): string {
  if (!suggestion) return '';
  const texts = t().offer;
  const { addPhotos, extraSatang, perPhotoSatang } = suggestion;
  if (suggestion.kind === 'unlimited') return extraSatang > 0 ? texts.suggestAll(extraSatang) : texts.suggestAllSame;
  if (extraSatang < 0) return texts.suggestLess(addPhotos, -extraSatang);
  if (extraSatang === 0) return texts.suggestFree(addPhotos);
  return `${texts.suggestMore(addPhotos, extraSatang)} · ${texts.each(perPhotoSatang)}`;
}

/** One line that says what the choice means for the price: what was saved and what the next photo costs, else the next-best step. */
export function priceLine(price: Quote, nextSatang: number | null): string {
  const texts = t().price;
  const next = nextSatang === null ? '' : nextSatang === 0 ? texts.nextFree : texts.nextCosts(nextSatang);
  if (price.savingSatang > 0) return [texts.saved(price.savingSatang), next].filter(Boolean).join(' · ');
  return suggestionLine(price) || next;
}
