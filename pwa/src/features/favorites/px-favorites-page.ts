import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { eventName, eventPath } from '../../components/event-parts.ts';
import { icon } from '../../components/px-icon.ts';
import '../../components/px-photo-grid.ts';
import type { PxPhotoGrid } from '../../components/px-photo-grid.ts';
import { emptyState } from '../../components/states.ts';
import { addToCart, cart, cartPhotoIds, toggleInCart } from '../../context/cart.ts';
import { type FavoritePhoto, favorites, rememberFavoritePhotos } from '../../context/favorites.ts';
import { back, navigate } from '../../context/router.ts';
import { setTitle } from '../../context/surface.ts';
import { toast } from '../../context/toasts.ts';
import { api } from '../../data/api.ts';
import { bought, loadBought } from '../../data/bought.ts';
import { knownEvent, loadEvent } from '../../data/events.ts';
import { session } from '../../data/session.ts';
import type { EventView, Photo } from '../../data/types.ts';
import { t } from '../../i18n/i18n.ts';
import './favorites.css';

const PAGE = 100;

interface Group {
  eventId: string;
  event: EventView | null;
  photos: FavoritePhoto[];
}

/** Marked photos, event by event, with or without signal. */
@customElement('px-favorites-page')
export class PxFavoritesPage extends PxElement {
  @property() photoId = '';
  @state() private events: ReadonlyMap<string, EventView> = new Map();
  @query('px-photo-grid') private grid!: PxPhotoGrid | null;
  #asked = new Set<string>();
  #askedPhotos = '';

  constructor() {
    super();
    this.watch(favorites);
    this.watch(cart);
    this.watch(session);
    this.watch(bought);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void loadBought();
  }

  protected override willUpdate(changed: PropertyValues): void {
    setTitle(t().favorites.title);
    for (const { eventId } of favorites.value.marks) this.#askEvent(eventId);
    void this.#askPhotos();
    if (this.photoId) void import('../../components/px-photo-viewer.ts');
    const seen = changed.get('photoId') as string | undefined;
    if (seen && !this.photoId) void this.updateComplete.then(() => this.#gridOf(seen)?.focusPhoto(seen));
  }

  #gridOf(photoId: string): PxPhotoGrid | null {
    return this.querySelector(`[data-photo="${photoId}"]`)?.closest<PxPhotoGrid>('px-photo-grid') ?? this.grid;
  }

  #askEvent(eventId: string): void {
    if (!eventId || this.#asked.has(eventId)) return;
    this.#asked.add(eventId);
    const keep = (event: EventView): void => {
      this.events = new Map(this.events).set(eventId, event);
    };
    const known = knownEvent(eventId);
    if (known) queueMicrotask(() => keep(known));
    loadEvent(eventId, keep).catch(() => undefined);
  }

  /** Once for each set of marks: photos of other devices, and what is known now of those here. */
  async #askPhotos(): Promise<void> {
    const marks = favorites.value.marks.map(({ photoId }) => photoId).join();
    if (!session.value.user || !marks || marks === this.#askedPhotos) return;
    const isMissing = favorites.value.marks.some(({ photoId }) => !favorites.value.photos[photoId]);
    if (this.#askedPhotos !== '' && !isMissing) return;
    this.#askedPhotos = marks;
    try {
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page: { items: { photo: FavoritePhoto }[]; nextCursor: string | null } = await api('GET /api/favorites', {
          query: { limit: PAGE, cursor },
        });
        rememberFavoritePhotos(page.items.map(({ photo }) => photo));
        cursor = page.nextCursor;
      }
    } catch {
      // Without signal: what was marked here is here.
    }
  }

  get #groups(): Group[] {
    const groups = new Map<string, Group>();
    for (const { photoId, eventId } of favorites.value.marks) {
      const photo = favorites.value.photos[photoId];
      if (!photo) continue;
      const group = groups.get(eventId) ?? { eventId, event: this.events.get(eventId) ?? null, photos: [] };
      groups.set(eventId, group);
      group.photos.push(photo);
    }
    return [...groups.values()];
  }

  protected override render(): TemplateResult {
    const texts = t().favorites;
    const groups = this.#groups;
    const count = favorites.value.marks.length;
    const photos = groups.flatMap((group) => group.photos);
    const inCart = cartPhotoIds();
    const open = groups.flatMap(({ event, photos: own }) =>
      event?.isSalesOpen === false ? [] : own.filter(({ id }) => !inCart.has(id) && !bought.value.has(id)),
    );
    return html`<div class="page favorites-page">
      <header class="spread">
        <div>
          <h1 class="page-title">${texts.title}</h1>
          ${count > 0 ? html`<p class="soft small num">${texts.count(count)}</p>` : nothing}
        </div>
        ${
          photos.length === 0
            ? nothing
            : open.length > 0
              ? html`<button class="btn btn-gold" @click=${() => this.#addAll(open)}>${icon('plus')}${texts.addAll(open.length)}</button>`
              : html`<p class="soft small row all-added">${icon('check')}<span>${photos.some(({ id }) => inCart.has(id)) ? texts.allAdded : t().photo.bought}</span></p>`
        }
      </header>
      ${
        count === 0
          ? emptyState({
              drawing: 'frames',
              title: texts.none,
              body: texts.noneBody,
              action: html`<a class="btn btn-line" href="/">${texts.toEvents}</a>`,
            })
          : nothing
      }
      ${count > photos.length ? html`<p class="note">${icon('info')}${texts.waiting}</p>` : nothing}
      ${groups.map((group) => this.#group(group, inCart))}
      ${this.photoId ? this.#viewer(photos, groups) : nothing}
    </div>`;
  }

  #addAll(photos: readonly FavoritePhoto[]): void {
    addToCart(...photos);
    toast(t().favorites.added(photos.length), { kind: 'success' });
  }

  #group({ event, photos }: Group, inCart: ReadonlySet<string>): TemplateResult {
    return html`<section>
      <h2 class="section-title">
        ${event ? html`<a href=${eventPath(event)}>${eventName(event)}</a>` : t().favorites.otherEvent}
      </h2>
      <px-photo-grid
        .photos=${photos}
        .chosen=${inCart}
        .owned=${bought.value}
        .selectable=${event?.isSalesOpen !== false}
        .favorable=${true}
        .hrefOf=${(photo: Photo) => `/favorites/${photo.id}`}
        @px-toggle=${(e: CustomEvent<string>) => {
          const photo = photos.find(({ id }) => id === e.detail);
          if (photo) toggleInCart(photo);
        }}
      ></px-photo-grid>
    </section>`;
  }

  #viewer(photos: readonly FavoritePhoto[], groups: readonly Group[]): TemplateResult {
    const eventOf = (photo: Photo): EventView | null =>
      groups.find(({ eventId }) => eventId === photo.eventId)?.event ?? null;
    return html`<px-photo-viewer
      .photos=${photos}
      .current=${this.photoId}
      .eventOf=${eventOf}
      .nameOf=${(photo: Photo) => {
        const event = eventOf(photo);
        return event ? eventName(event) : '';
      }}
      .pathOf=${(photo: Photo) => {
        const event = eventOf(photo);
        return event && `${eventPath(event)}/photos/${photo.id}`;
      }}
      @px-show=${(e: CustomEvent<string>) => navigate(`/favorites/${e.detail}`, { replace: true })}
      @px-close=${() => back('/favorites')}
    ></px-photo-viewer>`;
  }
}
