import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { favorites, isFavorite, toggleFavorite } from '../context/favorites.ts';
import type { Photo, PhotoList } from '../data/types.ts';
import { formatTime } from '../i18n/format.ts';
import { t } from '../i18n/i18n.ts';
import { PxElement } from './element.ts';
import { type Anchor, anchorOf, driftOf } from './grid/anchor.ts';
import { blurOf, hasBlur } from './grid/blur.ts';
import { listOf } from './grid/photo-list.ts';
import { ScrollWatch } from './grid/scroll-watch.ts';
import { justifyRatios, ratioOf, type Tile, tilesWithin, type Wall } from './justify.ts';
import { idle, isPageOpening, ownTask } from './own-task.ts';
import { icon } from './px-icon.ts';
import { vars } from './vars.ts';

const GAP = 4;
/** How far beyond the screen tiles are kept, in screens. */
const MARGIN = 1;
/** px of the wall that are rendered in any case. */
const MIN_BAND = 200;
/** A blur that nobody had time to draw is drawn after this. */
const LATEST_BLUR_MS = 200;
/** Walls longer than this many screens get a time rail. */
const RAIL_FROM = 4;

/**
 * The wall: justified rows, only what is near the screen is in the page (20,000 photos scroll like 20). Places are known from the
 * photos' shapes before a byte of them arrives; what one looks at stays where it is when photos come or go, or the screen turns.
 * Events: `px-open` and `px-toggle` (detail: photo id), `px-end` near the end, `px-laid-out` once it stands, `px-rest` (detail: Anchor |
 * null) when scrolling comes to rest.
 */
@customElement('px-photo-grid')
export class PxPhotoGrid extends PxElement {
  static override readonly later = true;
  @property({ attribute: false }) photos: readonly Photo[] | PhotoList = [];
  @property({ attribute: false }) chosen: ReadonlySet<string> = new Set();
  /** Ids that belong to the person already. */
  @property({ attribute: false }) owned: Pick<ReadonlySet<string>, 'has'> = new Set();
  /** Show the add button on tiles. */
  @property({ type: Boolean }) selectable = false;
  /** Show hearts. */
  @property({ type: Boolean }) favorable = false;
  /** Show the time rail where the wall is long. */
  @property({ type: Boolean }) rail = false;
  /** Path of one photo, for a real link. */
  @property({ attribute: false }) hrefOf: (photo: Photo) => string = () => '#';
  /** Row height in px; 0: by width. */
  @property({ type: Number }) rowHeight = 0;

