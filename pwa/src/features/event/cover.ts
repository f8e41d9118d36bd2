import { html, nothing, type TemplateResult } from 'lit';
import { eventFacts, eventName } from '../../components/event-parts.ts';
import { coverImage } from '../../components/first-image.ts';
import { icon } from '../../components/px-icon.ts';
import type { EventView, Photo } from '../../data/types.ts';
import { t } from '../../i18n/i18n.ts';

/**
 * Cover, name, date, place and the one gold button. The server writes the same into the document
 * (server/modules/pages/first-screen.ts): change both.
 */
export function eventCover(event: EventView, photos: readonly Photo[] | null, root: string): TemplateResult {
  const texts = t().event;
  const substitute = event.coverUrl ? null : photos?.[0]?.previewUrl;
  return html`<section class="event-cover">
    ${
      substitute
        ? html`<img src=${substitute} alt="" fetchpriority="high" decoding="async" />`
        : (coverImage(event, '100vw', true) ?? nothing)
    }
    <div class="event-title">
      <h1 class="display">${eventName(event)}</h1>
      ${eventFacts(event)}
      ${
        event.faceSearchEnabled && !event.isLocked
          ? html`<a class="btn btn-gold btn-big find-button" href="${root}/find">${icon('face')}${texts.findMe}</a>
            <p class="find-hint">${texts.findMeHint}</p>`
          : nothing
      }
    </div>
    ${event.isLocked ? nothing : html`<px-announcements .eventId=${event.id}></px-announcements>`}
  </section>`;
}
