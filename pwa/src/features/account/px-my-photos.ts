import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { photoUrls } from '#contracts/sync/photos.ts';
import { PxElement } from '../../components/element.ts';
import { namedEvent, namedEvents } from '../../components/event-parts.ts';
import { Loader, ofMine } from '../../components/loader.ts';
import '../../components/px-photo-grid.ts';
import type { PxPhotoGrid } from '../../components/px-photo-grid.ts';
import { emptyState } from '../../components/states.ts';
import { back, navigate } from '../../context/router.ts';
import { loadOrder, loadOrders, type Order, type OrderSummary } from '../../data/orders.ts';
import type { Photo } from '../../data/types.ts';
import { formatDate } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import '../checkout/px-keep-originals.ts';

const isOwned = (order: OrderSummary): boolean => order.status === 'paid' || order.status === 'partially_refunded';
/** Orders that are opened for the page; older ones are under "orders". */
const SHOWN = 20;

interface Library {
  pending: readonly OrderSummary[];
  orders: readonly Order[];
}

/** The library: everything bought, order by order, newest first; each photo with the screen to itself, to save and to share. */
@customElement('px-my-photos')
export class PxMyPhotos extends PxElement {
  /** The photo that has the screen to itself; "": none. */
  @property() photoId = '';
  readonly #library = new Loader<Library>(this, () => ofMine({ pending: [], orders: [] }, () => this.#load()));

  async #load(): Promise<Library> {
    const list = await loadOrders(() => undefined);
    const owned = list.filter(isOwned).slice(0, SHOWN);
    const loaded = await Promise.all(owned.map((order) => loadOrder(order.id, '', () => undefined).catch(() => null)));
    return {
      pending: list.filter((order) => order.status === 'pending'),
      orders: loaded.filter((order) => order !== null),
    };
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (this.photoId) void import('../../components/px-photo-viewer.ts');
    const seen = changed.get('photoId') as string | undefined;
    if (seen && !this.photoId)
      void this.updateComplete.then(() =>
        this.querySelector(`[data-photo="${seen}"]`)?.closest<PxPhotoGrid>('px-photo-grid')?.focusPhoto(seen),
      );
  }

  protected override render(): TemplateResult {
    const texts = t().account;
    return html`${this.#library.view(
      ({ pending, orders }) => html`${
        pending.length > 0
          ? html`<ul class="stack pending-orders">
              ${pending.map(
                (order) => html`<li class="note note-warning spread">
                  <span>${texts.waitingPayment}: ${namedEvents(order)}</span
                  ><a class="link" href="/orders/${order.id}">${t().order.payNow}</a>
                </li>`,
              )}
            </ul>`
          : nothing
      }
      ${
        orders.length === 0
          ? emptyState({
              drawing: 'frames',
              title: texts.photosNone,
              body: texts.ordersNoneBody,
              action: html`<a class="btn btn-line" href="/">${t().cart.emptyAction}</a>`,
            })
          : orders.map((order) => this.#order(order))
      }
      ${this.photoId ? this.#viewer(orders) : nothing}`,
      librarySkeleton(),
    )}<px-keep-originals></px-keep-originals>`;
  }

  #order(order: Order): TemplateResult {
    const names = [...new Set(order.items.map(namedEvent))].join(', ');
    return html`<section class="library">
      <h2 class="spread section-title">
        <span>${names} <span class="soft small">${formatDate(order.placedAt)}</span></span>
        <a class="link small" href="/orders/${order.id}">${t().order.saveAll}</a>
      </h2>
      <px-photo-grid .photos=${photosOf(order)} .hrefOf=${(photo: Photo) => `/account/photos/${photo.id}`}></px-photo-grid>
    </section>`;
  }

  #viewer(orders: readonly Order[]): TemplateResult {
    const items = orders.flatMap((order) => order.items);
    const photos = [...new Map(orders.flatMap(photosOf).map((photo) => [photo.id, photo])).values()];
    return html`<px-photo-viewer
      .photos=${photos}
      .current=${this.photoId}
      .isMine=${true}
      .nameOf=${(photo: Photo) => {
        const item = items.find(({ photoId }) => photoId === photo.id);
        return item ? namedEvent(item) : '';
      }}
      @px-show=${(event: CustomEvent<string>) => navigate(`/account/photos/${event.detail}`, { replace: true })}
      @px-close=${() => back('/account/photos')}
    ></px-photo-viewer>`;
  }
}

/** What is bought is shown without watermark. */
function photosOf(order: Order): Photo[] {
  return order.items
    .filter((item) => item.delivery !== 'revoked')
    .map((item) => {
      const { thumbnails, previewUrl } = photoUrls(item.photoId);
      return {
        id: item.photoId,
        eventId: item.eventId,
        width: item.width,
        height: item.height,
        takenAt: null,
        placeholderColor: null,
        focus: null,
        priceSatang: null,
        previewUrl: item.cleanUrl ?? previewUrl,
        // The large thumbnail carries the watermark.
        thumbnails: { ...thumbnails, large: item.cleanUrl ?? thumbnails.medium },
      };
    });
}

const librarySkeleton = (): TemplateResult => html`<div class="library">
  <span class="skeleton library-title"></span>
  <div class="wall-skeleton">${[2, 3].map(() => html`<span class="skeleton"></span>`)}</div>
</div>`;
