import { formatDateShort, formatMoney } from '../../i18n/format.ts';
import type { Bar } from './chart.ts';

const DAY_MS = 86_400_000;

/** One bar for each day of a range, also for those without a figure. Days are "2026-11-14". */
export function dayBars<T extends object>(
  from: string,
  to: string,
  days: readonly T[],
  amountOf: (day: T) => number,
  format: (value: number) => string = formatMoney,
): Bar[] {
  const keyOf = (day: T): string => ('day' in day ? String(day.day) : 'date' in day ? String(day.date) : '');
  const byDay = new Map(days.map((day) => [keyOf(day), day]));
  const bars: Bar[] = [];
  const last = Date.parse(`${to}T00:00:00Z`);
  for (let at = Date.parse(`${from}T00:00:00Z`); at <= last && bars.length < 400; at += DAY_MS) {
    const key = new Date(at).toISOString().slice(0, 10);
    const day = byDay.get(key);
    const value = day ? amountOf(day) : 0;
    // Noon in Bangkok: the same day in every zone near it.
    const name = formatDateShort(`${key}T05:00:00Z`);
    bars.push({ tick: '', title: `${name}: ${format(value)}`, value });
  }
  const every = Math.max(1, Math.ceil(bars.length / 6));
  return bars.map((bar, index) =>
    index % every === Math.floor(every / 2) ? { ...bar, tick: bar.title.split(':')[0]!.replace(/ \d{4}$/, '') } : bar,
  );
}
