import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { PxElement } from '../../components/element.ts';
import { eventName, eventPath } from '../../components/event-parts.ts';
import { icon } from '../../components/px-icon.ts';
import '../../components/person/px-ask.ts';
import '../../components/px-photo-grid.ts';
import { focalPosition, type PxPhotoGrid } from '../../components/px-photo-grid.ts';
import { emptyState } from '../../components/states.ts';
import { vars } from '../../components/vars.ts';
import { addToCart, cart, cartPhotoIds, cartPrice, isInCart, toggleInCart } from '../../context/cart.ts';
import { back, navigate } from '../../context/router.ts';
import { toast } from '../../context/toasts.ts';
import { bought, loadBought } from '../../data/bought.ts';
import { online } from '../../data/connectivity.ts';
import { type Match, matchToPhoto } from '../../data/searches.ts';
import type { EventView, Photo } from '../../data/types.ts';
import { formatDateTime, formatTime } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { promiseOf } from './promise.ts';
import type { SearchSession, Verdict } from './search-session.ts';

/** One photo or two have the room to themselves, px. */
const FEW_HEIGHT = 280;

/** What was found: certain ones first, below a divider those that the person may confirm. Grows while one looks. */
@customElement('px-find-results')
export class PxFindResults extends PxElement {
  @property({ attribute: false }) event!: EventView;
  @property({ attribute: false }) session!: SearchSession;
  @property() photoId = '';
  /** Path of this page. */
  @property() root = '';
  #stop: (() => void) | null = null;

