import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { eventFacts, eventName, eventPath } from '../../components/event-parts.ts';
import { field, formValues } from '../../components/field.ts';
import { photoActions } from '../../components/photo-actions.ts';
import { icon } from '../../components/px-icon.ts';
import '../../components/px-photo-grid.ts';
import { emptyState, errorState } from '../../components/states.ts';
import { cart, toggleInCart } from '../../context/cart.ts';
import { back, navigate } from '../../context/router.ts';
import { setTitle } from '../../context/surface.ts';
import { toast } from '../../context/toasts.ts';
import { fetchPhotos, knownEvent, loadEvent, loadFirstPhotos, unlockEvent } from '../../data/events.ts';
import { type EventPackage, loadPackages } from '../../data/packages.ts';
import type { EventView, Photo } from '../../data/types.ts';
import { formatMoney } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { problemText } from '../../i18n/problems.ts';
import './event.css';

const FOLLOW_AFTER_MS = 2_500;

/** What the QR code at the gate opens: cover, name, one gold button, the living wall below. */
@customElement('px-event-page')
export class PxEventPage extends PxElement {
  @property() slug = '';
  @property() photoId = '';
  @state() private event: EventView | null = null;
  @state() private photos: readonly Photo[] | null = null;
  @state() private problem: unknown = null;
  @state() private codeProblem = '';
  @state() private sharpCover: string | null = null;
  @state() private packages: readonly EventPackage[] = [];
  #cursor: string | null = null;
  #fetching = false;
  #following: { eventId: string; stop: Promise<() => void> } | null = null;

  constructor() {
    super();
    this.watch(cart);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unfollow();
  }

