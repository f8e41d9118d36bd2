import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { eventName } from '../../components/event-parts.ts';
import type { Anchor } from '../../components/grid/anchor.ts';
import { listOf } from '../../components/grid/photo-list.ts';
import '../../components/px-photo-grid.ts';
import type { PxPhotoGrid } from '../../components/px-photo-grid.ts';
import { emptyState } from '../../components/states.ts';
import { cart, toggleInCart } from '../../context/cart.ts';
import { back, entryNote, location, navigate, noteEntry } from '../../context/router.ts';
import { bought, loadBought } from '../../data/bought.ts';
import type { EventView, Photo, PhotoList } from '../../data/types.ts';
import { chosenOf, facetsOf, isFiltering, type WallFilter } from '../../data/wall/filter.ts';
import { type Wall, WallList } from '../../data/wall/wall.ts';
import { followWall, knownWall } from '../../data/wall/walls.ts';
import { t } from '../../i18n/i18n.ts';
import './gallery.css';
import './px-wall-filters.ts';
import { readFilter, writeFilter } from './wall-query.ts';

/** First the pictures of the first screen, then the whole wall. */
const FOLLOW_AFTER_MS = 1_200;
const ANCHOR = 'anchor';
const HANDS = ['wheel', 'touchmove', 'keydown', 'pointerdown'] as const;

/**
 * The photos of an event: its first page as it comes with the event, then the whole wall, narrowed down as the address says, and one photo
 * with the screen to itself. Event: `px-end` when more pages are wanted.
 */
@customElement('px-event-gallery')
export class PxEventGallery extends PxElement {
  static override readonly later = true;
  @property({ attribute: false }) event!: EventView;
  /** Path of the event's page. */
  @property() root = '';
  /** As far as pages of it were read; what stands until the wall is there, and where there is none. */
  @property({ attribute: false }) photos: readonly Photo[] = [];
  /** Pages are still to come. */
  @property({ type: Boolean }) partial = false;
  /** The photo that has the screen to itself; "": none. */
  @property() photoId = '';
  @state() private wall: Wall | null = null;
  @state() private hasNoWall = false;
  @query('px-photo-grid') private grid!: PxPhotoGrid | null;
  #filter: WallFilter = {};
  #list: PhotoList = listOf([]);
  #all: PhotoList = listOf([]);
  #listedFor: unknown[] = [];
  #chosen: ReadonlySet<string> = new Set();
  /** Where one was before the page was left or reloaded; until the wall that holds it is there. */
  #wanted: Anchor | null = null;
  #stop: (() => void) | null = null;
  #followed = '';

  constructor() {
    super();
    this.watch(location);
    this.watch(cart);
    this.watch(bought);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#wanted = entryNote<Anchor>(ANCHOR) ?? null;
    for (const type of HANDS) addEventListener(type, this.#onHand, { passive: true });
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unfollow();
    for (const type of HANDS) removeEventListener(type, this.#onHand);
  }
  /** Who moves the page by themselves is not moved any more. */
  readonly #onHand = (): void => {
    this.#wanted = null;
  };
  #unfollow(): void {
    this.#stop?.();
    this.#stop = null;
    this.#followed = '';
  }

