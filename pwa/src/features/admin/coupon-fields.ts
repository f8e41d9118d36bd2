import type { CouponView } from '#contracts/http/coupons.ts';
import type { AskField } from '../../components/desk/ask.ts';
import { readBaht, writeBaht } from '../../components/desk/form.ts';
import type { Option } from '../../components/desk/parts.ts';
import { d } from '../../i18n/desk.ts';

interface Options {
  /** What stands before the rules: a code, or how many codes and their prefix. */
  with: 'code' | 'batch' | 'nothing';
  item?: CouponView;
  events: readonly Option[];
}

/** The fields of a coupon in a dialog, filled from an existing one. Days are days in Bangkok. */
export function couponFields({ with: first, item, events }: Options): AskField[] {
  const texts = d().coupons;
  const optional = (value: number | null | undefined): string => (value ? writeBaht(value) : '');
  const start: Record<Options['with'], AskField[]> = {
    code: [{ name: 'code', label: texts.code, hint: texts.codeHint, required: true, maxlength: 32 }],
    batch: [
      { name: 'count', label: texts.count, inputmode: 'numeric', value: '100', required: true },
      { name: 'prefix', label: texts.prefix, maxlength: 12 },
    ],
    nothing: [],
  };
  return [
    ...start[first],
    { name: 'label', label: texts.label, value: item?.label, maxlength: 120 },
    {
      name: 'kind',
      label: texts.takes,
      kind: 'select',
      value: item?.kind ?? 'percent',
      options: (['percent', 'amount'] as const).map((value) => ({ value, label: texts.kinds[value] })),
    },
    {
      name: 'value',
      label: texts.value,
      inputmode: 'decimal',
      required: true,
      value: item ? (item.kind === 'percent' ? String((item.percentBp ?? 0) / 100) : optional(item.amountSatang)) : '',
    },
    {
      name: 'maxDiscount',
      label: texts.maxDiscount,
      inputmode: 'decimal',
      hint: texts.maxDiscountHint,
      value: optional(item?.maxDiscountSatang),
    },
    {
      name: 'eventId',
      label: texts.event,
      kind: 'select',
      value: item?.eventId ?? '',
      options: [{ value: '', label: texts.everyEvent }, ...events],
    },
    { name: 'minSpend', label: texts.minSpend, inputmode: 'decimal', value: optional(item?.minSpendSatang) },
    { name: 'startsAt', label: texts.startDay, hint: texts.dayHint, value: dayOf(item?.startsAt), maxlength: 10 },
    { name: 'endsAt', label: texts.endDay, hint: texts.dayHint, value: lastDayOf(item?.endsAt), maxlength: 10 },
    {
      name: 'maxRedemptions',
      label: texts.maxRedemptions,
      inputmode: 'numeric',
      hint: first === 'batch' ? texts.batchUses : texts.noLimit,
      value: item?.maxRedemptions ? String(item.maxRedemptions) : '',
    },
    {
      name: 'maxPerPerson',
      label: texts.maxPerPerson,
      inputmode: 'numeric',
      hint: texts.noLimit,
      value: item ? String(item.maxPerPerson ?? '') : '1',
    },
    {
      name: 'firstOrderOnly',
      label: texts.who,
      kind: 'select',
      value: item?.firstOrderOnly ? 'yes' : 'no',
      options: [
        { value: 'no', label: texts.everybody },
        { value: 'yes', label: texts.firstOrder },
      ],
    },
  ];
}

const DAY_MS = 86_400_000;
const dayOf = (time: string | null | undefined, shiftMs = 0): string =>
  time ? new Date(Date.parse(time) + 7 * 3_600_000 + shiftMs).toISOString().slice(0, 10) : '';
/** A coupon ends when its last day does. */
const lastDayOf = (time: string | null | undefined): string => dayOf(time, -1);

/** Throws RangeError when an amount, a number or a day cannot be read. */
export function readCoupon(values: Record<string, string>) {
  const kind = values.kind === 'amount' ? ('amount' as const) : ('percent' as const);
  const value = values.value ?? '';
  const baht = (text: string | undefined): number | null => (text ? readBaht(text) : null);
  const whole = (text: string | undefined): number | null => {
    if (!text) return null;
    if (!/^\d{1,7}$/.test(text)) throw new RangeError(`not a whole number: ${text}`);
    return Number(text);
  };
  const day = (text: string | undefined, shiftMs: number): string | null => {
    if (!text) return null;
    const start = Date.parse(`${text}T00:00:00+07:00`);
    if (Number.isNaN(start)) throw new RangeError(`not a day: ${text}`);
    return new Date(start + shiftMs).toISOString();
  };
  return {
    kind,
    percentBp: kind === 'percent' ? Math.round(Number(value.replace('%', '')) * 100) : null,
    amountSatang: kind === 'amount' ? readBaht(value) : null,
    maxDiscountSatang: kind === 'percent' ? baht(values.maxDiscount) : null,
    minSpendSatang: baht(values.minSpend) ?? 0,
    startsAt: day(values.startsAt, 0),
    endsAt: day(values.endsAt, DAY_MS),
    maxRedemptions: whole(values.maxRedemptions),
    maxPerPerson: whole(values.maxPerPerson),
    firstOrderOnly: values.firstOrderOnly === 'yes',
    label: values.label ?? '',
    eventId: values.eventId || null,
  };
}
