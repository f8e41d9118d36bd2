import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type * as events from '#contracts/http/events.ts';
import { ask } from '../../components/desk/ask.ts';
import { eventBadge } from '../../components/desk/event-badge.ts';
import { eventNumbers } from '../../components/desk/event-numbers.ts';
import { Loader } from '../../components/desk/loader.ts';
import { act, pageHead } from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { eventName } from '../../components/event-parts.ts';
import { icon } from '../../components/px-icon.ts';
import { navigate } from '../../context/router.ts';
import { toast } from '../../context/toasts.ts';
import { type Answer, call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateShort, formatDateTime } from '../../i18n/format.ts';
import './px-event-engine.ts';
import './px-event-staff.ts';
import './px-event-announcements.ts';
import './px-event-packages.ts';

type Event = events.EventView;

/** One event: its numbers, its status, who works there, what it sells. */
@customElement('px-admin-event')
export class PxAdminEvent extends PxElement {
  @property() eventId = '';
  readonly #event = new Loader<Event>(this, () =>
    call<typeof events.getEvent>('GET', '/api/events/:id', { params: { id: this.eventId } }),
  );
  readonly #numbers = new Loader<Answer<typeof events.getEventStatistics>>(this, () =>
    call<typeof events.getEventStatistics>('GET', '/api/events/:id/statistics', { params: { id: this.eventId } }),
  );

  protected override render(): TemplateResult {
    return html`<div class="stack desk-event">${this.#event.pageView((event) => this.#page(event))}</div>`;
  }

  #page(event: Event): TemplateResult {
    const texts = d().events;
    const manage = event.manage;
    return html`${pageHead({
      title: eventName(event),
      back: { href: '/admin/events', label: texts.title },
      lead: html`${eventBadge(event.status)} ${formatDateShort(event.startsAt)} · ${event.venue ?? event.location ?? '–'} ·
        <a href="/e/${event.slug}">/e/${event.slug}</a>`,
      actions: html`<a class="btn btn-line" href="/admin/events/${event.id}/faces">${icon('face')}${d().faces.title}</a>
        <a class="btn btn-line" href="/admin/approve?event=${event.id}">${icon('check-circle')}${d().admin.nav.approve}</a>
        <a class="btn btn-line" href="/admin/upload/${event.id}">${icon('upload')}${d().admin.nav.upload}</a>
        <a class="btn btn-line" href="/admin/events/${event.id}/edit">${icon('edit')}${d().common.edit}</a>`,
    })}
    ${this.#numbers.view((numbers) => eventNumbers(event, numbers, 'admin'))}
    <div class="desk-columns">
      <section class="desk-card stack"><px-event-engine .eventId=${event.id}></px-event-engine></section>
      <section class="desk-card">
        <h2>${d().common.status}</h2>
        <p>${texts.statusHints[event.status]}</p>
        <div class="desk-actions">
          ${(manage?.nextStatuses ?? []).map(
            (status) => html`<button
              class="btn ${status === 'cancelled' ? 'btn-danger' : 'btn-line'}"
              @click=${() => void this.#setStatus(event, status)}
            >
              ${texts.moves[status]}
            </button>`,
          )}
        </div>
        <dl class="desk-facts">
          <dt>${texts.accessMode}</dt>
          <dd>${texts.accessModes[event.accessMode]}</dd>
          <dt>${texts.faceSearch}</dt>
          <dd>${event.faceSearchEnabled ? d().common.on : d().common.off}</dd>
          ${
            manage
              ? html`<dt>${texts.revenueType}</dt>
                <dd>${texts.revenueTypes[manage.revenueType]}</dd>
                <dt>${texts.sales}</dt>
                <dd>${event.isSalesOpen ? texts.salesOpen : texts.salesShut}</dd>
                <dt>${texts.retention}</dt>
                <dd>${texts.days(manage.retentionDays)}</dd>
                <dt>${d().common.changed}</dt>
                <dd class="num">${formatDateTime(manage.updatedAt)}</dd>`
              : nothing
          }
        </dl>
        <div class="desk-actions">
          <button class="btn btn-line" @click=${() => void this.#announce(event)}>${icon('mail')}${texts.announce}</button>
          <button class="btn btn-danger" @click=${() => void this.#remove(event)}>${texts.remove}</button>
        </div>
      </section>
      <section class="desk-card"><px-event-staff class="stack" .eventId=${event.id}></px-event-staff></section>
      <section class="desk-card"><px-event-announcements class="stack" .eventId=${event.id}></px-event-announcements></section>
      <section class="desk-card"><px-event-packages class="stack" .eventId=${event.id}></px-event-packages></section>
    </div>`;
  }

  async #setStatus(event: Event, status: events.EventStatus): Promise<void> {
    const texts = d().events;
    const change = async (reason?: string): Promise<void> => {
      this.#event.set(
        await call<typeof events.setEventStatus>('PUT', '/api/events/:id/status', {
          params: { id: event.id },
          body: { status, reason: reason || undefined },
        }),
      );
    };
    if (status !== 'cancelled' && status !== 'archived') {
      await act(() => change(), texts.statusChanged(texts.states[status]));
      return;
    }
    await ask({
      title: texts.moves[status],
      body: texts.statusHints[status],
      fields: [{ name: 'reason', label: texts.reason, kind: 'area', maxlength: 500 }],
      action: texts.moves[status],
      danger: true,
      run: ({ reason }) => change(reason),
    });
  }

  async #announce(event: Event): Promise<void> {
    const texts = d().events;
    await ask({
      title: texts.announce,
      body: texts.announceBody,
      fields: [
        {
          name: 'audience',
          label: texts.audience,
          kind: 'select',
          value: 'buyers',
          options: (['buyers', 'searchers', 'staff', 'page'] as const).map((value) => ({
            value,
            label: texts.audiences[value],
          })),
        },
        {
          name: 'onPage',
          label: texts.onPage,
          kind: 'select',
          value: 'yes',
          options: (['yes', 'no'] as const).map((value) => ({ value, label: texts.onPageWords[value] })),
        },
        { name: 'subjectTh', label: texts.subjectTh, required: true, maxlength: 200 },
        { name: 'bodyTh', label: texts.bodyTh, kind: 'area', required: true, maxlength: 5000 },
        { name: 'subjectEn', label: texts.subjectEn, maxlength: 200 },
        { name: 'bodyEn', label: texts.bodyEn, kind: 'area', maxlength: 5000 },
      ],
      action: texts.send,
      run: async (values) => {
        const { recipientCount } = await call<typeof events.announceEvent>('POST', '/api/events/:id/announce', {
          params: { id: event.id },
          idempotencyKey: crypto.randomUUID(),
          body: {
            audience: values.audience as 'buyers',
            onPage: values.onPage === 'yes',
            subjectTh: values.subjectTh,
            bodyTh: values.bodyTh,
            subjectEn: values.subjectEn || undefined,
            bodyEn: values.bodyEn || undefined,
          },
        });
        toast(recipientCount > 0 ? texts.announced(recipientCount) : texts.announcedPage, { kind: 'success' });
        await this.querySelector('px-event-announcements')?.reload();
      },
    });
  }

  async #remove(event: Event): Promise<void> {
    const texts = d().events;
    const done = await ask({
      title: texts.remove,
      body: texts.removeBody(eventName(event)),
      action: texts.remove,
      danger: true,
      run: () => call<typeof events.deleteEvent>('DELETE', '/api/events/:id', { params: { id: event.id } }),
    });
    if (done) navigate('/admin/events', { replace: true });
  }
}
