import { groupDigits, inBangkok, longDay } from '#contracts/first-screen.ts';
import { formatBaht, type Satang } from '#contracts/money.ts';
import { lang } from './lang.ts';

const ZONE = 'Asia/Bangkok';
const locale = (): string => (lang.value === 'th' ? 'th-TH-u-ca-buddhist' : 'en-GB');

const cache = new Map<string, Intl.DateTimeFormat>();
function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale() + JSON.stringify(options);
  let found = cache.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(locale(), { timeZone: ZONE, ...options });
    cache.set(key, found);
  }
  return found;
}

type Moment = string | number | Date;
const asDate = (moment: Moment): Date => (moment instanceof Date ? moment : new Date(moment));

/** "14 November 2026" / "14 พฤศจิกายน 2569" */
export const formatDate = (moment: Moment): string => longDay(moment, lang.value);

/** "14 Nov 2026" / "14 พ.ย. 2569" */
export const formatDateShort = (moment: Moment): string =>
  formatter({ day: 'numeric', month: 'short', year: 'numeric' })
    .formatToParts(asDate(moment))
    .filter((part) => part.type !== 'era')
    .map((part) => part.value)
    .join('')
    .replace(/\s+/g, ' ')
    .trim();

/** "November 2026" / "พฤศจิกายน 2569" */
export const formatMonth = (moment: Moment): string =>
  formatter({ month: 'long', year: 'numeric' })
    .formatToParts(asDate(moment))
    .filter((part) => part.type !== 'era')
    .map((part) => part.value)
    .join('')
    .replace(/\s+/g, ' ')
    .trim();

/** "06:41" */
export const formatTime = (moment: Moment): string => inBangkok(moment).toISOString().slice(11, 16);

export const formatDateTime = (moment: Moment): string => `${formatDateShort(moment)} ${formatTime(moment)}`;

export const formatNumber = (value: number): string =>
  Number.isInteger(value)
    ? groupDigits(value)
    : new Intl.NumberFormat(lang.value === 'th' ? 'th-TH' : 'en-GB').format(value);

/** "฿250" where whole, "฿250.04" where the gateway added satang. */
export const formatMoney = (amount: Satang): string => {
  const text = formatBaht(Math.abs(amount));
  return `${amount < 0 ? '−' : ''}฿${text.endsWith('.00') ? text.slice(0, -3) : text}`;
};

/** "3.1 MB" */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** English plural: `plural(n, 'photo', 'photos')`. Thai nouns have no plural. */
export const plural = (count: number, one: string, many: string): string =>
  `${formatNumber(count)} ${count === 1 ? one : many}`;
