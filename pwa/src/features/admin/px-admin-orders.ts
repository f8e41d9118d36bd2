import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type * as orders from '#contracts/http/orders.ts';
import type { OrderView } from '#contracts/http/orders.ts';
import { Loader, Pager } from '../../components/desk/loader.ts';
import {
  dataTable,
  linkTabs,
  money,
  pageHead,
  queryTabs,
  searchBox,
  stateBadge,
  type Tone,
} from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { namedEvent, namedEvents } from '../../components/event-parts.ts';
import { icon } from '../../components/px-icon.ts';
import { emptyState } from '../../components/states.ts';
import { call, type ItemOf } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateTime, formatMoney, formatNumber } from '../../i18n/format.ts';
import { FilteredPage } from './filtered.ts';
import { refundTone } from './px-admin-refunds.ts';

type Summary = ItemOf<typeof orders.listAllOrders>;
const statuses = ['pending', 'paid', 'partially_refunded', 'refunded', 'cancelled', 'expired'] as const;
const tones: Record<Summary['status'], Tone> = {
  pending: 'warning',
  paid: 'success',
  partially_refunded: 'plain',
  refunded: 'plain',
  cancelled: 'plain',
  expired: 'plain',
};
const orderBadge = (status: Summary['status']): TemplateResult => stateBadge(d().orders.states[status], tones[status]);

export const orderTabs = (): TemplateResult =>
  linkTabs(
    [
      { href: '/admin/orders', label: d().orders.title },
      { href: '/admin/refunds', label: d().refunds.title },
      { href: '/admin/payment-reviews', label: d().reviews.title },
      { href: '/admin/reconciliation', label: d().reconciliation.title },
    ],
    d().orders.title,
  );

