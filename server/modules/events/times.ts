/** Minutes that `timeZone` is ahead of UTC at `at`. Throws RangeError for a zone that does not exist. */
function offsetMinutes(timeZone: string, at: Date): number {
  const name = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(at)
    .find((part) => part.type === 'timeZoneName')?.value;
  const match = /([+-])(\d\d):(\d\d)/.exec(name ?? '');
  if (!match) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}

/** 2026-11-22 in Asia/Bangkok -> the instant at which that day begins there. */
export function startOfDay(day: string, timeZone: string): Date {
  const utc = new Date(`${day}T00:00:00.000Z`);
  const guess = new Date(utc.getTime() - offsetMinutes(timeZone, utc) * 60_000);
  return new Date(utc.getTime() - offsetMinutes(timeZone, guess) * 60_000);
}

/** The last millisecond of that day. */
export function endOfDay(day: string, timeZone: string): Date {
  const next = new Date(`${day}T00:00:00.000Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return new Date(startOfDay(next.toISOString().slice(0, 10), timeZone).getTime() - 1);
}

/** The calendar day, 2026-11-22, that `at` falls on in `timeZone`. */
export const dayOf = (at: Date, timeZone: string): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at);

export function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone });
    return true;
  } catch {
    return false;
  }
}