  @state() private width = 0;
  /** From where to where tiles are in the page, in px of the wall. */
  @state() private band: [number, number] = [0, MIN_BAND];
  #list: PhotoList = listOf([]);
  #wall: Wall = { tiles: [], height: 0 };
  #anchor: Anchor | null = null;
  #observer: ResizeObserver | null = null;
  #endFor = -1;
  /** Tile that has the focus: it stays in the page wherever one scrolls. */
  #focused = -1;
  /** Photos whose picture was there before their blur was drawn: they need none. */
  readonly #came = new Set<string>();
  /** Address of the picture that stands, by photo; and those on their way to take its place. */
  readonly #shown = new Map<string, string>();
  readonly #coming = new Set<string>();
  /** Pictures in the page; while one scrolls in a hurry no others are asked for. */
  #pictured = new Set<string>();
  #isLaidOut = false;
  readonly #scroll = new ScrollWatch({
    onMove: () => this.#measure(),
    onRest: () => {
      this.#measure();
      // Photos that came while the page moved, pictures that were not asked for.
      this.requestUpdate('photos');
      this.emit('px-rest', this.#anchor);
    },
  });

  constructor() {
    super();
    this.watch(favorites);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // Told before the first picture is painted; asking now would lay the page out twice.
    this.#observer = new ResizeObserver(() => {
      if (this.clientWidth === this.width) {
        // What stands above came, went or grew: the wall is elsewhere on the screen than when it was measured.
        if (this.#isOpened) this.#measure();
        return;
      }
      if (this.width === 0 && isPageOpening()) void ownTask().then(() => this.#layOut());
      else this.#layOut();
    });
    this.#observer.observe(this);
    this.#observer.observe(document.body);
    this.#scroll.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer?.disconnect();
    this.#scroll.stop();
  }

  #layOut(): void {
    // At first what is on the screen, the margin in the next step.
    if (this.width === 0) this.band = [0, Math.max(MIN_BAND, innerHeight - this.getBoundingClientRect().top)];
    this.width = this.clientWidth;
    // Before the next picture is painted, so that turning the phone shows the same photos at once.
    this.performUpdate();
  }

  /** The wall begins anew (other photos are wanted): nothing of the old one is held on to. */
  forgetPlace(): void {
    this.#anchor = null;
  }

  /** Scrolls to where a photo was seen before. False when it is not in this wall, or the wall does not stand yet (see `px-laid-out`). */
  showAt(anchor: Anchor): boolean {
    if (!this.#isLaidOut || this.#list.indexOf(anchor.id) < 0) return false;
    this.#anchor = anchor;
    this.#hold();
    return true;
  }

  /** Brings a photo into view, in the middle if it is not there yet, and gives its link the focus. */
  async focusPhoto(id: string): Promise<void> {
    const tile = this.#wall.tiles[this.#list.indexOf(id)];
    if (!tile) return;
    const top = this.getBoundingClientRect().top + tile.y;
    if (top < 64 || top + tile.height > innerHeight) scrollTo({ top: scrollY + top - (innerHeight - tile.height) / 2 });
    this.#focused = tile.index;
    this.#measure();
    this.requestUpdate();
    await this.updateComplete;
    this.querySelector<HTMLElement>(`[data-photo="${id}"] > a`)?.focus({ preventScroll: true });
  }

  #measure(): void {
    const top = -this.getBoundingClientRect().top;
    const screen = innerHeight;
    const step = screen / 2;
    // Steps of half a screen: scrolling re-renders twice a screen, not sixty times a second.
    const from = Math.floor((top - screen * MARGIN) / step) * step;
    const to = Math.ceil((top + screen * (1 + MARGIN)) / step) * step;
    if (from !== this.band[0] || to !== this.band[1]) this.band = [from, to];
    this.#anchor = anchorOf(this.#list, this.#wall.tiles, -top);
    if (top + screen * 2.5 > this.#wall.height && this.#list.length !== this.#endFor) {
      this.#endFor = this.#list.length;
      this.emit('px-end');
    }
  }

  protected override willUpdate(changed: PropertyValues): void {
    const list = listOf(this.photos);
    // Moving the page under a thumb would stop it: what comes while one scrolls waits until the page rests.
    const waits = this.#scroll.isMoving && this.#list.length > 0 && this.#anchor !== null;
    const isNew = list !== this.#list && !waits;
    if (isNew) this.#list = list;
    if (isNew || changed.has('width') || changed.has('rowHeight')) {
      const target = this.rowHeight || (this.width < 560 ? 172 : this.width < 1000 ? 220 : 264);
      const { length } = this.#list;
      this.#wall = justifyRatios(length, (index) => this.#list.ratioAt(index), {
        width: Math.max(this.width, 1),
        target,
        gap: GAP,
        // One photo in 64, by its id: whatever else comes and goes.
        ...(length > 200 && { beginsBlock: (index) => /[0-3]0$/.test(this.#list.idAt(index) ?? '') }),
      });
      this.#needsHold = this.#isLaidOut;
      if (this.rail && this.#isLong) void import('./px-time-rail.ts');
    }
  }
  #needsHold = false;

  get #isLong(): boolean {
    return this.#wall.height > innerHeight * RAIL_FROM;
  }

  /** Scrolls by what the change has moved the photo that one looks at. */
  #hold(): void {
    if (!this.#anchor) return;
    const drift = driftOf(this.#anchor, this.#list, this.#wall.tiles, this.getBoundingClientRect().top);
    if (drift !== 0) scrollBy({ top: drift, behavior: 'instant' });
  }

  protected override updated(): void {
    if (this.width === 0) return;
    if (this.#needsHold) {
      this.#needsHold = false;
      this.#hold();
      this.#measure();
    }
    if (!this.#isLaidOut && this.#list.length > 0) {
      this.#isLaidOut = true;
      this.emit('px-laid-out');
      if (isPageOpening()) void this.#restOfOpening();
      else this.#measure();
    }
  }

  /** The margin and the blurs, piece by piece; blurs only of what is still on its way when there is time to draw them. */
  async #restOfOpening(): Promise<void> {
    await ownTask();
    this.#measure();
    await this.updateComplete;
    for (const { index } of this.#shownTiles()) {
      const thumbHash = this.#list.at(index)?.thumbHash;
      if (!thumbHash || hasBlur(thumbHash) || this.#came.has(this.#list.idAt(index) ?? '')) continue;
      await idle(LATEST_BLUR_MS);
      if (!this.#came.has(this.#list.idAt(index) ?? '')) blurOf(thumbHash);
    }
    this.#isOpened = true;
    this.requestUpdate();
  }
  /** Its margin and blurs are there, too. */
  #isOpened = !isPageOpening();

  protected override render(): TemplateResult {
    if (this.width === 0) return html``;
    const shown = this.#shownTiles();
    const known = this.#pictured;
    this.#pictured = new Set();
    return html`<ul
        class="wall"
        ${vars({ height: `${this.#wall.height}px` })}
        @focusin=${(event: FocusEvent) => {
          const item = (event.target as HTMLElement).closest<HTMLElement>('[data-photo]');
          this.#focused = item ? this.#list.indexOf(item.dataset.photo!) : -1;
        }}
        @focusout=${() => {
          this.#focused = -1;
        }}
      >
        ${repeat(
          shown,
          (tile) => this.#list.idAt(tile.index),
          (tile) => this.#tile(tile, known),
        )}
      </ul>
      ${
        this.rail && this.#isLong
          ? html`<px-time-rail
              .list=${this.#list}
              .tiles=${this.#wall.tiles}
              .height=${this.#wall.height}
              .of=${this}
            ></px-time-rail>`
          : nothing
      }`;
  }

  /** Those of the band, and the one that has the focus. */
  #shownTiles(): readonly Tile[] {
    const tiles = tilesWithin(this.#wall.tiles, this.band[0], this.band[1]);
    const focused = this.#wall.tiles[this.#focused];
    if (!focused || tiles.includes(focused)) return tiles;
    return tiles[0] && focused.index < tiles[0].index ? [focused, ...tiles] : [...tiles, focused];
  }

  #tile(tile: Tile, known: ReadonlySet<string>): TemplateResult | typeof nothing {
    const photo = this.#list.at(tile.index);
    if (!photo) return nothing;
    const chosen = this.chosen.has(photo.id);
    const label = t().photo.label(tile.index + 1, photo.takenAt ? formatTime(photo.takenAt) : '');
    const hasPicture = !this.#scroll.isHurried || known.has(photo.id);
    if (hasPicture) this.#pictured.add(photo.id);
    return html`<li
      class="tile ${chosen ? 'chosen' : ''}"
      data-photo=${photo.id}
      aria-setsize=${this.#list.length}
      aria-posinset=${tile.index + 1}
      ${vars({
        translate: `${tile.x}px ${tile.y}px`,
        width: `${tile.width}px`,
        height: `${tile.height}px`,
        'background-image': this.#isOpened ? this.#blur(photo) : null,
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
        ${hasPicture ? this.#picture(photo, tile) : nothing}
      </a>
      ${this.favorable ? heart(photo, label) : nothing}
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
    </li>`;
  }

  #blur({ id, thumbHash }: Photo): string | null {
    return thumbHash && (hasBlur(thumbHash) || !this.#came.has(id)) ? blurOf(thumbHash) : null;
  }

  /** What stands in a tile stays until a larger size is here: who turns the phone sees no empty tiles. */
  #sourceOf(photo: Photo, tile: Tile): string {
    const { small, medium, large } = photo.thumbnails;
    const wanted = thumbnailFor(photo, tile);
    const shown = this.#shown.get(photo.id);
    const sizes = [small, medium, large];
    if (!shown || sizes.indexOf(shown) < 0) return wanted;
    if (sizes.indexOf(shown) < sizes.indexOf(wanted) && !this.#coming.has(wanted)) {
      this.#coming.add(wanted);
      const image = new Image();
      image.src = wanted;
      void image
        .decode()
        .then(() => {
          this.#shown.set(photo.id, wanted);
          this.requestUpdate();
        })
        .catch(() => undefined)
        .finally(() => this.#coming.delete(wanted));
    }
    return shown;
  }

  #picture(photo: Photo, tile: Tile): TemplateResult {
    return html`<img
      src=${this.#sourceOf(photo, tile)}
      alt=""
      loading=${tile.index < 12 ? 'eager' : 'lazy'}
      decoding="async"
      draggable="false"
      ${vars({ 'object-position': focalPosition(photo) })}
      @load=${(event: Event) => {
        const image = event.target as HTMLImageElement;
        image.classList.add('in');
        this.#shown.set(photo.id, image.getAttribute('src')!);
        if (isPageOpening()) this.#came.add(photo.id);
      }}
      @error=${(event: Event) => {
        // Not kept for offline: the medium thumbnail may be.
        const image = event.target as HTMLImageElement;
        if (image.getAttribute('src') === photo.thumbnails.large) image.src = photo.thumbnails.medium;
      }}
    />`;
  }
}

/** Marks a photo as a favourite, on tiles. */
const heart = (photo: Photo, label: string): TemplateResult => {
  const marked = isFavorite(photo.id);
  return html`<button
    class="tile-heart"
    aria-pressed=${marked ? 'true' : 'false'}
    aria-label=${`${marked ? t().favorites.remove : t().favorites.add}: ${label}`}
    @click=${() => toggleFavorite(photo)}
  >
    <span>${icon('heart')}</span>
  </button>`;
};

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
