import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { navigate } from '../../context/router.ts';
import type { EventView } from '../../data/types.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateShort } from '../../i18n/format.ts';
import { PxElement } from '../element.ts';
import { eventName } from '../event-parts.ts';
import { selectField } from './parts.ts';
import './px-bib-import.ts';
import './px-uploader.ts';

/** Which event, then its uploads. The choice is in the address: `{root}/{event}/upload`. */
@customElement('px-event-upload')
export class PxEventUpload extends PxElement {
  @property({ attribute: false }) events: readonly EventView[] = [];
  @property() eventId = '';
  @property() root = '';

  protected override render(): TemplateResult {
    const event = this.events.find(({ id }) => id === this.eventId) ?? likely(this.events);
    return html`<div class="stack">
      ${selectField({
        name: 'upload-event',
        label: d().upload.event,
        value: event?.id ?? '',
        options: this.events.map((one) => ({
          value: one.id,
          label: `${eventName(one)} · ${formatDateShort(one.startsAt)}`,
        })),
        onChange: (id) => navigate(`${this.root}/${id}/upload`, { replace: true }),
      })}
      <px-uploader class="stack" .eventId=${event?.id ?? ''} .eventName=${event ? eventName(event) : ''}></px-uploader>
      <px-bib-import .eventId=${event?.id ?? ''}></px-bib-import>
    </div>`;
  }
}

/** The event that is on now, else the one closest in time. */
function likely(events: readonly EventView[]): EventView | undefined {
  const now = Date.now();
  const distance = (event: EventView): number => {
    const from = Date.parse(event.startsAt);
    const to = Date.parse(event.endsAt);
    return now < from ? from - now : now > to ? now - to : 0;
  };
  return [...events].sort((a, b) => distance(a) - distance(b))[0];
}
