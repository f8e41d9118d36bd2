import { html, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { namedEvents } from '../../components/event-parts.ts';
import { icon } from '../../components/px-icon.ts';
import { emptyState, errorState, skeletonLines } from '../../components/states.ts';
import { loadOrders, type OrderSummary } from '../../data/orders.ts';
import { isProblem } from '../../data/problem.ts';
import { session } from '../../data/session.ts';
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
  @state() private orders: readonly OrderSummary[] | null = null;
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
      await loadOrders((orders) => {
        this.orders = orders;
      });
    } catch (error) {
      if (isProblem(error, 'auth.required')) this.orders = [];
      else if (!this.orders) this.problem = error;
    }
  }

  protected override render(): TemplateResult {
    const texts = t().account;
    if (this.problem) return errorState(this.problem, () => void this.#load());
    if (!this.orders) return skeletonLines(4);
    if (this.orders.length === 0)
      return emptyState({
        drawing: 'frames',
        title: texts.ordersNone,
        body: texts.ordersNoneBody,
        action: html`<a class="btn btn-line" href="/">${t().cart.emptyAction}</a>`,
      });
    return html`<ul class="orders">
      ${this.orders.map((order) => this.#row(order))}
    </ul>`;
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
