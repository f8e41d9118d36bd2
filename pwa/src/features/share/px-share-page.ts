import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { namedEvent } from '../../components/event-parts.ts';
import { icon } from '../../components/px-icon.ts';
import '../../components/px-share-photo.ts';
import { emptyState, errorState } from '../../components/states.ts';
import { vars } from '../../components/vars.ts';
import { setTitle } from '../../context/surface.ts';
import { isProblem } from '../../data/problem.ts';
import { session } from '../../data/session.ts';
import { loadMyShares, loadShared, type PhotoShare, type SharedPhoto } from '../../data/shares.ts';
import { formatDate } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import './share.css';

/** A bought photo that its owner shows, and the way to one's own. */
@customElement('px-share-page')
export class PxSharePage extends PxElement {
  @property() token = '';
  @state() private shared: SharedPhoto | null = null;
  @state() private problem: unknown = null;
  /** Mine: with the button that takes it down. */
  @state() private mine: PhotoShare | null = null;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('token')) void this.#load();
  }

  async #load(): Promise<void> {
    this.problem = null;
    const { token } = this;
    try {
      await loadShared(token, (shared) => {
        if (token === this.token) this.shared = shared;
      });
    } catch (error) {
      this.problem = error;
      if (isProblem(error, 'resource.not_found')) this.shared = null;
      return;
    }
    if (!session.value.user) return;
    const shares = await loadMyShares().catch(() => new Map<string, PhotoShare>());
    this.mine = [...shares.values()].find((share) => share.token === token) ?? null;
  }

  protected override render(): TemplateResult {
    const texts = t().share;
    const { shared } = this;
    if (isProblem(this.problem, 'resource.not_found'))
      return html`<div class="page page-narrow">
        ${emptyState({
          isPage: true,
          drawing: 'frames',
          title: texts.gone,
          body: texts.goneBody,
          action: html`<a class="btn btn-line" href="/">${t().notFound.action}</a>`,
        })}
      </div>`;
    if (!shared)
      return this.problem
        ? html`<div class="page page-narrow">${errorState(this.problem, () => void this.#load(), { isPage: true })}</div>`
        : html`<div class="shared-photo" aria-busy="true" aria-label=${t().app.loading}><figure><img alt="" /></figure></div>`;
    const { event } = shared;
    const name = namedEvent({ eventName: event.name, eventNameEn: event.nameEn });
    setTitle(texts.title(name));
    return html`<article class="shared-photo" ${vars({ '--ratio': (shared.width / shared.height).toFixed(4), '--placeholder': shared.placeholderColor })}>
      <figure>
        <img src=${shared.pictureUrl} alt=${texts.title(name)} width=${shared.width} height=${shared.height} fetchpriority="high" />
        <figcaption>${texts.by(shared.photographer)}</figcaption>
      </figure>
      <header>
        <h1 class="display">${name}</h1>
        <p class="soft num">${formatDate(event.startsAt)}</p>
      </header>
      ${
        event.faceSearchEnabled
          ? html`<a class="btn btn-gold btn-big" href="/e/${event.slug}/find">${icon('face')}${t().event.findMe}</a>
            <p class="soft">${texts.wereYouThere}</p>`
          : html`<a class="btn btn-gold btn-big" href="/e/${event.slug}">${icon('gallery')}${t().event.gallery}</a>`
      }
      ${
        this.mine
          ? html`<p class="row wrap">
              <span class="soft small">${texts.yours}</span>
              <px-share-photo
                .photoId=${shared.photoId}
                .eventName=${name}
                .label=${name}
                .share=${this.mine}
                @px-shared=${(change: CustomEvent<PhotoShare | null>) => {
                  if (change.detail === null) void this.#load();
                }}
              ></px-share-photo>
            </p>`
          : nothing
      }
    </article>`;
  }
}
