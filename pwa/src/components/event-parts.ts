import { html, nothing, type TemplateResult } from 'lit';
import type { EventView } from '../data/types.ts';
import { formatDate } from '../i18n/format.ts';
import { lang } from '../i18n/i18n.ts';
import { icon } from './px-icon.ts';

/** The event's name in the reader's language, as far as its owner wrote one. */
export const eventName = (event: Pick<EventView, 'name' | 'nameEn'>): string =>
  lang.value === 'en' ? (event.nameEn ?? event.name) : event.name;

/** The same, of a row that names its event. */
export const namedEvent = (row: { eventName: string; eventNameEn: string | null }): string =>
  lang.value === 'en' ? (row.eventNameEn ?? row.eventName) : row.eventName;
/** And of one that names several. */
export const namedEvents = (row: { eventNames: readonly string[]; eventNamesEn: readonly string[] }): string =>
  (lang.value === 'en' ? row.eventNamesEn : row.eventNames).join(', ');

export const eventPath = (event: Pick<EventView, 'slug'>): string => `/e/${event.slug}`;

/** Date and place on one line. */
export function eventFacts(event: EventView): TemplateResult {
  const place = [event.venue, event.location].filter(Boolean).join(', ');
  return html`<p class="event-facts">
  <span>${icon('calendar')}${formatDate(event.startsAt)}</span>
  ${place ? html`<span>${icon('pin')}${place}</span>` : nothing}
</p>`;
}
