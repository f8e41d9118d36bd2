import { AppError } from '#contracts/errors.ts';

/** A place in a list ordered by (time descending, id descending). */
export interface Cursor {
  at: Date;
  id: string;
}

export const encodeCursor = (at: Date, id: string): string =>
  Buffer.from(`${at.getTime()}~${id}`).toString('base64url');

/** undefined for the first page; throws request.invalid for one that we did not make. */
export function decodeCursor(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  const match = /^(-?\d{1,16})~([0-9a-zA-Z-]{1,64})$/.exec(Buffer.from(text, 'base64url').toString('utf8'));
  const at = new Date(Number(match?.[1]));
  if (!match || Number.isNaN(at.getTime())) {
    throw new AppError('request.invalid', { errors: [{ path: 'query.cursor', message: 'not a cursor of this list' }] });
  }
  return { at, id: match[2]! };
}

/** Cuts one page out of `limit + 1` rows. All times are stored to the millisecond, so a cursor never skips a row. */
export function toPage<Row, Item>(
  rows: Row[],
  limit: number,
  place: (row: Row) => { at: Date; id: string },
  view: (row: Row) => Item,
): { items: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = rows.length > limit && last ? encodeCursor(place(last).at, place(last).id) : null;
  return { items: shown.map(view), nextCursor };
}
