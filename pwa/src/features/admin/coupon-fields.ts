import type { CouponView } from '#contracts/http/coupons.ts';
import { type AskField, AskProblem, readField } from '../../components/desk/ask.ts';
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
      fills: ['percentBp', 'amountSatang', 'kind'],
      label: texts.value,
      inputmode: 'decimal',
      required: true,
      value: item ? (item.kind === 'percent' ? String((item.percentBp ?? 0) / 100) : optional(item.amountSatang)) : '',
    },
    {
      name: 'maxDiscount',
      fills: ['maxDiscountSatang'],
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
    {
      name: 'minSpend',
      fills: ['minSpendSatang'],
      label: texts.minSpend,
      inputmode: 'decimal',
      value: optional(item?.minSpendSatang),
    },
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

/** Throws AskProblem at the field whose amount, number or day cannot be read. */
export function readCoupon(values: Record<string, string>) {
  const kind = values.kind === 'amount' ? ('amount' as const) : ('percent' as const);
  const texts = d().coupons;
  const baht = (name: string): number | null =>
    values[name] ? readField(name, d().common.amountInvalid, () => readBaht(values[name]!)) : null;
  const percent = (name: string): number => {
    const text = (values[name] ?? '').replace('%', '').trim();
    const basisPoints = Math.round(Number(text) * 100);
    if (!text || !(basisPoints >= 1 && basisPoints <= 10_000)) throw new AskProblem(texts.percentInvalid, name);
    return basisPoints;
  };
  const whole = (name: string): number | null => {
    if (!values[name]) return null;
    if (!/^[1-9]\d{0,6}$/.test(values[name])) throw new AskProblem(texts.numberInvalid, name);
    return Number(values[name]);
  };
  const day = (name: string, shiftMs: number): string | null => {
    if (!values[name]) return null;
    const start = Date.parse(`${values[name]}T00:00:00+07:00`);
    if (Number.isNaN(start)) throw new AskProblem(texts.dayHint, name);
    return new Date(start + shiftMs).toISOString();
  };
  const [startsAt, endsAt] = [day('startsAt', 0), day('endsAt', DAY_MS)];
  if (startsAt && endsAt && endsAt <= startsAt) throw new AskProblem(texts.endsBeforeStart, 'endsAt');
  return {
    kind,
    percentBp: kind === 'percent' ? percent('value') : null,
    amountSatang: kind === 'amount' ? baht('value') : null,
    maxDiscountSatang: kind === 'percent' ? baht('maxDiscount') : null,
    minSpendSatang: baht('minSpend') ?? 0,
    startsAt,
    endsAt,
    maxRedemptions: whole('maxRedemptions'),
    maxPerPerson: whole('maxPerPerson'),
    firstOrderOnly: values.firstOrderOnly === 'yes',
    label: values.label ?? '',
    eventId: values.eventId || null,
  };
}