  /** Brings the whole wall onto the device while it is looked at, and new photos as they come. */
  #follow(): void {
    const { id, accessMode, isLocked } = this.event;
    if (this.#followed === id || isLocked || accessMode === 'find_me' || !this.isConnected) return;
    this.#unfollow();
    this.#followed = id;
    this.wall = knownWall(id) ?? null;
    this.hasNoWall = false;
    const start = (): void => {
      void loadBought();
      this.#stop = followWall(
        id,
        (wall) => {
          this.wall = wall;
        },
        () => {
          this.hasNoWall = true;
        },
      );
    };
    // Somebody who asks for a part of it or for one photo of it waits for nothing else.
    const isUrgent = this.wall !== null || this.#wanted !== null || isFiltering(this.#filter) || this.photoId !== '';
    const timer = setTimeout(start, isUrgent ? 0 : FOLLOW_AFTER_MS);
    this.#stop = () => clearTimeout(timer);
  }

  protected override willUpdate(changed: PropertyValues): void {
    this.#filter = readFilter(location.value.query);
    this.#follow();
    const search = writeFilter(this.#filter);
    const basis = [this.wall, this.wall ? null : this.photos, search];
    if (basis.some((value, index) => value !== this.#listedFor[index])) {
      this.#listedFor = basis;
      this.#all = this.wall ? new WallList(this.wall) : listOf(this.photos);
      this.#list = this.wall && search !== '' ? new WallList(this.wall, chosenOf(this.wall, this.#filter)) : this.#all;
    }
    const lines = cart.value.lines;
    if (this.#chosen.size !== lines.length || lines.some(({ photoId }) => !this.#chosen.has(photoId)))
      this.#chosen = new Set(lines.map(({ photoId }) => photoId));
    if (this.photoId) void import('../../components/px-photo-viewer.ts');
    // Back from the viewer: the focus goes to the photo that was looked at last.
    const seen = changed.get('photoId') as string | undefined;
    if (changed.has('photoId') && seen && !this.photoId)
      void this.updateComplete.then(() => this.grid?.focusPhoto(seen));
  }

  protected override updated(): void {
    if (this.#wanted) void this.grid?.updateComplete.then(this.#restore);
  }

  /** Comes back to where one was, whatever has come since. Twice: the page scrolls to its old height in between. */
  readonly #restore = (): void => {
    const wanted = this.#wanted;
    if (!wanted || this.photoId || !this.grid?.showAt(wanted)) return;
    this.#wanted = null;
    requestAnimationFrame(() => this.grid?.showAt(wanted));
  };

  readonly #apply = (event: CustomEvent<WallFilter>): void => {
    this.grid?.forgetPlace();
    this.#wanted = null;
    noteEntry(ANCHOR, undefined);
    navigate(`${this.root}${writeFilter(event.detail)}`, { replace: true });
    // What fits begins at the wall's top.
    void this.updateComplete.then(() => {
      const top = this.getBoundingClientRect().top - 64;
      if (top < 0) scrollBy({ top, behavior: 'instant' });
    });
  };

  protected override render(): TemplateResult {
    const canFilter = this.#all.length > 0 && (this.wall !== null || (this.#followed !== '' && !this.hasNoWall));
    return html`${
      canFilter
        ? html`<px-wall-filters
            .filter=${this.#filter}
            .facets=${this.wall && this.#facets(this.wall)}
            .found=${this.#list.length}
            .total=${this.#all.length}
            @px-filter=${this.#apply}
          ></px-wall-filters>`
        : nothing
    }
      ${this.#photos()} ${this.photoId ? this.#viewer() : nothing}`;
  }

  #facetsFor: { basis: unknown[]; facets: ReturnType<typeof facetsOf> } | null = null;
  #facets(wall: Wall): ReturnType<typeof facetsOf> {
    const search = writeFilter(this.#filter);
    if (this.#facetsFor?.basis[0] !== wall || this.#facetsFor.basis[1] !== search)
      this.#facetsFor = { basis: [wall, search], facets: facetsOf(wall, this.#filter) };
    return this.#facetsFor.facets;
  }

  #photos(): TemplateResult {
    const texts = t().gallery;
    const search = writeFilter(this.#filter);
    if (search !== '' && !this.wall) {
      if (!this.hasNoWall)
        return html`<div class="wall-skeleton" aria-busy="true" aria-label=${t().app.loading}>
          ${[3, 2, 3].map(() => html`<span class="skeleton"></span>`)}
        </div>`;
      return emptyState({
        drawing: 'signal',
        title: t().offline.title,
        body: t().offline.notStored,
        action: html`<a class="btn btn-line" href=${this.root} data-replace>${texts.clear}</a>`,
      });
    }
    if (this.#list.length === 0) return search !== '' ? this.#none() : this.#awaited();
    return html`<px-photo-grid
      .photos=${this.#list}
      .chosen=${this.#chosen}
      .owned=${bought.value}
      .selectable=${this.event.isSalesOpen}
      .favorable=${true}
      .rail=${this.wall !== null}
      .hrefOf=${(photo: Photo) => `${this.root}/photos/${photo.id}${search}`}
      @px-toggle=${(event: CustomEvent<string>) => {
        const photo = this.#list.at(this.#list.indexOf(event.detail));
        if (photo) toggleInCart(photo);
      }}
      @px-laid-out=${this.#restore}
      @px-rest=${(event: CustomEvent<Anchor | null>) => {
        if (!this.photoId && !this.#wanted) noteEntry(ANCHOR, event.detail ?? undefined);
      }}
    ></px-photo-grid>`;
  }

  #awaited(): TemplateResult {
    return emptyState({ drawing: 'frames', title: t().event.photosNone, body: t().event.photosNoneBody });
  }

  #none(): TemplateResult {
    const texts = t().gallery;
    const { bib } = this.#filter;
    const { event } = this;
    return html`${emptyState({
      drawing: 'frames',
      title: bib === undefined ? texts.none : texts.bibNone(bib),
      body: bib === undefined ? texts.noneBody : texts.bibNoneBody,
      action: event.faceSearchEnabled
        ? html`<a class="btn btn-gold" href="${this.root}/find">${t().event.findMe}</a>`
        : html`<a class="btn btn-line" href=${this.root} data-replace>${texts.clear}</a>`,
    })}`;
  }

  #viewer(): TemplateResult {
    // A photo that does not fit what the wall is narrowed down to is shown among all.
    const list = this.#list.indexOf(this.photoId) >= 0 ? this.#list : this.#all;
    const search = list === this.#list ? writeFilter(this.#filter) : '';
    const isPartial = this.wall === null && !this.hasNoWall && this.event.accessMode !== 'find_me';
    const total = list === this.#all ? this.event.photoCount : 0;
    return html`<px-photo-viewer
      .photos=${list}
      .current=${this.photoId}
      .total=${this.wall ? 0 : total}
      .partial=${isPartial || this.partial}
      .eventOf=${() => this.event}
      .nameOf=${() => eventName(this.event)}
      .pathOf=${(photo: Photo) => `${this.root}/photos/${photo.id}`}
      @px-show=${(event: CustomEvent<string>) => {
        navigate(`${this.root}/photos/${event.detail}${search}`, { replace: true });
        if (list.indexOf(event.detail) > list.length - 8) this.emit('px-end');
      }}
      @px-close=${() => back(`${this.root}${search}`)}
    ></px-photo-viewer>`;
  }
}
