import type { z } from 'zod';
import type * as coupons from '#contracts/http/coupons.ts';
import type { OwnPriceWish } from '#contracts/own-price.ts';
import { d } from '../../i18n/desk.ts';
import { formatMoney, formatNumber } from '../../i18n/format.ts';
import type { AskField } from './ask.ts';
import { readBaht, writeBaht } from './form.ts';

type Rules = z.output<(typeof coupons.listPriceRules)['responses'][200]>;
type Rule = Rules['items'][number];

/** "25 % off the single price". */
export function ruleSays({ kind, percentBp, priceSatang }: Rule): string {
  const texts = d().priceRules;
  if (kind === 'free') return texts.free;
  return kind === 'percent'
    ? texts.percent(formatNumber((percentBp ?? 0) / 100))
    : texts.price(formatMoney(priceSatang ?? 0));
}

/** Whether and between which bounds photographers set prices. */
export function ownPricesSay({ isAllowed, minSatang, maxSatang }: Rules['ownPrices']): string {
  const texts = d().priceRules;
  if (!isAllowed) return texts.ownNo;
  return maxSatang === null
    ? texts.ownFrom(formatMoney(minSatang))
    : texts.ownBetween(formatMoney(minSatang), formatMoney(maxSatang));
}

function shownValue(rule: Rule | undefined): string {
  if (rule?.kind === 'percent') return String((rule.percentBp ?? 0) / 100);
  return rule?.kind === 'price' ? writeBaht(rule.priceSatang ?? 0) : '';
}

/** Fields of the dialog that sets a price. */
export function priceFields(rule: Rule | undefined, kinds: readonly OwnPriceWish['kind'][]): AskField[] {
  const texts = d().priceRules;
  return [
    {
      name: 'kind',
      label: texts.kind,
      kind: 'select',
      value: rule?.kind ?? (kinds.includes('percent') ? 'percent' : kinds[0]!),
      options: kinds.map((value) => ({ value, label: texts.kinds[value] })),
    },
    { name: 'value', label: texts.value, inputmode: 'decimal', value: shownValue(rule) },
  ];
}

/** Throws RangeError when the amount cannot be read. */
export function readPrice({ kind, value = '' }: Record<string, string>): OwnPriceWish {
  if (kind === 'percent') return { kind, percentBp: Math.round(Number(value.replace('%', '')) * 100) };
  if (kind === 'price') return { kind, priceSatang: readBaht(value) };
  return { kind: kind === 'free' ? 'free' : 'standard' };
}
