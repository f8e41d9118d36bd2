import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import '../../components/px-photo-grid.ts';
import { photoUrls } from '#contracts/sync/photos.ts';
import { namedEvent, namedEvents } from '../../components/event-parts.ts';
import { emptyState, errorState, skeletonLines } from '../../components/states.ts';
import { loadOrder, loadOrders, type Order, type OrderSummary } from '../../data/orders.ts';
import { isProblem } from '../../data/problem.ts';
import { session } from '../../data/session.ts';
import type { Photo } from '../../data/types.ts';
import { formatDate } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';

const isOwned = (order: OrderSummary): boolean => order.status === 'paid' || order.status === 'partially_refunded';

import '../checkout/px-keep-originals.ts';

/** The library: everything bought, order by order, newest first; a photo opens the order where it is saved. */
@customElement('px-my-photos')
export class PxMyPhotos extends PxElement {
  @state() private pending: readonly OrderSummary[] = [];
  @state() private orders: readonly Order[] | null = null;
  @state() private problem: unknown = null;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  async #load(): Promise<void> {
    this.problem = null;
    if (!session.value.user && session.value.known) {
      this.orders = [];
      return;
    }
    try {
      const list = await loadOrders(() => undefined);
      this.pending = list.filter((order) => order.status === 'pending');
      const owned = list.filter(isOwned).slice(0, 20);
      const loaded = await Promise.all(
        owned.map((order) => loadOrder(order.id, '', () => undefined).catch(() => null)),
      );
      this.orders = loaded.filter((order) => order !== null);
    } catch (error) {
      if (isProblem(error, 'auth.required')) this.orders = [];
      else this.problem = error;
    }
  }

  protected override render(): TemplateResult {
    const texts = t().account;
    if (this.problem) return errorState(this.problem, () => void this.#load());
    if (!this.orders) return skeletonLines(4);
    return html`${
      this.pending.length > 0
        ? html`<ul class="stack pending-orders">
            ${this.pending.map(
              (order) => html`<li class="note note-warning spread">
                <span>${texts.waitingPayment}: ${namedEvents(order)}</span
                ><a href="/orders/${order.id}">${t().order.payNow}</a>
              </li>`,
            )}
          </ul>`
        : nothing
    }
      ${
        this.orders.length === 0
          ? emptyState({
              drawing: 'frames',
              title: texts.photosNone,
              body: texts.ordersNoneBody,
              action: html`<a class="btn btn-line" href="/">${t().cart.emptyAction}</a>`,
            })
          : this.orders.map((order) => this.#order(order))
      }
      <px-keep-originals></px-keep-originals>`;
  }

  #order(order: Order): TemplateResult {
    const photos: Photo[] = order.items
      .filter((item) => item.delivery !== 'revoked')
      .map((item) => {
        const { thumbnails, previewUrl } = photoUrls(item.photoId);
        // The large thumbnail carries the watermark; what is bought is shown without.
        const large = item.cleanUrl ?? thumbnails.medium;
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
          thumbnails: { ...thumbnails, large },
        };
      });
    const names = [...new Set(order.items.map(namedEvent))].join(', ');
    return html`<section class="library">
      <h2 class="spread section-title">
        <span>${names} <span class="soft small">${formatDate(order.placedAt)}</span></span>
        <a class="small" href="/orders/${order.id}">${t().order.saveAll}</a>
      </h2>
      <px-photo-grid .photos=${photos} .hrefOf=${() => `/orders/${order.id}`}></px-photo-grid>
    </section>`;
  }
}
