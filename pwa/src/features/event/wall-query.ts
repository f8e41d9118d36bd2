import { normalBib } from '#contracts/bibs.ts';
import type { WallFilter } from '../../data/wall/filter.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const timeOf = (text: string | null): number | undefined => {
  const time = text ? Date.parse(text) : Number.NaN;
  return Number.isFinite(time) ? time : undefined;
};

/** `?from=2026-11-13T23:00Z&to=2026-11-14T01:00Z&bib=1234&by={photographer}`: what an address asks for; what it says wrongly it does not say. */
export function readFilter(query: URLSearchParams): WallFilter {
  const by = query.get('by') ?? '';
  return {
    from: timeOf(query.get('from')),
    to: timeOf(query.get('to')),
    bib: normalBib(query.get('bib') ?? '') ?? undefined,
    by: UUID.test(by) ? by : undefined,
  };
}

const text = (time: number): string => new Date(time).toISOString().replace(/:00\.000Z$/, 'Z');

/** "?bib=1234", or "" where nothing is asked for. */
export function writeFilter({ from, to, bib, by }: WallFilter): string {
  const query = new URLSearchParams();
  if (from !== undefined) query.set('from', text(from));
  if (to !== undefined) query.set('to', text(to));
  if (bib !== undefined) query.set('bib', bib);
  if (by !== undefined) query.set('by', by);
  // Colons may stand in a query as they are: such an address can be read.
  return query.size > 0 ? `?${query.toString().replaceAll('%3A', ':')}` : '';
}
