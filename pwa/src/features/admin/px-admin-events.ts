import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type * as events from '#contracts/http/events.ts';
import { eventBadge } from '../../components/desk/event-badge.ts';
import { Pager } from '../../components/desk/loader.ts';
import { dataTable, pageHead, queryTabs, searchBox } from '../../components/desk/parts.ts';
import { eventName } from '../../components/event-parts.ts';
import { icon } from '../../components/px-icon.ts';
import { emptyState } from '../../components/states.ts';
import { call, type ItemOf } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateShort, formatNumber } from '../../i18n/format.ts';
import { FilteredPage } from './filtered.ts';

type Event = ItemOf<typeof events.listEvents>;
const statuses = ['planning', 'published', 'live', 'ended', 'archived', 'cancelled'] as const;

@customElement('px-admin-events')
export class PxAdminEvents extends FilteredPage {
  protected readonly filters = ['status', 'q'];
  readonly #events = new Pager<Event>(this, (cursor) =>
    call<typeof events.listEvents>('GET', '/api/events', {
      query: { all: '1', status: this.filter('status'), q: this.filter('q'), limit: 40, cursor },
    }),
  );

  protected refresh(): void {
    void this.#events.reload({ fresh: true });
  }

  protected override render(): TemplateResult {
    const texts = d().events;
    return html`${pageHead({
      title: texts.title,
      actions: html`<a class="btn btn-gold" href="/admin/events/new">${icon('plus')}${texts.create}</a>`,
    })}
    <div class="desk-tools">
      ${queryTabs(
        'status',
        [{ value: '', label: d().common.all }, ...statuses.map((value) => ({ value, label: texts.states[value] }))],
        d().common.filter,
      )}
      ${searchBox(texts.search)}
    </div>
    ${this.#events.view(({ items }) =>
      items.length === 0
        ? emptyState({
            drawing: 'frames',
            title: this.filter('q') || this.filter('status') ? d().common.noMatch : texts.none,
            action: this.filter('q')
              ? nothing
              : html`<a class="btn btn-gold" href="/admin/events/new">${texts.create}</a>`,
          })
        : html`${dataTable({
            caption: texts.title,
            rows: items,
            key: (event) => event.id,
            href: (event) => `/admin/events/${event.id}`,
            columns: [
              { label: d().common.event, cell: (event) => eventName(event) },
              { label: d().common.date, cell: (event) => formatDateShort(event.startsAt) },
              { label: texts.venue, wide: true, cell: (event) => event.venue ?? event.location ?? '–' },
              { label: texts.accessMode, wide: true, cell: (event) => texts.accessModes[event.accessMode] },
              {
                label: texts.faceSearch,
                wide: true,
                cell: (event) => (event.faceSearchEnabled ? d().common.on : d().common.off),
              },
              { label: d().common.photos, end: true, cell: (event) => formatNumber(event.photoCount) },
              { label: d().common.status, end: true, cell: (event) => eventBadge(event.status) },
            ],
          })}${this.#events.moreButton()}`,
    )}`;
  }
}
