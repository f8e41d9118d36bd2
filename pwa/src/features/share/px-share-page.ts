import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { namedEvent } from '../../components/event-parts.ts';
import { Loader, wholePage } from '../../components/loader.ts';
import { icon } from '../../components/px-icon.ts';
import '../../components/px-share-photo.ts';
import { vars } from '../../components/vars.ts';
import { setTitle } from '../../context/surface.ts';
import { session } from '../../data/session.ts';
import { loadMyShares, loadShared, type PhotoShare, type SharedPhoto } from '../../data/shares.ts';
import { formatDate } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import './share.css';

/** A bought photo that its owner shows, and the way to one's own. */
@customElement('px-share-page')
export class PxSharePage extends PxElement {
  @property() token = '';
  /** Mine: with the button that takes it down. */
  @state() private mine: PhotoShare | null = null;
  readonly #shared = new Loader<SharedPhoto>(this, async (show) => {
    const shared = await loadShared(this.token, show);
    if (session.value.user) void this.#findMine(this.token);
    return shared;
  });

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.get('token')) return;
    this.mine = null;
    void this.#shared.reload({ fresh: true });
  }

  async #findMine(token: string): Promise<void> {
    const shares = await loadMyShares().catch(() => new Map<string, PhotoShare>());
    if (token === this.token) this.mine = [...shares.values()].find((share) => share.token === token) ?? null;
  }

  protected override render(): TemplateResult {
    const { gone, goneBody } = t().share;
    return wholePage(
      this.#shared,
      { title: gone, body: goneBody },
      (shared) => this.#photo(shared),
      html`<div class="shared-photo"><figure><img alt="" /></figure></div>`,
    );
  }

  #photo(shared: SharedPhoto): TemplateResult {
    const texts = t().share;
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
                  if (change.detail === null) void this.#shared.reload();
                }}
              ></px-share-photo>
            </p>`
          : nothing
      }
    </article>`;
  }
}
