import { html, type TemplateResult } from 'lit';
import type { PhotoView } from '#contracts/http/photos.ts';
import '../../components/px-lightbox.ts';
import type { Photo } from '../../data/types.ts';
import { d } from '../../i18n/desk.ts';
import type { Decision } from './review-queue.ts';

export interface LoupeOptions {
  photos: readonly PhotoView[];
  /** Id of the photo that is looked at. */
  current: string;
  decisions: ReadonlyMap<string, Decision>;
  decide: (decision: Decision) => void;
  show: (photoId: string) => void;
  close: () => void;
}

/** One photo to look at closely, with the decision below it. */
export function loupe({ photos, current, decisions, decide, show, close }: LoupeOptions): TemplateResult {
  const texts = d().approve;
  return html`<px-lightbox
    .photos=${photos as readonly Photo[]}
    .current=${current}
    .actions=${(photo: Photo) => {
      const decision = decisions.get(photo.id);
      return html`<div class="photo-actions">
        <p class="soft">${(photo as PhotoView).manage?.fileName ?? ''}${decision ? ` · ${texts.done[decision]}` : ''}</p>
        <div class="row">
          <button class="btn btn-line" @click=${() => decide('reject')}>${texts.reject}</button>
          <button class="btn btn-gold" @click=${() => decide('approve')}>${texts.approve}</button>
        </div>
      </div>`;
    }}
    @px-show=${(event: CustomEvent<string>) => show(event.detail)}
    @px-close=${close}
  ></px-lightbox>`;
}
