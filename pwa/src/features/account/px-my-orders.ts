import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { namedEvents } from '../../components/event-parts.ts';
import { Loader, ofMine } from '../../components/loader.ts';
import { icon } from '../../components/px-icon.ts';
import { emptyState } from '../../components/states.ts';
import { loadOrders, type OrderSummary } from '../../data/orders.ts';
import { formatDateShort, formatMoney } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';

const look: Partial<Record<OrderSummary['status'], string>> = {
  paid: 'badge-success',
  partially_refunded: 'badge-success',
  pending: 'badge-warning',
  expired: '',
  cancelled: '',
};

@customElement('px-my-orders')
export class PxMyOrders extends PxElement {
  readonly #orders = new Loader<readonly OrderSummary[]>(this, (show) => ofMine([], () => loadOrders(show)));

  protected override render(): TemplateResult {
    const texts = t().account;
    return this.#orders.view(
      (orders) =>
        orders.length === 0
          ? emptyState({
              drawing: 'frames',
              title: texts.ordersNone,
              body: texts.ordersNoneBody,
              action: html`<a class="btn btn-line" href="/">${t().cart.emptyAction}</a>`,
            })
          : html`<ul class="orders">
              ${orders.map((order) => this.#row(order))}
            </ul>`,
      ordersSkeleton(),
    );
  }

  #row(order: OrderSummary): TemplateResult {
    return html`<li>
      <a href="/orders/${order.id}">
        <span class="order-pictures" aria-hidden="true">
          ${order.thumbnailUrls.slice(0, 3).map((url) => html`<img src=${url} alt="" loading="lazy" />`)}
        </span>
        <span class="order-what">
          <strong>${namedEvents(order)}</strong>
          <span class="soft small num">${formatDateShort(order.placedAt)} · ${t().cart.bar(order.photoCount)}</span>
          <span class="soft small num order-number">${order.number}</span>
        </span>
        <span class="order-sum">
          <strong class="num">${formatMoney(order.totalSatang)}</strong>
          <span class="badge ${look[order.status] ?? ''}">${t().order.statuses[order.status]}</span>
        </span>
        ${icon('chevron-right')}
      </a>
    </li>`;
  }
}

const ordersSkeleton = (): TemplateResult => html`<ul class="orders" aria-hidden="true">
  ${[1, 2, 3].map(
    () => html`<li class="order-skeleton">
      <span class="skeleton"></span><span class="skeleton-lines"><span class="skeleton"></span><span class="skeleton"></span></span>
    </li>`,
  )}
</ul>`;
