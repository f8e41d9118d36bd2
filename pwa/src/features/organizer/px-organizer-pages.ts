import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type * as events from '#contracts/http/events.ts';
import '../../components/desk/px-bank-account.ts';
import '../../components/desk/px-earnings.ts';
import { eventBadge } from '../../components/desk/event-badge.ts';
import { eventNumbers } from '../../components/desk/event-numbers.ts';
import { Loader, Pager } from '../../components/desk/loader.ts';
import { dataTable, pageHead } from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { eventName } from '../../components/event-parts.ts';
import { emptyState } from '../../components/states.ts';
import { type Answer, call, type ItemOf } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateShort, formatNumber } from '../../i18n/format.ts';

type Event = ItemOf<typeof events.listEvents>;

@customElement('px-organizer-events')
export class PxOrganizerEvents extends PxElement {
  readonly #events = new Pager<Event>(this, async (cursor) => {
    const page = await call<typeof events.listEvents>('GET', '/api/events', { query: { all: '1', limit: 50, cursor } });
    // The list holds every public event too; `manage` is there on those one works for.
    return { ...page, items: page.items.filter((event) => event.manage !== undefined) };
  });

  protected override render(): TemplateResult {
    const texts = d().organizer;
    return html`${pageHead({ title: texts.eventsTitle, lead: texts.eventsLead })}
      ${this.#events.view(({ items }) =>
        items.length === 0
          ? emptyState({ drawing: 'frames', title: texts.none, body: texts.noneBody })
          : html`${dataTable({
              caption: texts.eventsTitle,
              rows: items,
              key: (event) => event.id,
              href: (event) => `/organizer/events/${event.id}`,
              columns: [
                { label: d().common.event, cell: (event) => eventName(event) },
                { label: d().common.date, cell: (event) => formatDateShort(event.startsAt) },
                { label: d().common.photos, end: true, cell: (event) => formatNumber(event.photoCount) },
                { label: d().common.status, end: true, cell: (event) => eventBadge(event.status) },
              ],
            })}${this.#events.moreButton()}`,
      )}`;
  }
}

@customElement('px-organizer-event')
export class PxOrganizerEvent extends PxElement {
  @property() eventId = '';
  readonly #event = new Loader<{ event: Event; numbers: Answer<typeof events.getEventStatistics> }>(this, async () => {
    const params = { id: this.eventId };
    const [event, numbers] = await Promise.all([
      call<typeof events.getEvent>('GET', '/api/events/:id', { params }),
      call<typeof events.getEventStatistics>('GET', '/api/events/:id/statistics', { params }),
    ]);
    return { event, numbers };
  });

  protected override render(): TemplateResult {
    return this.#event.pageView(
      ({ event, numbers }) => html`${pageHead({
        title: eventName(event),
        lead: html`${formatDateShort(event.startsAt)} · ${event.venue ?? event.location ?? ''} ${eventBadge(event.status)}`,
        back: { href: '/organizer', label: d().organizer.nav.events },
        actions: html`<a class="btn btn-line" href="/e/${event.slug}">${d().events.open}</a>`,
      })}
      ${eventNumbers(event, numbers, 'organizer')}`,
    );
  }
}

@customElement('px-organizer-earnings')
export class PxOrganizerEarnings extends PxElement {
  protected override render(): TemplateResult {
    return html`${pageHead({ title: d().earnings.title, lead: d().earnings.leadOrganizer })}
      <px-earnings class="stack" bank="/organizer/bank"></px-earnings>`;
  }
}

@customElement('px-organizer-bank')
export class PxOrganizerBank extends PxElement {
  protected override render(): TemplateResult {
    return html`${pageHead({ title: d().bank.title, lead: d().bank.hint })}
      <section class="desk-card desk-form"><px-bank-account class="stack"></px-bank-account></section>`;
  }
}
