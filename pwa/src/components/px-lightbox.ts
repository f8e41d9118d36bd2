import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Photo, PhotoList } from '../data/types.ts';
import { formatTime } from '../i18n/format.ts';
import { t } from '../i18n/i18n.ts';
import { PxElement } from './element.ts';
import { Gestures } from './gestures.ts';
import { blurOf } from './grid/blur.ts';
import { listOf } from './grid/photo-list.ts';
import { ratioOf } from './justify.ts';
import { icon } from './px-icon.ts';
import { thumbnailFor } from './px-photo-grid.ts';
import { vars } from './vars.ts';

/**
 * One picture with the screen to itself: swipe or arrows for the next, Home and End for the first and the last, pinch, double tap, plus and
 * minus to zoom, drag down or Escape to close. Events: `px-show` (detail: photo id) when another picture is wanted, `px-close`. The page
 * gives the actions below and the tools above. Focus is held inside by the platform; the page gives it back to the photo in its wall.
 */
@customElement('px-lightbox')
export class PxLightbox extends PxElement {
  @property({ attribute: false }) photos: readonly Photo[] | PhotoList = [];
  /** Id of the photo shown. */
  @property() current = '';
  /** All there are, when more than what is loaded. */
  @property({ type: Number }) total = 0;
  /** More photos may still come: one that is not there yet is waited for. */
  @property({ type: Boolean }) partial = false;
  @property({ attribute: false }) actions: ((photo: Photo) => TemplateResult) | null = null;
  @property({ attribute: false }) tools: ((photo: Photo) => TemplateResult) | null = null;
  @state() private loaded: ReadonlySet<string> = new Set();
  @state() private zoomed = false;
  @query('dialog') private dialog!: HTMLDialogElement;
  @query('.stage') private stage!: HTMLElement;
  #gestures: Gestures | null = null;

