import { d } from '../../i18n/desk.ts';

/** A bank as its customers call it; a code that is not known as it is. */
export function bankName(code: string): string {
  const names: Record<string, string> = d().bank.names;
  return names[code] ?? code;
}

/** Every bank to choose from, by name. */
export const bankOptions = (): { value: string; label: string }[] =>
  Object.entries(d().bank.names)
    .map(([value, label]) => ({ value, label }))
    .sort((a, b) => a.label.localeCompare(b.label));
