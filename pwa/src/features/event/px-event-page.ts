import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { eventName, eventPath } from '../../components/event-parts.ts';
import { field, formValues } from '../../components/field.ts';
import { isPageOpening, ownTask } from '../../components/own-task.ts';
import { icon } from '../../components/px-icon.ts';
import { shareLink } from '../../components/share.ts';
import { emptyState, errorState } from '../../components/states.ts';
import { setTitle } from '../../context/surface.ts';
import { fetchPhotos, knownEvent, loadEvent, loadFirstPhotos, unlockEvent } from '../../data/events.ts';
import { type EventPackage, loadPackages } from '../../data/packages.ts';
import type { EventView, Photo } from '../../data/types.ts';
import { formatMoney } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { problemText } from '../../i18n/problems.ts';
import { eventCover } from './cover.ts';
import './event.css';
import './px-event-gallery.ts';

const LATER_MS = 2_500;

/** What the QR code at the gate opens: cover, name, one gold button, the living wall below. */
@customElement('px-event-page')
export class PxEventPage extends PxElement {
  static override readonly later = true;
  @property() slug = '';
  @property() photoId = '';
  @state() private event: EventView | null = null;
  @state() private photos: readonly Photo[] | null = null;
  @state() private problem: unknown = null;
  @state() private codeProblem = '';
  @state() private packages: readonly EventPackage[] = [];
  /** When a page opens, the cover comes first and the wall in a task of its own. */
  @state() private hasCover = !isPageOpening();
  #cursor: string | null = null;
  #fetching = false;

  protected override firstUpdated(): void {
    if (!this.hasCover)
      void ownTask().then(() => {
        this.hasCover = true;
      });
    // Late, so that they never compete with photos.
    setTimeout(() => void import('../../components/person/px-announcements.ts').catch(() => undefined), LATER_MS);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('slug')) {
      this.event = knownEvent(this.slug) ?? null;
      this.photos = wallOf.get(this.slug)?.photos ?? null;
      this.#cursor = wallOf.get(this.slug)?.cursor ?? null;
      void this.#load();
    }
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
      // Without signal it ends here until the next scroll; the whole wall is the gallery's, which keeps it on the device.
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

  get #root(): string {
    return this.event ? eventPath(this.event) : `/e/${this.slug}`;
  }

  protected override render(): TemplateResult {
    const { event } = this;
    if (!event) {
      if (this.problem)
        return html`<div class="page under-header">${errorState(this.problem, () => void this.#load(), { isPage: true })}</div>`;
      return html`<div class="event-cover" role="status" aria-busy="true" aria-label=${t().app.loading}>
          <h1 class="sr-only">${t().app.loading}</h1>
        </div>
        <div class="wall-skeleton" aria-hidden="true">${[3, 2, 3, 2].map(() => html`<span class="skeleton"></span>`)}</div>`;
    }
    setTitle(eventName(event));
    return html`${eventCover(event, this.photos, this.#root)}
      <section class="event-wall" aria-label=${t().event.gallery}>${this.#wall(event)}</section>`;
  }

  #wall(event: EventView): TemplateResult {
    const texts = t().event;
    if (event.isLocked) return this.#lock();
    if (!this.photos || !this.hasCover)
      return html`<div class="wall-skeleton" aria-hidden="true">${[3, 2, 3].map(() => html`<span class="skeleton"></span>`)}</div>`;
    if (event.accessMode === 'find_me' && this.photos.length === 0)
      return emptyState({
        drawing: 'face',
        title: texts.findOnly,
        body: texts.findOnlyBody,
        action: html`<a class="btn btn-quiet" href="${this.#root}/hide">${icon('shield')}${texts.hideMe}</a>`,
      });
    const total = Math.max(event.photoCount, this.photos.length);
    return html`<header class="wall-head">
        <h2 class="section-title">${texts.gallery}</h2>
        <p class="soft small num">${texts.photos(total)}</p>
        <button class="btn btn-icon" aria-label=${texts.share} @click=${() => shareLink(this.#root, texts.shareText(eventName(event)), eventName(event))}>${icon('share')}</button>
      </header>
      ${this.#prices()}
      ${event.isSalesOpen ? nothing : html`<p class="note wall-note">${icon('info')}${texts.salesClosed}</p>`}
      <px-event-gallery
        .event=${event}
        .root=${this.#root}
        .photos=${this.photos}
        .partial=${this.#cursor !== null}
        .photoId=${this.photoId}
        @px-end=${this.#more}
      ></px-event-gallery>
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
}

/** First pages of this visit: going back shows them at once. */
const wallOf = new Map<string, { photos: readonly Photo[]; cursor: string | null }>();
