import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Photo } from '../data/types.ts';
import { formatTime } from '../i18n/format.ts';
import { t } from '../i18n/i18n.ts';
import { PxElement } from './element.ts';
import { justify, ratioOf, type Tile, tilesWithin, type Wall } from './justify.ts';
import { icon } from './px-icon.ts';
import { vars } from './vars.ts';

const GAP = 4;
/** How far beyond the screen tiles are kept, in screens. */
const MARGIN = 1;

/**
 * The wall: justified rows, only what is near the screen is in the page (20,000 photos scroll like 20). Places are known from the
 * photos' sizes before a byte of them arrives, so nothing jumps.
 * Events: `px-open` and `px-toggle` (detail: photo id), `px-end` near the end.
 */
@customElement('px-photo-grid')
export class PxPhotoGrid extends PxElement {
  @property({ attribute: false }) photos: readonly Photo[] = [];
  @property({ attribute: false }) chosen: ReadonlySet<string> = new Set();
  /** Ids that belong to the person already. */
  @property({ attribute: false }) owned: ReadonlySet<string> = new Set();
  /** Show the add button on tiles. */
  @property({ type: Boolean }) selectable = false;
  /** Path of one photo, for a real link. */
  @property({ attribute: false }) hrefOf: (photo: Photo) => string = () => '#';
  /** Row height in px; 0: by width. */
  @property({ type: Number }) rowHeight = 0;
  /** What stands below a tile (me / not me). Adds `extraHeight` px to each row. */
  @property({ attribute: false }) below: ((photo: Photo) => TemplateResult) | null = null;

  @state() private width = 0;
  @state() private band: [number, number] = [0, 1600];
  #wall: Wall = { tiles: [], height: 0 };
  #observer: ResizeObserver | null = null;
  #frame = 0;
  #endFor = -1;

  override connectedCallback(): void {
    super.connectedCallback();
    this.width = this.clientWidth;
    this.#observer = new ResizeObserver(() => {
      this.width = this.clientWidth;
      this.#measure();
    });
    this.#observer.observe(this);
    addEventListener('scroll', this.#onScroll, { passive: true });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer?.disconnect();
    removeEventListener('scroll', this.#onScroll);
    cancelAnimationFrame(this.#frame);
  }

  readonly #onScroll = (): void => {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#measure();
    });
  };

  #measure(): void {
    const top = -this.getBoundingClientRect().top;
    const screen = innerHeight;
    const step = screen / 2;
    // Steps of half a screen: scrolling re-renders twice a screen, not sixty times a second.
    const from = Math.floor((top - screen * MARGIN) / step) * step;
    const to = Math.ceil((top + screen * (1 + MARGIN)) / step) * step;
    if (from !== this.band[0] || to !== this.band[1]) this.band = [from, to];
    if (top + screen * 2.5 > this.#wall.height && this.photos.length !== this.#endFor) {
      this.#endFor = this.photos.length;
      this.emit('px-end');
    }
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('photos') || changed.has('width') || changed.has('rowHeight')) {
      const target = this.rowHeight || (this.width < 560 ? 172 : this.width < 1000 ? 220 : 264);
      this.#wall = justify(this.photos, { width: Math.max(this.width, 1), target, gap: GAP });
    }
  }

  protected override firstUpdated(): void {
    this.#measure();
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('photos') || changed.has('width')) this.#measure();
  }

  protected override render(): TemplateResult {
    if (this.width === 0) return html``;
    const visible = tilesWithin(this.#wall.tiles, this.band[0], this.band[1]);
    return html`<ul class="wall" ${vars({ height: `${this.#wall.height}px` })}>
      ${repeat(
        visible,
        (tile) => this.photos[tile.index]?.id,
        (tile) => this.#tile(tile),
      )}
    </ul>`;
  }

  #tile(tile: Tile): TemplateResult | typeof nothing {
    const photo = this.photos[tile.index];
    if (!photo) return nothing;
    const chosen = this.chosen.has(photo.id);
    const label = t().photo.label(tile.index + 1, photo.takenAt ? formatTime(photo.takenAt) : '');
    return html`<li
      class="tile ${chosen ? 'chosen' : ''}"
      ${vars({
        translate: `${tile.x}px ${tile.y}px`,
        width: `${tile.width}px`,
        height: `${tile.height}px`,
        '--placeholder': photo.placeholderColor,
      })}
    >
      <a
        href=${this.hrefOf(photo)}
        aria-label=${label}
        @click=${(event: MouseEvent) => {
          if (!this.emit('px-open', photo.id)) event.preventDefault();
        }}
      >
        <img
          src=${thumbnailFor(photo, tile)}
          alt=""
          loading=${tile.index < 12 ? 'eager' : 'lazy'}
          decoding="async"
          draggable="false"
          ${vars({ 'object-position': focalPosition(photo) })}
          @load=${(event: Event) => (event.target as HTMLElement).classList.add('in')}
          @error=${(event: Event) => {
            // Not kept for offline: the medium thumbnail may be.
            const image = event.target as HTMLImageElement;
            if (image.getAttribute('src') === photo.thumbnails.large) image.src = photo.thumbnails.medium;
          }}
        />
      </a>
      ${
        this.owned.has(photo.id)
          ? html`<span class="tile-owned">${icon('check', t().photo.bought)}</span>`
          : this.selectable
            ? html`<button
              class="tile-add"
              aria-pressed=${chosen ? 'true' : 'false'}
              aria-label=${`${chosen ? t().photo.remove : t().photo.add}: ${label}`}
              @click=${() => this.emit('px-toggle', photo.id)}
            >
              <span>${icon(chosen ? 'check' : 'plus')}</span>
            </button>`
            : nothing
      }
      ${this.below?.(photo) ?? nothing}
    </li>`;
  }
}

/** The smallest thumbnail that still looks sharp on this screen; previews are for the viewer. */
export function thumbnailFor(photo: Photo, tile: { width: number; height: number }): string {
  const density = Math.min(globalThis.devicePixelRatio || 1, 2.5);
  const ratio = ratioOf(photo);
  // Thumbnails fit into 150x150, 300x300 and 800x600.
  const needed = Math.max(tile.width, tile.height * ratio) * density * 0.72;
  const widthOf = (box: number, boxHeight: number): number => Math.min(box, boxHeight * ratio);
  if (needed <= widthOf(150, 150)) return photo.thumbnails.small;
  if (needed <= widthOf(300, 300)) return photo.thumbnails.medium;
  return photo.thumbnails.large;
}

/** Where to look when a picture is cropped: at the faces, else slightly above the middle. */
export const focalPosition = (photo: Pick<Photo, 'focus'>): string =>
  photo.focus ? `${Math.round(photo.focus.x * 100)}% ${Math.round(photo.focus.y * 100)}%` : '50% 35%';
