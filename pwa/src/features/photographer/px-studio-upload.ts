import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type * as photographers from '#contracts/http/photographers.ts';
import { Loader } from '../../components/desk/loader.ts';
import { pageHead } from '../../components/desk/parts.ts';
import '../../components/desk/px-event-upload.ts';
import { PxElement } from '../../components/element.ts';
import { emptyState } from '../../components/states.ts';
import { call } from '../../data/call.ts';
import { kvGet, kvSet } from '../../data/kv.ts';
import { accountUser } from '../../data/session.ts';
import type { EventView } from '../../data/types.ts';
import { d } from '../../i18n/desk.ts';

/** Uploads: the event, the drop zone, the list. Opens without signal with the events that were there last time. */
@customElement('px-studio-upload')
export class PxStudioUpload extends PxElement {
  @property() eventId = '';
  readonly #events = new Loader<readonly EventView[]>(this, async () => {
    const key = `studio-events:${accountUser()?.id ?? ''}`;
    try {
      const { items } = await call<typeof photographers.listPhotographerEvents>('GET', '/api/photographer/events', {
        query: { limit: 100 },
      });
      void kvSet('cache', key, items);
      return items;
    } catch (error) {
      const remembered = await kvGet<EventView[]>('cache', key);
      if (remembered) return remembered;
      throw error;
    }
  });

  protected override render(): TemplateResult {
    const texts = d().studio;
    return html`${pageHead({ title: texts.uploadTitle, lead: texts.uploadLead })}
    ${this.#events.view((events) =>
      events.length === 0
        ? emptyState({ drawing: 'frames', title: texts.noEvents, body: texts.noEventsBody })
        : html`<px-event-upload .events=${events} .eventId=${this.eventId} root="/studio/events"></px-event-upload>`,
    )}`;
  }
}
