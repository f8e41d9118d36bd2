import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type * as photographers from '#contracts/http/photographers.ts';
import { Loader, Pager } from '../../components/desk/loader.ts';
import { pageHead } from '../../components/desk/parts.ts';
import '../../components/desk/photo-cards.css';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import { focalPosition } from '../../components/px-photo-grid.ts';
import { emptyState } from '../../components/states.ts';
import { vars } from '../../components/vars.ts';
import { toast } from '../../context/toasts.ts';
import { type Answer, call, type ItemOf } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { problemText } from '../../i18n/problems.ts';
import './portfolio-choice.css';

type Row = ItemOf<typeof photographers.listPortfolioCandidates>;
type Profile = Answer<typeof photographers.getPhotographerProfile>;
/** As the contract has it (PORTFOLIO_PHOTOS), without its schemas in the page. */
const MOST = 60;

/** The best photos and their order on the photographer's own page; each change is kept at once. */
@customElement('px-studio-portfolio')
export class PxStudioPortfolio extends PxElement {
  @state() private dragged = '';
  readonly #profile = new Loader<Profile>(this, () =>
    call<typeof photographers.getPhotographerProfile>('GET', '/api/photographer/profile'),
  );
  readonly #chosen = new Loader<readonly Row[]>(
    this,
    async () => (await call<typeof photographers.getPortfolioChoice>('GET', '/api/photographer/portfolio')).items,
  );
  readonly #photos = new Pager<Row>(this, (cursor) =>
    call<typeof photographers.listPortfolioCandidates>('GET', '/api/photographer/portfolio/candidates', {
      query: { limit: 60, cursor },
    }),
  );
  /** One after another, so that the last choice is the one that stays. */
  #saving: Promise<unknown> = Promise.resolve();

  protected override render(): TemplateResult {
    const texts = d().portfolio;
    const profile = this.#profile.value;
    return html`${pageHead({
      title: texts.title,
      lead: texts.lead,
      actions: profile
        ? profile.isPublic
          ? html`<a class="btn btn-line" href="/p/${profile.slug}">${icon('globe')}${d().profile.openPage}</a>`
          : html`<a class="btn btn-line" href="/studio/profile">${icon('eye-off')}${texts.notPublic}</a>`
        : nothing,
    })}
    ${this.#chosen.view((chosen) => this.#choice(chosen), skeleton())}
    <h2 class="section-title portfolio-more">${texts.more}</h2>
    ${this.#photos.view(
      ({ items }) =>
        items.length === 0
          ? emptyState({
              drawing: 'frames',
              title: texts.none,
              body: texts.noneBody,
              action: html`<a class="btn btn-gold" href="/studio">${d().studio.nav.upload}</a>`,
            })
          : html`<ul class="photo-cards choice">${items.map((photo) => this.#candidate(photo))}</ul>
              ${this.#photos.moreButton()}`,
      skeleton(),
    )}`;
  }

  #choice(chosen: readonly Row[]): TemplateResult {
    const texts = d().portfolio;
    if (chosen.length === 0) return html`<p class="note">${icon('info')}<span>${texts.latest}</span></p>`;
    return html`<p class="soft small portfolio-count" role="status">${texts.chosen(chosen.length, MOST)}</p>
      <ol class="photo-cards choice">
        ${repeat(
          chosen,
          (photo) => photo.id,
          (photo, index) => html`<li
            class="photo-card ${this.dragged === photo.id ? 'dragged' : ''}"
            draggable="true"
            @dragstart=${(event: DragEvent) => {
              event.dataTransfer?.setData('text/plain', photo.id);
              this.dragged = photo.id;
            }}
            @dragend=${() => {
              this.dragged = '';
            }}
            @dragover=${(event: DragEvent) => this.dragged && event.preventDefault()}
            @drop=${(event: DragEvent) => {
              event.preventDefault();
              this.#move(this.dragged, index);
            }}
          >
            ${picture(photo, index + 1)}
            <div class="choice-tools">
              <button class="btn btn-icon" aria-label=${texts.earlier(index + 1)} ?disabled=${index === 0} @click=${() => this.#move(photo.id, index - 1)}>
                ${icon('chevron-left')}
              </button>
              <button class="btn btn-icon" aria-label=${texts.later(index + 1)} ?disabled=${index === chosen.length - 1} @click=${() => this.#move(photo.id, index + 1)}>
                ${icon('chevron-right')}
              </button>
              <button class="btn btn-icon" aria-label=${texts.remove(index + 1)} @click=${() => this.#save(chosen.filter(({ id }) => id !== photo.id))}>
                ${icon('close')}
              </button>
            </div>
          </li>`,
        )}
      </ol>`;
  }

  #candidate(photo: Row): TemplateResult {
    const texts = d().portfolio;
    const chosen = this.#chosen.value ?? [];
    const place = chosen.findIndex(({ id }) => id === photo.id);
    return html`<li class="photo-card">
      ${picture(photo, place + 1)}
      <button
        class="btn btn-line"
        aria-pressed=${place >= 0 ? 'true' : 'false'}
        ?disabled=${this.#chosen.value === null || (place < 0 && chosen.length >= MOST)}
        @click=${() => this.#save(place >= 0 ? chosen.filter(({ id }) => id !== photo.id) : [...chosen, photo])}
      >
        ${icon(place >= 0 ? 'check' : 'plus')}${place >= 0 ? texts.isChosen : texts.choose}
      </button>
    </li>`;
  }

  #move(id: string, to: number): void {
    const chosen = [...(this.#chosen.value ?? [])];
    const from = chosen.findIndex((photo) => photo.id === id);
    if (from < 0 || to < 0 || to >= chosen.length || from === to) return;
    const [photo] = chosen.splice(from, 1);
    chosen.splice(to, 0, photo!);
    this.#save(chosen);
  }

  /** Shown at once; what the server refuses is taken back. */
  #save(wanted: readonly Row[]): void {
    this.#chosen.set(wanted);
    this.#saving = this.#saving.then(async () => {
      try {
        await call<typeof photographers.setPortfolioChoice>('PUT', '/api/photographer/portfolio', {
          body: { photoIds: wanted.map(({ id }) => id) },
        });
      } catch (error) {
        toast(problemText(error), { kind: 'error' });
        await this.#chosen.reload();
      }
    });
  }
}

/** The photo with its place on the page; 0: it is not chosen. */
const picture = (photo: Row, place: number): TemplateResult => html`<span
  class="photo-card-frame"
  ${vars({ '--placeholder': photo.placeholderColor })}
>
  <img
    src=${photo.thumbnails.medium}
    alt=${photo.manage?.fileName ?? ''}
    loading="lazy"
    decoding="async"
    draggable="false"
    ${vars({ 'object-position': focalPosition(photo) })}
  />
  ${place > 0 ? html`<span class="choice-place num">${place}</span>` : nothing}
</span>`;

const skeleton = (): TemplateResult =>
  html`<div class="photo-cards">${Array.from({ length: 6 }, () => html`<span class="skeleton photo-card-skeleton"></span>`)}</div>`;