  get #list(): PhotoList {
    return listOf(this.photos);
  }
  get #index(): number {
    return this.#list.indexOf(this.current);
  }
  #neighbour(step: number): string | undefined {
    const index = this.#index;
    return index < 0 ? undefined : this.#list.idAt(index + step);
  }

  protected override firstUpdated(): void {
    this.dialog.showModal();
    // Not the first button, which would wear a ring that nobody asked for.
    this.dialog.focus({ preventScroll: true });
    document.documentElement.classList.add('locked');
    this.#gestures = new Gestures(this.stage, {
      onSwipe: (direction) => this.#go(direction),
      onDismiss: () => this.#close(),
      onZoom: (scale) => {
        this.zoomed = scale > 1.02;
      },
      canSwipe: (direction) => this.#neighbour(direction) !== undefined,
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#gestures?.stop();
    document.documentElement.classList.remove('locked');
    if (this.dialog?.open) this.dialog.close();
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('current')) this.#gestures?.reset();
    // The neighbours are in the page; those behind them are fetched once the picture itself is there.
    if (changed.has('loaded') && this.loaded.has(this.current)) {
      for (const step of [2, -2]) {
        const photo = this.#list.at(this.#index + step);
        if (photo) new Image().src = photo.previewUrl;
      }
    }
  }

  #show(id: string | undefined): void {
    if (id !== undefined && id !== this.current) this.emit('px-show', id);
  }
  #go(step: 1 | -1): void {
    this.#show(this.#neighbour(step));
  }

  #close(): void {
    this.emit('px-close');
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.target instanceof HTMLInputElement || event.altKey || event.ctrlKey || event.metaKey) return;
    const act: Record<string, () => void> = {
      ArrowRight: () => this.#go(1),
      ArrowLeft: () => this.#go(-1),
      Home: () => this.#show(this.#list.idAt(0)),
      End: () => this.#show(this.#list.idAt(this.#list.length - 1)),
      '+': () => this.#gestures?.zoomBy(1.5),
      '=': () => this.#gestures?.zoomBy(1.5),
      '-': () => this.#gestures?.zoomBy(1 / 1.5),
      '0': () => this.#gestures?.reset(true),
    };
    if (!act[event.key]) return;
    act[event.key]!();
    event.preventDefault();
  };

  protected override render(): TemplateResult {
    const texts = t().photo;
    const index = this.#index;
    const photo = this.#list.at(index);
    const total = Math.max(this.total, this.#list.length);
    return html`<dialog
      class="lightbox"
      data-surface="night"
      tabindex="-1"
      aria-label=${texts.viewer}
      aria-description=${t().gallery.keys}
      @keydown=${this.#onKey}
      @cancel=${(event: Event) => {
        event.preventDefault();
        this.#close();
      }}
      @close=${() => {
        // The browser closes a dialog that holds on to its second Escape.
        if (this.isConnected) this.#close();
      }}
    >
      <header>
        <button class="btn btn-icon" aria-label=${t().app.close} @click=${this.#close}>${icon('close')}</button>
        <p class="num small">${photo ? texts.position(index + 1, total) : nothing}</p>
        <div class="lightbox-tools">
          ${photo ? (this.tools?.(photo) ?? nothing) : nothing}
          <button
            class="btn btn-icon zoom"
            aria-label=${this.zoomed ? texts.zoomOut : texts.zoomIn}
            @click=${() => (this.zoomed ? this.#gestures?.reset(true) : this.#gestures?.zoomBy(2))}
          >
            ${icon(this.zoomed ? 'minus' : 'plus')}
          </button>
        </div>
      </header>
      <p class="sr-only" aria-live="polite">
        ${photo ? `${this.#label(photo, index)}, ${texts.position(index + 1, total)}` : nothing}
      </p>
      <div class="stage">
        ${
          photo
            ? html`<div class="strip">
              ${repeat(
                [-1, 0, 1].filter((step) => this.#list.idAt(index + step) !== undefined),
                (step) => this.#list.idAt(index + step),
                (step) => this.#picture(this.#list.at(index + step)!, index + step, step),
              )}
            </div>`
            : html`<p class="soft">${this.partial ? t().app.loading : texts.gone}</p>`
        }
      </div>
      ${
        this.#neighbour(-1) !== undefined
          ? html`<button class="btn btn-icon side prev" aria-label=${texts.previous} @click=${() => this.#go(-1)}>
            ${icon('chevron-left')}
          </button>`
          : nothing
      }
      ${
        this.#neighbour(1) !== undefined
          ? html`<button class="btn btn-icon side next" aria-label=${texts.next} @click=${() => this.#go(1)}>
            ${icon('chevron-right')}
          </button>`
          : nothing
      }
      <footer>${photo ? (this.actions?.(photo) ?? nothing) : nothing}</footer>
    </dialog>`;
  }

  #label(photo: Photo, index: number): string {
    return t().photo.label(index + 1, photo.takenAt ? formatTime(photo.takenAt) : '');
  }

  /** `step`: 0 the picture itself, -1 and 1 its neighbours, beside it while one swipes. */
  #picture(photo: Photo, index: number, step: number): TemplateResult {
    const isLoaded = this.loaded.has(photo.id);
    // Neighbours do not compete with the picture one waits for.
    const wantsPreview = step === 0 || isLoaded || this.loaded.has(this.current);
    // The thumbnail that is there already lies below until the preview has come.
    return html`<figure
      class="picture"
      aria-hidden=${step === 0 ? nothing : 'true'}
      ${vars({
        '--ratio': String(ratioOf(photo)),
        '--step': String(step),
        'background-image': blurOf(photo.thumbHash),
        '--placeholder': photo.placeholderColor,
      })}
    >
      <img class="under" src=${thumbnailFor(photo, { width: 180, height: 180 })} alt="" aria-hidden="true" draggable="false" />
      <img
        class="over ${isLoaded ? 'in' : ''}"
        src=${wantsPreview ? photo.previewUrl : nothing}
        alt=${step === 0 ? this.#label(photo, index) : ''}
        draggable="false"
        decoding="async"
        @load=${() => {
          this.loaded = new Set(this.loaded).add(photo.id);
        }}
      />
    </figure>`;
  }
}
