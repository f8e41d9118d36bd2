import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { toast } from '../context/toasts.ts';
import { type PhotoShare, sharePhoto, unsharePhoto } from '../data/shares.ts';
import { t } from '../i18n/i18n.ts';
import { problemText } from '../i18n/problems.ts';
import { PxElement } from './element.ts';
import { icon } from './px-icon.ts';
import { shareLink } from './share.ts';

/**
 * Makes a public page of a bought photo and hands its link to the share sheet; takes it down again. The parent loads `share`
 * (null: none). Event: `px-shared` (detail: the page, or null) after either.
 */
@customElement('px-share-photo')
export class PxSharePhoto extends PxElement {
  @property() photoId = '';
  /** For the words beside the link. */
  @property() eventName = '';
  /** Says which photo the buttons are for. */
  @property() label = '';
  @property({ attribute: false }) share: PhotoShare | null = null;
  @state() private busy = false;

  protected override render(): TemplateResult {
    const texts = t().share;
    return html`<button class="btn btn-quiet" aria-label="${texts.make}: ${this.label}" ?disabled=${this.busy} @click=${this.#make}>
        ${icon('share')}${texts.make}
      </button>
      ${
        this.share
          ? html`<button class="btn btn-quiet" aria-label="${texts.stop}: ${this.label}" ?disabled=${this.busy} @click=${this.#stop}>
            ${icon('close')}${texts.stop}
          </button>`
          : nothing
      }`;
  }

  async #run(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await work();
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    } finally {
      this.busy = false;
    }
  }
  readonly #make = (): Promise<void> =>
    this.#run(async () => {
      const share = this.share ?? (await sharePhoto(this.photoId));
      this.share = share;
      this.emit('px-shared', share);
      await shareLink(share.path, t().share.text(this.eventName));
    });
  readonly #stop = (): Promise<void> =>
    this.#run(async () => {
      await unsharePhoto(this.photoId);
      this.share = null;
      this.emit('px-shared', null);
      toast(t().share.stopped, { kind: 'success' });
    });
}