  #unfollow(): void {
    void this.#following?.stop.then((stop) => stop());
    this.#following = null;
  }

  /**
   * Brings the whole wall onto the device while it is looked at, and new photos as they come. Begins when the first pictures are
   * there and the network has nothing better to do.
   */
  #follow(event: EventView): void {
    if (this.#following?.eventId === event.id || event.isLocked || event.accessMode === 'find_me') return;
    this.#unfollow();
    const { slug } = this;
    const stop = new Promise<() => void>((resolve) => {
      setTimeout(async () => {
        if (!this.isConnected || this.slug !== slug) {
          resolve(() => undefined);
          return;
        }
        void import('../../components/person/px-announcements.ts').catch(() => undefined);
        try {
          const { followEventPhotos } = await import('../../data/db/photo-replica.ts');
          resolve(
            await followEventPhotos(event.id, (photos) => {
              if (this.slug === slug && photos.length > 0) this.#keep(photos, null);
            }),
          );
        } catch {
          resolve(() => undefined); // no IndexedDB here: the wall goes on page by page
        }
      }, FOLLOW_AFTER_MS);
    });
    this.#following = { eventId: event.id, stop };
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('slug')) {
      this.sharpCover = null;
      this.event = knownEvent(this.slug) ?? null;
      this.photos = wallOf.get(this.slug)?.photos ?? null;
      this.#cursor = wallOf.get(this.slug)?.cursor ?? null;
      void this.#load();
    }
    if (changed.has('photoId') && this.photoId) void import('../../components/px-lightbox.ts');
  }

  async #load(): Promise<void> {
    const { slug } = this;
    this.problem = null;
    try {
      // Both at once: the address has the slug, the photos may be asked for by it.
      await Promise.all([
        loadEvent(slug, (event) => {
          if (slug !== this.slug) return;
          this.event = event;
          this.#follow(event);
          this.#askPrices(event);
        }),
        this.photos === null ? this.#loadWall(slug) : undefined,
      ]);
    } catch (error) {
      if (slug === this.slug && !(this.event && this.photos)) this.problem = error;
    }
  }

  async #loadWall(slug: string): Promise<void> {
    try {
      await loadFirstPhotos(slug, (page) => {
        if (slug === this.slug) this.#keep(page.items, page.nextCursor);
      });
    } catch (error) {
      // A locked event refuses its wall, its page still stands.
      if (this.event?.isLocked || this.event?.accessMode !== 'open') this.#keep([], null);
      else throw error;
    }
  }

  #keep(photos: readonly Photo[], cursor: string | null): void {
    this.photos = photos;
    this.#cursor = cursor;
    wallOf.set(this.slug, { photos, cursor });
  }

  async #more(): Promise<void> {
    if (this.#cursor === null || this.#fetching || !this.photos) return;
    this.#fetching = true;
    try {
      const page = await fetchPhotos(this.slug, this.#cursor);
      const known = new Set(this.photos.map((photo) => photo.id));
      this.#keep([...this.photos, ...page.items.filter((photo) => !known.has(photo.id))], page.nextCursor);
    } catch {
      await this.#moreFromDevice();
    } finally {
      this.#fetching = false;
    }
  }

  #askedFor = '';
  /** Prices are shown, and remembered for choosing without signal. */
  #askPrices(event: EventView): void {
    if (this.#askedFor === event.id || !event.isSalesOpen) return;
    this.#askedFor = event.id;
    loadPackages(event.id, (packages) => {
      if (event.id === this.event?.id) this.packages = packages;
    }).catch(() => undefined);
  }

  /** "฿60 · 5 photos ฿250 · all of you ฿500". */
  #prices(): TemplateResult | typeof nothing {
    const texts = t().event;
    if (this.packages.length === 0) return nothing;
    const name = (each: EventPackage): string =>
      each.kind === 'single'
        ? texts.single
        : each.kind === 'unlimited'
          ? texts.unlimited
          : texts.bundle(each.photoCount ?? 0);
    return html`<ul class="prices num" tabindex="0" aria-label=${texts.prices}>
      ${this.packages.map((each) => html`<li>${name(each)} <strong>${formatMoney(each.priceSatang)}</strong></li>`)}
    </ul>`;
  }

  /** Without signal: what the device holds of this wall; else it ends here until the next scroll. */
  async #moreFromDevice(): Promise<void> {
    if (!this.event) return;
    try {
      const { storedPhotos } = await import('../../data/db/photo-replica.ts');
      const stored = await storedPhotos(this.event.id);
      if (stored.length > (this.photos?.length ?? 0)) this.#keep(stored, this.#cursor);
    } catch {
      // nothing kept here
    }
  }

  get #root(): string {
    return this.event ? eventPath(this.event) : `/e/${this.slug}`;
  }

  protected override render(): TemplateResult {
    const { event } = this;
    if (!event) {
      if (this.problem)
        return html`<div class="page under-header">${errorState(this.problem, () => void this.#load(), { isPage: true })}</div>`;
      return html`<div class="event-cover" aria-busy="true" aria-label=${t().app.loading}></div>
        <div class="wall-skeleton" aria-hidden="true">${[3, 2, 3, 2].map(() => html`<span class="skeleton"></span>`)}</div>`;
    }
    setTitle(eventName(event));
    return html`${this.#cover(event)}
      <section class="event-wall" aria-label=${t().event.gallery}>${this.#wall(event)}</section>
      ${this.photoId && this.photos ? this.#viewer(this.photos) : nothing}`;
  }

  #cover(event: EventView): TemplateResult {
    const texts = t().event;
    const cover = event.coverUrl ?? this.photos?.[0]?.previewUrl ?? null;
    return html`<section class="event-cover">
      ${
        cover
          ? html`<img src=${cover} alt="" fetchpriority="high" decoding="async" @load=${this.#sharpen} />
              ${this.sharpCover ? html`<img class="sharp" src=${this.sharpCover} alt="" decoding="async" />` : nothing}`
          : nothing
      }
      <div class="event-title">
        <h1 class="display">${eventName(event)}</h1>
        ${eventFacts(event)}
        ${
          event.faceSearchEnabled && !event.isLocked
            ? html`<a class="btn btn-gold btn-big find-button" href="${this.#root}/find">${icon('face')}${texts.findMe}</a>
              <p class="find-hint">${texts.findMeHint}</p>`
            : nothing
        }
      </div>
      ${event.isLocked ? nothing : html`<px-announcements .eventId=${event.id}></px-announcements>`}
    </section>`;
  }

  /** The thumbnail stands at once; the preview takes its place when it is there. */
  readonly #sharpen = (event: Event): void => {
    const path = /^(\/api\/photos\/[^/]+)\/thumbnails\//.exec(
      (event.target as HTMLImageElement).getAttribute('src') ?? '',
    )?.[1];
    if (!path || this.sharpCover === path) return;
    const preview = new Image();
    preview.onload = () => {
      this.sharpCover = path;
    };
    preview.src = path;
  };

  #wall(event: EventView): TemplateResult {
    const texts = t().event;
    if (event.isLocked) return this.#lock();
    if (!this.photos)
      return html`<div class="wall-skeleton" aria-hidden="true">${[3, 2, 3].map(() => html`<span class="skeleton"></span>`)}</div>`;
    if (event.accessMode === 'find_me' && this.photos.length === 0)
      return emptyState({
        drawing: 'face',
        title: texts.findOnly,
        body: texts.findOnlyBody,
        action: html`<a class="btn btn-quiet" href="${this.#root}/hide">${icon('shield')}${texts.hideMe}</a>`,
      });
    if (this.photos.length === 0)
      return emptyState({ drawing: 'frames', title: texts.photosNone, body: texts.photosNoneBody });
    const total = Math.max(event.photoCount, this.photos.length);
    return html`<header class="wall-head">
        <h2 class="section-title">${texts.gallery}</h2>
        <p class="soft small num">${texts.photos(total)}</p>
        <button class="btn btn-icon" aria-label=${texts.share} @click=${() => this.#share(event)}>${icon('share')}</button>
      </header>
      ${this.#prices()}
      ${event.isSalesOpen ? nothing : html`<p class="note wall-note">${icon('info')}${texts.salesClosed}</p>`}
      <px-photo-grid
        .photos=${this.photos}
        .chosen=${new Set(cart.value.lines.map((line) => line.photoId))}
        .selectable=${event.isSalesOpen}
        .hrefOf=${(photo: Photo) => `${this.#root}/photos/${photo.id}`}
        @px-end=${this.#more}
        @px-toggle=${(e: CustomEvent<string>) => this.#toggle(e.detail)}
      ></px-photo-grid>
      <p class="wall-foot centre"><a class="btn btn-quiet" href="${this.#root}/hide">${icon('shield')}${texts.hideMe}</a></p>`;
  }

  #lock(): TemplateResult {
    const texts = t().event;
    return html`<form class="lock stack" @submit=${this.#unlock}>
      ${icon('lock')}
      <h2 class="section-title">${texts.codeTitle}</h2>
      <p class="soft">${texts.codeBody}</p>
      ${field({ name: 'code', label: texts.codeLabel, autocomplete: 'off', problem: this.codeProblem, maxlength: 64, required: true })}
      <button class="btn btn-solid">${texts.codeOpen}</button>
    </form>`;
  }

  readonly #unlock = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    this.codeProblem = '';
    try {
      await unlockEvent(this.slug, formValues(event.target as HTMLFormElement).code ?? '');
      this.photos = null;
      await this.#load();
    } catch (error) {
      this.codeProblem = problemText(error);
    }
  };

  #viewer(photos: readonly Photo[]): TemplateResult {
    return html`<px-lightbox
      .photos=${photos}
      .current=${this.photoId}
      .total=${this.event?.photoCount ?? 0}
      .actions=${(photo: Photo) => photoActions(photo, this.event)}
      @px-show=${(e: CustomEvent<string>) => {
        navigate(`${this.#root}/photos/${e.detail}`, { replace: true });
        if (photos.findIndex((photo) => photo.id === e.detail) > photos.length - 8) void this.#more();
      }}
      @px-close=${() => back(this.#root)}
    ></px-lightbox>`;
  }

  #toggle(id: string): void {
    const photo = this.photos?.find((candidate) => candidate.id === id);
    if (photo) toggleInCart(photo);
  }

  async #share(event: EventView): Promise<void> {
    const url = new URL(this.#root, window.location.origin).href;
    try {
      if (navigator.share)
        await navigator.share({ title: eventName(event), text: t().event.shareText(eventName(event)), url });
      else {
        await navigator.clipboard.writeText(url);
        toast(t().event.linkCopied, { kind: 'success' });
      }
    } catch {
      // closed without choosing
    }
  }
}

/** Walls of this visit: going back shows them at once, where they were left. */
const wallOf = new Map<string, { photos: readonly Photo[]; cursor: string | null }>();
