import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type * as events from '#contracts/http/events.ts';
import { Loader } from '../../components/desk/loader.ts';
import { act, stateBadge } from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { call, type ItemOf } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateTime } from '../../i18n/format.ts';
import { lang } from '../../i18n/i18n.ts';

type Announcement = ItemOf<typeof events.adminListAnnouncements>;

/** What was announced at an event, to whom, and whether it stands on the page. */
@customElement('px-event-announcements')
export class PxEventAnnouncements extends PxElement {
  @property() eventId = '';
  readonly #items = new Loader<readonly Announcement[]>(
    this,
    async () =>
      (
        await call<typeof events.adminListAnnouncements>('GET', '/api/admin/events/:id/announcements', {
          params: { id: this.eventId },
        })
      ).items,
  );

  reload(): Promise<void> {
    return this.#items.reload();
  }

  protected override render(): TemplateResult {
    const texts = d().events;
    return html`<h2 class="section-title">${texts.announcements}</h2>
      ${this.#items.view((items) =>
        items.length === 0
          ? html`<p class="soft">${texts.announcementsNone}</p>`
          : html`<ul class="list">
            ${items.map((item) => this.#row(item))}
          </ul>`,
      )}`;
  }

  #row(item: Announcement): TemplateResult {
    const texts = d().events;
    return html`<li class="spread staff-row">
      <span>
        <b>${lang.value === 'th' ? item.subjectTh : item.subjectEn}</b> ${item.onPage ? stateBadge(texts.shown, 'success') : nothing}
        <small class="num">
          ${formatDateTime(item.createdAt)} · ${item.audience === 'page' ? texts.audiences.page : `${texts.audiences[item.audience]}, ${texts.people(item.recipientCount)}`}
        </small>
      </span>
      <button class="btn btn-quiet" @click=${() => void this.#show(item)}>${item.onPage ? texts.unshow : texts.show}</button>
    </li>`;
  }

  async #show({ id, onPage }: Announcement): Promise<void> {
    await act(
      () =>
        call<typeof events.adminShowAnnouncement>('PUT', '/api/admin/announcements/:id', {
          params: { id },
          body: { onPage: !onPage },
        }),
      d().common.saved,
    );
    await this.#items.reload();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'px-event-announcements': PxEventAnnouncements;
  }
}