  constructor() {
    super();
    this.watch(cart);
    this.watch(cartPrice);
    this.watch(online);
    this.watch(bought);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = this.session.state.watch(() => this.requestUpdate());
    void loadBought();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('photoId') && this.photoId) void import('../../components/px-photo-viewer.ts');
    // Back from the viewer: the focus goes to the photo that was looked at last.
    const seen = changed.get('photoId') as string | undefined;
    if (seen && !this.photoId)
      void this.updateComplete.then(() =>
        this.querySelector(`[data-photo="${seen}"]`)?.closest<PxPhotoGrid>('px-photo-grid')?.focusPhoto(seen),
      );
  }

  protected override render(): TemplateResult {
    const texts = t().find;
    const { search, phase, fresh } = this.session.state.value;
    const verdicts = search?.verdicts ?? {};
    const isOut = (match: Match): boolean => verdictOf(match, verdicts) === 'not_me';
    const isSure = (match: Match): boolean => match.band === 'sure' || verdictOf(match, verdicts) === 'me';
    // What just came is what one wants to see.
    const matches = [...(search?.matches ?? [])].sort(
      (a, b) => Number(fresh.has(b.photoId)) - Number(fresh.has(a.photoId)),
    );
    const rejected = matches.filter(isOut);
    const kept = matches.filter((match) => !isOut(match));
    const sure = kept.filter(isSure).map(matchToPhoto);
    const maybe = kept.filter((match) => !isSure(match));
    const all = [...sure, ...maybe.map(matchToPhoto)];
    const searching = phase === 'running';
    return html`<header class="results-head">
          <div role="status">
            <h1 class="page-title">
            ${sure.length > 0 ? texts.sureCount(sure.length) : searching ? texts.searching : maybe.length > 0 ? texts.maybeCount(maybe.length) : texts.none}
          </h1>
          </div>
          <p class="soft small num">${this.#progress()}</p>
          ${search?.frames === null && !searching ? html`<p class="soft small">${icon('trash')}${texts.upload.deleted}</p>` : nothing}
      </header>
      ${this.#connection()}
      <div role="status">
      ${
        fresh.size > 0
          ? html`<button class="new-photos" @click=${() => this.#showNew()}>${icon('sparkle')}${texts.newFound(fresh.size)}</button>`
          : nothing
      }
      </div>
      ${sure.length > 0 ? this.#sure(sure) : searching ? this.#skeleton() : nothing}
      ${maybe.length > 0 ? this.#maybe(maybe) : nothing}
      ${!searching && all.length === 0 ? this.#empty() : nothing}
      ${!searching && all.length > 0 && this.#isOpen ? html`<p class="live-hint soft small">${icon('clock')}${texts.live}</p>` : nothing}
      ${!searching && this.#isOpen ? html`<px-ask moment="search"></px-ask>` : nothing}
      ${rejected.length > 0 ? this.#rejected(rejected) : nothing}
      <footer class="results-foot">
        <button class="btn btn-quiet" @click=${() => this.emit('px-withdraw')}>${icon('shield')}${texts.withdraw}</button>
        <a class="btn btn-quiet" href=${this.root.replace(/find$/, 'hide')}>${icon('eye-off')}${t().event.hideMe}</a>
      </footer>
      ${this.photoId && all.length > 0 ? this.#viewer(all, maybe) : nothing}`;
  }

  get #isOpen(): boolean {
    const until = this.session.state.value.search?.status?.openUntil;
    return until !== undefined && Date.parse(until) > Date.now();
  }

  #showNew(): void {
    this.session.seen();
    scrollTo({ top: 0 });
  }

  #connection(): TemplateResult | typeof nothing {
    const texts = t().find;
    if (!online.value) return html`<p class="note results-note">${icon('cloud-off')}<span>${texts.offline}</span></p>`;
    if (this.session.state.value.isStale)
      return html`<p class="note results-note">${icon('refresh')}<span>${texts.stale}</span></p>`;
    return nothing;
  }

  #empty(): TemplateResult {
    const texts = t().find;
    const until = this.session.state.value.search?.status?.openUntil;
    return emptyState({
      drawing: 'face',
      title: this.#isOpen ? texts.tellMe : texts.noneClosed,
      body: this.#isOpen && until ? `${texts.noneBody} ${texts.openUntil(formatDateTime(until))}` : undefined,
      action: html`<button class="btn btn-line" @click=${() => this.emit('px-again')}>${texts.again}</button>`,
    });
  }

  #say(photoId: string, verdict: Verdict): void {
    const texts = t().find;
    this.session.verdict(photoId, verdict);
    toast(verdict === 'me' ? texts.markedMe : texts.markedNotMe, {
      action: { label: texts.undo, run: () => void this.session.undo(photoId) },
    });
  }

  #promise(): TemplateResult | typeof nothing {
    const texts = t().find;
    const inHundred = promiseOf(this.session.state.value.search?.calibration);
    const words = inHundred === null ? texts.promiseOpen : texts.promise(inHundred);
    return html`<p class="promise soft small">${icon('info')}<span>${words} ${texts.promiseAct}</span></p>`;
  }

  #progress(): string {
    const { search, phase } = this.session.state.value;
    const searched = search?.status?.photosSearched ?? 0;
    if (phase === 'running')
      return searched > 0 ? t().find.searchedOf(searched, Math.max(searched, this.event.photoCount)) : t().find.stays;
    const { frames } = search ?? {};
    const burst = frames && frames > 1 ? ` · ${t().find.burstDone(frames)}` : '';
    return t().find.searched(searched) + burst;
  }

  #skeleton(): TemplateResult {
    return html`<div class="wall-skeleton" aria-hidden="true">${[1, 2, 3, 4].map(() => html`<span class="skeleton"></span>`)}</div>`;
  }

  #sure(photos: readonly Photo[]): TemplateResult {
    const texts = t().find;
    const open = photos.filter(({ id }) => !isInCart(id) && !bought.value.has(id));
    return html`<section aria-label=${texts.sure}>
      ${this.#promise()}
      ${
        this.event.isSalesOpen
          ? html`<div class="results-all">
            ${
              open.length > 0
                ? html`<button class="btn btn-gold" @click=${() => addToCart(...open)}>${icon('plus')}${open.length === 1 ? t().photo.add : texts.addAll(open.length)}</button>`
                : html`<p class="soft row">${icon('check')}<span>${photos.some(({ id }) => isInCart(id)) ? texts.allAdded : t().photo.bought}</span></p>`
            }
          </div>`
          : nothing
      }
      ${this.#grid(photos)}
    </section>`;
  }

  #grid(photos: readonly Photo[]): TemplateResult {
    return html`<px-photo-grid
      .photos=${photos}
      .rowHeight=${photos.length < 3 ? FEW_HEIGHT : 0}
      .chosen=${cartPhotoIds()}
      .owned=${bought.value}
      .selectable=${this.event.isSalesOpen}
      .hrefOf=${(photo: Photo) => `${this.root}/${photo.id}`}
      @px-toggle=${(event: CustomEvent<string>) => {
        const photo = photos.find((each) => each.id === event.detail);
        if (photo) toggleInCart(photo);
      }}
    ></px-photo-grid>`;
  }

  #maybe(matches: readonly Match[]): TemplateResult {
    const texts = t().find;
    return html`<section class="maybe" aria-labelledby="maybe-title">
      <header>
        <h2 class="section-title" id="maybe-title">${texts.maybe}</h2>
        <p class="soft small">${texts.maybeHint}</p>
      </header>
      <ul>
        ${repeat(
          matches,
          (match) => match.photoId,
          (match, index) => this.#maybeCard(match, index),
        )}
      </ul>
    </section>`;
  }

  #maybeCard(match: Match, index: number): TemplateResult {
    const texts = t().find;
    const photo = matchToPhoto(match);
    const label = t().photo.label(index + 1, match.takenAt ? formatTime(match.takenAt) : '');
    return html`<li>
      <a href="${this.root}/${photo.id}" aria-label=${label}>
        <img
          src=${photo.thumbnails.large}
          alt=""
          loading="lazy"
          ${vars({ 'object-position': focalPosition(photo), background: photo.placeholderColor })}
        />
      </a>
      <div class="verdict" role="group" aria-label=${label}>
        <button class="btn btn-line" @click=${() => this.#say(match.photoId, 'not_me')}>${texts.notMe}</button>
        <button class="btn btn-solid" @click=${() => this.#say(match.photoId, 'me')}>${texts.me}</button>
      </div>
    </li>`;
  }

  /** What was said to be somebody else can be brought back: a slip of the thumb must not lose a photo. */
  #rejected(matches: readonly Match[]): TemplateResult {
    const texts = t().find;
    return html`<details class="rejected">
      <summary>${texts.rejected(matches.length)}</summary>
      <ul>
        ${repeat(
          matches,
          (match) => match.photoId,
          (match, index) => html`<li>
            <img src=${match.thumbnails.medium} alt=${t().photo.label(index + 1, '')} loading="lazy" />
            <button class="btn btn-line" @click=${() => this.#say(match.photoId, 'me')}>${texts.meAfterAll}</button>
          </li>`,
        )}
      </ul>
    </details>`;
  }

  #viewer(photos: readonly Photo[], maybe: readonly Match[]): TemplateResult {
    const texts = t().find;
    return html`<px-photo-viewer
      .photos=${photos}
      .current=${this.photoId}
      .eventOf=${() => this.event}
      .nameOf=${() => eventName(this.event)}
      .pathOf=${(photo: Photo) => `${eventPath(this.event)}/photos/${photo.id}`}
      .extra=${(photo: Photo) => html`<div class="viewer-verdict">
          <button class="btn btn-quiet" @click=${() => this.#notMe(photo, photos)}>${icon('close')}${texts.notMe}</button>
          ${
            maybe.some((match) => match.photoId === photo.id)
              ? html`<button class="btn btn-quiet" @click=${() => this.#say(photo.id, 'me')}>${icon('check')}${texts.me}</button>`
              : nothing
          }
        </div>`}
      @px-show=${(event: CustomEvent<string>) => navigate(`${this.root}/${event.detail}`, { replace: true })}
      @px-close=${() => back(this.root)}
    ></px-photo-viewer>`;
  }

  /** The photo goes from the list that is being swiped through: on to its neighbour. */
  #notMe(photo: Photo, photos: readonly Photo[]): void {
    const at = photos.findIndex(({ id }) => id === photo.id);
    const next = photos[at + 1] ?? photos[at - 1];
    this.#say(photo.id, 'not_me');
    if (next) navigate(`${this.root}/${next.id}`, { replace: true });
    else back(this.root);
  }
}

const verdictOf = (match: Match, given: Record<string, Verdict>): Verdict | null =>
  given[match.photoId] ?? match.verdict;
