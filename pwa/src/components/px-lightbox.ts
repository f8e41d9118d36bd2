import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { Photo } from '../data/types.ts';
import { formatTime } from '../i18n/format.ts';
import { t } from '../i18n/i18n.ts';
import { PxElement } from './element.ts';
import { Gestures } from './gestures.ts';
import { ratioOf } from './justify.ts';
import { icon } from './px-icon.ts';
import { thumbnailFor } from './px-photo-grid.ts';
import { vars } from './vars.ts';

/**
 * One picture with the screen to itself: swipe or arrows for the next, pinch or double tap to zoom, drag down or Escape to
 * close. Events: `px-show` (detail: photo id) when another picture is wanted, `px-close`. The page gives the actions below.
 */
@customElement('px-lightbox')
export class PxLightbox extends PxElement {
  @property({ attribute: false }) photos: readonly Photo[] = [];
  /** Id of the photo shown. */
  @property() current = '';
  /** All there are, when more than what is loaded. */
  @property({ type: Number }) total = 0;
  @property({ attribute: false }) actions: ((photo: Photo) => TemplateResult) | null = null;
  @state() private loaded: ReadonlySet<string> = new Set();
  @state() private zoomed = false;
  @query('dialog') private dialog!: HTMLDialogElement;
  @query('.stage') private stage!: HTMLElement;
  #gestures: Gestures | null = null;

  get #index(): number {
    return this.photos.findIndex((photo) => photo.id === this.current);
  }

  protected override firstUpdated(): void {
    this.dialog.showModal();
    document.documentElement.classList.add('locked');
    this.#gestures = new Gestures(this.stage, {
      onSwipe: (direction) => this.#go(direction),
      onDismiss: () => this.#close(),
      onZoom: (scale) => {
        this.zoomed = scale > 1.02;
      },
      canSwipe: (direction) => this.photos[this.#index + direction] !== undefined,
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#gestures?.stop();
    document.documentElement.classList.remove('locked');
    if (this.dialog?.open) this.dialog.close();
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('current')) {
      this.#gestures?.reset();
      for (const step of [1, -1]) {
        const neighbour = this.photos[this.#index + step];
        if (neighbour) new Image().src = neighbour.previewUrl;
      }
    }
  }

  #go(step: 1 | -1): void {
    const next = this.photos[this.#index + step];
    if (next) this.emit('px-show', next.id);
  }

  #close(): void {
    this.emit('px-close');
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.target instanceof HTMLInputElement) return;
    if (event.key === 'ArrowRight') this.#go(1);
    else if (event.key === 'ArrowLeft') this.#go(-1);
    else if (event.key === '+' || event.key === '=') this.#gestures?.zoomBy(1.5);
    else if (event.key === '-') this.#gestures?.zoomBy(1 / 1.5);
    else return;
    event.preventDefault();
  };

  protected override render(): TemplateResult {
    const texts = t().photo;
    const index = this.#index;
    const photo = this.photos[index];
    const total = Math.max(this.total, this.photos.length);
    return html`<dialog
      class="lightbox"
      data-surface="night"
      autofocus
      aria-label=${texts.viewer}
      @keydown=${this.#onKey}
      @cancel=${(event: Event) => {
        event.preventDefault();
        this.#close();
      }}
    >
      <header>
        <button class="btn btn-icon" aria-label=${t().app.close} @click=${this.#close}>${icon('close')}</button>
        <p class="num small" aria-live="polite">${photo ? texts.position(index + 1, total) : nothing}</p>
        <button
          class="btn btn-icon zoom"
          aria-label=${this.zoomed ? texts.zoomOut : texts.zoomIn}
          @click=${() => (this.zoomed ? this.#gestures?.reset(true) : this.#gestures?.zoomBy(2))}
        >
          ${icon(this.zoomed ? 'minus' : 'plus')}
        </button>
      </header>
      <div class="stage">
        ${photo ? this.#picture(photo, index) : html`<p class="soft">${texts.gone}</p>`}
      </div>
      ${
        photo && this.photos[index - 1]
          ? html`<button class="btn btn-icon side prev" aria-label=${texts.previous} @click=${() => this.#go(-1)}>
            ${icon('chevron-left')}
          </button>`
          : nothing
      }
      ${
        photo && this.photos[index + 1]
          ? html`<button class="btn btn-icon side next" aria-label=${texts.next} @click=${() => this.#go(1)}>
            ${icon('chevron-right')}
          </button>`
          : nothing
      }
      <footer>${photo ? (this.actions?.(photo) ?? nothing) : nothing}</footer>
    </dialog>`;
  }

  #picture(photo: Photo, index: number): TemplateResult {
    const label = t().photo.label(index + 1, photo.takenAt ? formatTime(photo.takenAt) : '');
    // The thumbnail that is there already lies below until the preview has come.
    return html`<figure class="picture" ${vars({ '--ratio': String(ratioOf(photo)), '--placeholder': photo.placeholderColor })}>
      <img class="under" src=${thumbnailFor(photo, { width: 180, height: 180 })} alt="" aria-hidden="true" draggable="false" />
      <img
        class="over ${this.loaded.has(photo.id) ? 'in' : ''}"
        .src=${photo.previewUrl}
        alt=${label}
        draggable="false"
        @load=${() => {
          this.loaded = new Set(this.loaded).add(photo.id);
        }}
      />
    </figure>`;
  }
}
