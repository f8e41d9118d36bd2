import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { PhotoView } from '#contracts/http/photos.ts';
import { d } from '../../i18n/desk.ts';
import { formatTime } from '../../i18n/format.ts';
import { PxElement } from '../element.ts';
import { focalPosition } from '../px-photo-grid.ts';
import { vars } from '../vars.ts';
import { stateBadge, type Tone } from './parts.ts';
import './photo-cards.css';

export const photoTone: Record<PhotoView['status'], Tone> = {
  uploaded: 'plain',
  pending: 'warning',
  approved: 'success',
  rejected: 'error',
  failed: 'error',
};

/** Photos with their file name and state; `actions` adds what can be done with one. */
@customElement('px-photo-cards')
export class PxPhotoCards extends PxElement {
  @property({ attribute: false }) photos: readonly PhotoView[] = [];
  @property({ attribute: false }) actions: ((photo: PhotoView) => TemplateResult) | null = null;

  protected override render(): TemplateResult {
    return html`<ul class="photo-cards">
      ${repeat(
        this.photos,
        (photo) => photo.id,
        (photo) => this.#card(photo),
      )}
    </ul>`;
  }

  #card(photo: PhotoView): TemplateResult {
    const ready = photo.status !== 'uploaded' && photo.status !== 'failed';
    const name = photo.manage?.fileName ?? photo.id.slice(0, 8);
    const code = photo.manage?.failureCode;
    const reasons: Record<string, string> = d().upload.reasons;
    const why = photo.status === 'rejected' ? photo.manage?.reviewReason : code ? (reasons[code] ?? code) : null;
    return html`<li class="photo-card">
      <span class="photo-card-frame" ${vars({ '--placeholder': photo.placeholderColor })}>
        ${
          ready
            ? html`<img
              src=${photo.thumbnails.medium}
              alt=${name}
              loading="lazy"
              decoding="async"
              ${vars({ 'object-position': focalPosition(photo) })}
            />`
            : nothing
        }
      </span>
      <p class="photo-card-name" title=${name}>${name}</p>
      <div class="spread small">
        ${stateBadge(d().photoStates[photo.status], photoTone[photo.status])}
        <span class="soft num">${photo.takenAt ? formatTime(photo.takenAt) : nothing}</span>
      </div>
      ${why ? html`<p class="small soft">${why}</p>` : nothing} ${this.actions?.(photo) ?? nothing}
    </li>`;
  }
}
