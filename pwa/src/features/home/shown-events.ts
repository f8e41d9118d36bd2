import type { EventView } from '../../data/types.ts';

export const whens = ['all', 'now', 'upcoming', 'past'] as const;
export type When = (typeof whens)[number];

type Dated = Pick<EventView, 'startsAt' | 'endsAt' | 'status'>;

export const isOnNow = (event: Dated, now: number): boolean =>
  event.status !== 'ended' && Date.parse(event.startsAt) <= now && now < Date.parse(event.endsAt);

const fits: Record<When, (event: Dated, now: number) => boolean> = {
  all: () => true,
  now: isOnNow,
  upcoming: (event, now) => Date.parse(event.startsAt) > now && event.status !== 'ended',
  past: (event, now) => event.status === 'ended' || Date.parse(event.endsAt) <= now,
};

/** As somebody types: case and accents do not matter, every word has to be somewhere. */
const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLocaleLowerCase();

/**
 * Events that fit, in the order one looks for them: what is over newest first, as they come; what is coming up soonest first.
 */
export function shownEvents(
  events: readonly EventView[],
  wanted: string,
  when: When,
  now: number,
): readonly EventView[] {
  const words = plain(wanted).split(/\s+/).filter(Boolean);
  const shown = events.filter((event) => {
    const text = plain([event.name, event.nameEn, event.venue, event.location].filter(Boolean).join(' '));
    return fits[when](event, now) && words.every((word) => text.includes(word));
  });
  return when === 'upcoming' ? shown.sort((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt)) : shown;
}
