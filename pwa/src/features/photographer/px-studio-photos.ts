import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type * as photographers from '#contracts/http/photographers.ts';
import type * as photos from '#contracts/http/photos.ts';
import type { PhotoStatus } from '#contracts/http/photos.ts';
import { Loader, Pager } from '../../components/desk/loader.ts';
import { figure, pageHead, queryTabs } from '../../components/desk/parts.ts';
import { bibsButton } from '../../components/desk/photo-bibs.ts';
import '../../components/desk/px-photo-cards.ts';
import { PxElement } from '../../components/element.ts';
import { emptyState } from '../../components/states.ts';
import { location } from '../../context/router.ts';
import { type Answer, call, type ItemOf } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatNumber } from '../../i18n/format.ts';

type Row = ItemOf<typeof photos.listPhotos>;
const PAGE = 60;
const FOLLOW_MS = 5_000;
const filters = ['', 'pending', 'approved', 'rejected', 'uploaded', 'failed'] as const;

@customElement('px-studio-photos')
export class PxStudioPhotos extends PxElement {
  #status = '';
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #counts = new Loader<Answer<typeof photographers.getPhotographerPhotos>>(this, () =>
    call<typeof photographers.getPhotographerPhotos>('GET', '/api/photographer/photos'),
  );
  readonly #photos = new Pager<Row>(this, (cursor) =>
    call<typeof photos.listPhotos>('GET', '/api/photos', {
      query: { mine: '1', status: this.#status || undefined, limit: PAGE, cursor },
    }),
  );

  constructor() {
    super();
    this.watch(location);
    this.#status = location.value.query.get('status') ?? '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => void this.#follow(), FOLLOW_MS);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  /** While photos of the first page are being prepared, look how far they are. */
  async #follow(): Promise<void> {
    const { items } = this.#photos;
    const preparing = items.length <= PAGE && items.some((photo) => photo.status === 'uploaded');
    if (!preparing || document.visibilityState === 'hidden') return;
    await Promise.all([this.#photos.reload(), this.#counts.reload()]);
  }

  protected override willUpdate(): void {
    const wanted = location.value.query.get('status') ?? '';
    if (wanted === this.#status) return;
    this.#status = wanted;
    void this.#photos.reload({ fresh: true });
  }

  protected override render(): TemplateResult {
    const texts = d().studio;
    const counts = this.#counts.value;
    return html`${pageHead({ title: texts.photosTitle })}
      ${
        counts
          ? html`<div class="figures">
            ${figure({ label: texts.uploaded, value: formatNumber(counts.uploaded) })}
            ${figure({ label: d().photoStates.approved, value: formatNumber(counts.approved) })}
            ${figure({ label: d().photoStates.pending, value: formatNumber(counts.pending) })}
            ${figure({ label: texts.sold, value: formatNumber(counts.sold) })}
          </div>`
          : nothing
      }
      ${queryTabs(
        'status',
        filters.map((value) => ({
          value,
          label: value ? d().photoStates[value as PhotoStatus] : d().common.all,
        })),
        d().common.filter,
      )}
      ${this.#photos.view(
        ({ items }) =>
          items.length === 0
            ? emptyState({
                drawing: 'frames',
                title: this.#status ? texts.nonePhotosFilter : texts.nonePhotos,
                body: this.#status ? '' : texts.nonePhotosBody,
                action: this.#status ? nothing : html`<a class="btn btn-gold" href="/studio">${texts.nav.upload}</a>`,
              })
            : html`<px-photo-cards
                .photos=${items}
                .actions=${(photo: Row) =>
                  html`<div class="card-actions">${bibsButton(photo, (changed) => this.#photos.replace(changed))}</div>`}
              ></px-photo-cards>${this.#photos.moreButton()}`,
        cardsSkeleton(),
      )}`;
  }
}

const cardsSkeleton = (): TemplateResult =>
  html`<div class="photo-cards">${Array.from({ length: 12 }, () => html`<span class="skeleton photo-card-skeleton"></span>`)}</div>`;