@customElement('px-admin-orders')
export class PxAdminOrders extends FilteredPage {
  protected readonly filters = ['status', 'q'];
  readonly #orders = new Pager<Summary>(this, (cursor) =>
    call<typeof orders.listAllOrders>('GET', '/api/admin/orders', {
      query: { status: this.filter('status'), search: this.filter('q'), limit: 50, cursor },
    }),
  );

  protected refresh(): void {
    void this.#orders.reload({ fresh: true });
  }

  protected override render(): TemplateResult {
    const texts = d().orders;
    return html`${pageHead({ title: texts.title })} ${orderTabs()}
      <div class="desk-tools">
        ${queryTabs(
          'status',
          [{ value: '', label: d().common.all }, ...statuses.map((value) => ({ value, label: texts.states[value] }))],
          d().common.filter,
        )}
        ${searchBox(texts.search)}
      </div>
      ${this.#orders.view(({ items }) =>
        items.length === 0
          ? emptyState({
              drawing: 'bag',
              title: this.filter('q') || this.filter('status') ? d().common.noMatch : texts.none,
            })
          : html`${dataTable({
              caption: texts.title,
              rows: items,
              key: (order) => order.id,
              href: (order) => `/admin/orders/${order.id}`,
              columns: [
                { label: texts.number, cell: (order) => html`<span class="num">${order.number}</span>` },
                {
                  label: d().common.date,
                  cell: (order) => html`<span class="num">${formatDateTime(order.placedAt)}</span>`,
                },
                { label: texts.buyer, cell: (order) => order.email },
                { label: d().common.event, wide: true, cell: (order) => namedEvents(order) },
                { label: d().common.photos, end: true, cell: (order) => formatNumber(order.photoCount) },
                { label: d().common.amount, end: true, cell: (order) => money(order.totalSatang) },
                { label: d().common.status, end: true, cell: (order) => orderBadge(order.status) },
              ],
            })}${this.#orders.moreButton()}`,
      )}`;
  }
}

@customElement('px-admin-order')
export class PxAdminOrder extends PxElement {
  @property() orderId = '';
  readonly #order = new Loader<OrderView>(this, () =>
    call<typeof orders.getOrder>('GET', '/api/orders/:id', { params: { id: this.orderId } }),
  );

  protected override render(): TemplateResult {
    return html`<div class="stack">${this.#order.pageView((order) => this.#page(order))}</div>`;
  }

  #page(order: OrderView): TemplateResult {
    const texts = d().orders;
    return html`${pageHead({
      title: texts.orderNumber(order.number),
      back: { href: '/admin/orders', label: texts.title },
      lead: html`${orderBadge(order.status)} <span class="num">${formatDateTime(order.placedAt)}</span> · ${order.email}`,
      actions: order.links.invoice
        ? html`<a class="btn btn-line" href=${order.links.invoice} target="_blank" rel="noopener">${icon('receipt')}${texts.invoice}</a>`
        : nothing,
    })}
    <div class="desk-two">
      <section class="desk-section">
        <h2>${texts.items(order.items.length)}</h2>
        ${dataTable({
          caption: texts.items(order.items.length),
          rows: order.items,
          key: (item) => item.id,
          columns: [
            {
              label: d().common.photo,
              cell: (item) => html`<span class="cell-photo"
                >${item.thumbnailUrl ? html`<img src=${item.thumbnailUrl} alt="" loading="lazy" />` : nothing}
                <span>${item.fileName}<small>${namedEvent(item)}</small></span></span
              >`,
            },
            { label: texts.listPrice, end: true, wide: true, cell: (item) => money(item.listPriceSatang) },
            { label: texts.price, end: true, cell: (item) => money(item.priceSatang) },
            { label: texts.delivery, end: true, cell: (item) => texts.deliveries[item.delivery] },
          ],
        })}
      </section>
      <div class="stack">
        <section class="desk-card">
          <h2>${d().common.amount}</h2>
          <dl class="desk-facts money-facts">
            <dt>${texts.subtotal}</dt>
            <dd class="num">${formatMoney(order.subtotalSatang)}</dd>
            <dt>${texts.discount}</dt>
            <dd class="num">${formatMoney(-order.discountSatang)}</dd>
            <dt><b>${texts.total}</b></dt>
            <dd class="num"><b>${formatMoney(order.totalSatang)}</b></dd>
          </dl>
          ${order.payment ? this.#payment(order.payment) : html`<p class="soft">${texts.noPayment}</p>`}
        </section>
        ${
          order.refunds.length > 0
            ? html`<section class="desk-card">
              <h2>${d().refunds.title}</h2>
              <ul class="list">
                ${order.refunds.map(
                  (refund) => html`<li class="spread staff-row">
                    <span>${refund.reason}<small class="num">${formatDateTime(refund.createdAt)}</small></span>
                    <span class="row">${money(refund.amountSatang)} ${stateBadge(d().refunds.states[refund.status], refundTone[refund.status])}</span>
                  </li>`,
                )}
              </ul>
              <a class="link" href="/admin/refunds">${d().refunds.title}</a>
            </section>`
            : nothing
        }
        ${
          order.buyer.name || order.buyer.taxId
            ? html`<section class="desk-card">
              <h2>${texts.buyer}</h2>
              <p>${order.buyer.name}<br />${order.buyer.address}</p>
              ${order.buyer.taxId ? html`<p class="num">${d().settings.fields.taxId} ${order.buyer.taxId}</p>` : nothing}
            </section>`
            : nothing
        }
      </div>
    </div>`;
  }

  #payment(payment: NonNullable<OrderView['payment']>): TemplateResult {
    const texts = d().orders;
    return html`<hr class="rule" />
      <dl class="desk-facts">
        <dt>${texts.payment}</dt>
        <dd>${texts.payments[payment.status]}</dd>
        <dt>${texts.payable}</dt>
        <dd class="num">${formatMoney(payment.amountSatang)}</dd>
        ${
          payment.paidSatang === null
            ? nothing
            : html`<dt>${texts.received}</dt><dd class="num">${formatMoney(payment.paidSatang)}</dd>`
        }
        ${payment.paidAt ? html`<dt>${texts.paidAt}</dt><dd class="num">${formatDateTime(payment.paidAt)}</dd>` : nothing}
        ${payment.transId ? html`<dt>${texts.transId}</dt><dd class="num">${payment.transId}</dd>` : nothing}
      </dl>
      ${
        payment.review
          ? html`<p class="note note-warning">
            ${icon('warning')}<span>${d().reviews.kinds[payment.review]} <a href="/admin/payment-reviews">${d().reviews.title}</a></span>
          </p>`
          : nothing
      }`;
  }
}
