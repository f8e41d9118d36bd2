import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { PxElement } from '../../components/element.ts';
import { photoActions } from '../../components/photo-actions.ts';
import { icon } from '../../components/px-icon.ts';
import '../../components/px-photo-grid.ts';
import { focalPosition } from '../../components/px-photo-grid.ts';
import { emptyState } from '../../components/states.ts';
import { vars } from '../../components/vars.ts';
import { addToCart, cart, cartPhotoIds, cartPrice, isInCart, toggleInCart } from '../../context/cart.ts';
import { back, navigate } from '../../context/router.ts';
import { type Match, matchToPhoto } from '../../data/searches.ts';
import type { EventView, Photo } from '../../data/types.ts';
import { formatTime } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import type { SearchSession } from './search-session.ts';

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
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = this.session.state.watch(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('photoId') && this.photoId) void import('../../components/px-lightbox.ts');
  }

  protected override render(): TemplateResult {
    const texts = t().find;
    const { search, phase, fresh } = this.session.state.value;
    const verdicts = search?.verdicts ?? {};
    const matches = (search?.matches ?? []).filter((match) => verdictOf(match, verdicts) !== 'not_me');
    const isSure = (match: Match): boolean => match.band === 'sure' || verdictOf(match, verdicts) === 'me';
    const sure = matches.filter(isSure).map(matchToPhoto);
    const maybe = matches.filter((match) => !isSure(match));
    const all = [...sure, ...maybe.map(matchToPhoto)];
    const searching = phase === 'running';
    return html`<header class="results-head">
          <h1 class="page-title" role="status">
            ${sure.length > 0 ? texts.sureCount(sure.length) : searching ? texts.searching : maybe.length > 0 ? texts.maybe : texts.none}
          </h1>
          <p class="soft small num">${this.#progress()}</p>
      </header>
      ${
        fresh > 0
          ? html`<button class="new-photos" @click=${() => this.session.seen()}>${icon('sparkle')}${texts.newFound(fresh)}</button>`
          : nothing
      }
      ${sure.length > 0 ? this.#sure(sure) : searching ? this.#skeleton() : nothing}
      ${maybe.length > 0 ? this.#maybe(maybe) : nothing}
      ${
        !searching && all.length === 0
          ? emptyState({
              drawing: 'face',
              title: texts.none,
              body: texts.noneBody,
              action: html`<button class="btn btn-line" @click=${() => this.emit('px-again')}>${texts.again}</button>`,
            })
          : nothing
      }
      ${!searching && all.length > 0 ? html`<p class="live-hint soft small">${icon('clock')}${texts.live}</p>` : nothing}
      ${this.photoId && all.length > 0 ? this.#viewer(all) : nothing}`;
  }

  #progress(): string {
    const { search, phase } = this.session.state.value;
    const searched = search?.status?.photosSearched ?? 0;
    if (phase === 'running')
      return searched > 0 ? t().find.searchedOf(searched, Math.max(searched, this.event.photoCount)) : t().find.stays;
    return t().find.searched(searched);
  }

  #skeleton(): TemplateResult {
    return html`<div class="wall-skeleton" aria-hidden="true">${[1, 2, 3, 4].map(() => html`<span class="skeleton"></span>`)}</div>`;
  }

  #sure(photos: readonly Photo[]): TemplateResult {
    const texts = t().find;
    const open = photos.filter((photo) => !isInCart(photo.id));
    return html`<section aria-label=${texts.sure}>
      ${
        this.event.isSalesOpen
          ? html`<div class="results-all">
            ${
              open.length > 0
                ? html`<button class="btn btn-gold" @click=${() => addToCart(...open)}>${icon('plus')}${open.length === 1 ? t().photo.add : texts.addAll(open.length)}</button>`
                : html`<p class="soft">${icon('check')}${texts.allAdded}</p>`
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
      .chosen=${cartPhotoIds()}
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
        <button class="btn btn-line" @click=${() => this.session.verdict(match.photoId, 'not_me')}>${texts.notMe}</button>
        <button class="btn btn-solid" @click=${() => this.session.verdict(match.photoId, 'me')}>${texts.me}</button>
      </div>
    </li>`;
  }

  #viewer(photos: readonly Photo[]): TemplateResult {
    return html`<px-lightbox
      .photos=${photos}
      .current=${this.photoId}
      .actions=${(photo: Photo) => photoActions(photo, this.event)}
      @px-show=${(event: CustomEvent<string>) => navigate(`${this.root}/${event.detail}`, { replace: true })}
      @px-close=${() => back(this.root)}
    ></px-lightbox>`;
  }
}

const verdictOf = (match: Match, given: Record<string, 'me' | 'not_me'>): 'me' | 'not_me' | null =>
  given[match.photoId] ?? match.verdict;
