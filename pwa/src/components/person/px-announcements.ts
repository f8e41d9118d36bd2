import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { api } from '../../data/api.ts';
import type { Answer } from '../../data/contract.ts';
import { seen } from '../../data/events.ts';
import { formatDateTime } from '../../i18n/format.ts';
import { lang, t } from '../../i18n/i18n.ts';
import { PxElement } from '../element.ts';
import { icon } from '../px-icon.ts';
import '../px-dialog.ts';
import './announcements.css';

type Announcements = Answer<'GET /api/events/:id/announcements'>['items'];

/**
 * What the organizer announced, as one line on the cover of the event, all of it behind a tap. It lies on the picture: coming
 * late it moves nothing. Nothing when there is none.
 */
@customElement('px-announcements')
export class PxAnnouncements extends PxElement {
  @property() eventId = '';
  @state() private items: Announcements = [];
  @state() private isOpen = false;

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('eventId') || !this.eventId) return;
    const { eventId } = this;
    this.items = [];
    const take = ({ items }: { items: Announcements }): void => {
      if (eventId === this.eventId) this.items = items;
    };
    // News, not the page itself: without it the page stands.
    seen(
      `announcements:${eventId}`,
      () => api('GET /api/events/:id/announcements', { params: { id: eventId } }),
      take,
    ).then(take, () => undefined);
  }

  protected override render(): TemplateResult | typeof nothing {
    const [newest] = this.items;
    if (!newest) return nothing;
    const isThai = lang.value === 'th';
    return html`<button class="announce-strip" @click=${() => (this.isOpen = true)}>
        ${icon('megaphone')}<span>${isThai ? newest.subjectTh : newest.subjectEn}</span>${icon('chevron-right')}
      </button>
      <px-dialog .heading=${t().event.announcements} .open=${this.isOpen} @px-close=${() => (this.isOpen = false)}>
        <ul class="announcements">
          ${this.items.map(
            (item) => html`<li>
              <strong>${isThai ? item.subjectTh : item.subjectEn}</strong>
              <p>${isThai ? item.bodyTh : item.bodyEn}</p>
              <p class="small soft num">${formatDateTime(item.createdAt)}</p>
            </li>`,
          )}
        </ul>
      </px-dialog>`;
  }
}
