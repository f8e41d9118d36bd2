import { parseBaht } from '#contracts/money.ts';
import { ApiProblem } from '../../data/problem.ts';
import { d } from '../../i18n/desk.ts';
import { problemText } from '../../i18n/problems.ts';

/** Field name -> sentence, from a refused request; what belongs to no field stands under ''. */
export function fieldProblems(error: unknown): Record<string, string> {
  if (!(error instanceof ApiProblem) || error.fields.length === 0) return { '': problemText(error) };
  const problems: Record<string, string> = {};
  // The validator's own words are for programs.
  for (const { path } of error.fields) problems[path.replace(/^body\.?/, '')] ??= d().common.checkField;
  return problems;
}

/** "1,234.50" as typed by a person -> satang. Throws RangeError when it is no amount. */
export const readBaht = (text: string): number => parseBaht(text.replaceAll(',', '').replace('฿', ''));
/** Satang for an input: "250" or "250.50". */
export const writeBaht = (satang: number): string =>
  satang % 100 === 0 ? String(satang / 100) : (satang / 100).toFixed(2);

const BANGKOK_MS = 7 * 3_600_000;
/** ISO moment -> "2026-11-14T06:00" in Bangkok, for datetime-local inputs. */
export const toLocalInput = (iso: string | null | undefined): string =>
  iso ? new Date(Date.parse(iso) + BANGKOK_MS).toISOString().slice(0, 16) : '';
/** The way back; null when empty. */
export const fromLocalInput = (value: string | undefined): string | null => (value ? `${value}:00+07:00` : null);
