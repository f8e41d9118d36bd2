import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type * as payment from '#contracts/http/payment.ts';
import { Loader, Pager } from '../../components/desk/loader.ts';
import { act, dataTable, money, pageHead, queryTabs, stateBadge, type Tone } from '../../components/desk/parts.ts';
import { toast } from '../../context/toasts.ts';
import { type Answer, call, type ItemOf } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateTime } from '../../i18n/format.ts';
import { FilteredPage } from './filtered.ts';
import { orderTabs } from './px-admin-orders.ts';

type Overview = Answer<typeof payment.getReconciliation>;
type Row = ItemOf<typeof payment.listBankRows>;
const statuses = ['new', 'matched', 'held'] as const;
const tones: Record<Row['status'], Tone> = { new: 'plain', matched: 'success', held: 'warning' };

/** What the gateway said against what the bank shows: where the money is, and every bank row with the order it paid. */
@customElement('px-admin-reconciliation')
export class PxAdminReconciliation extends FilteredPage {
  protected readonly filters = ['status'];
  readonly #overview = new Loader<Overview>(this, () =>
    call<typeof payment.getReconciliation>('GET', '/api/admin/reconciliation'),
  );
  readonly #rows = new Pager<Row>(this, (cursor) =>
    call<typeof payment.listBankRows>('GET', '/api/admin/bank-rows', {
      query: { status: this.filter('status'), limit: 50, cursor },
    }),
  );

  protected refresh(): void {
    void this.#rows.reload({ fresh: true });
  }

  protected override render(): TemplateResult {
    const texts = d().reconciliation;
    return html`${pageHead({
      title: texts.title,
      lead: texts.lead,
      actions: html`<button class="btn btn-solid" @click=${() => void this.#run()}>${texts.run}</button>`,
    })}
    ${orderTabs()} ${this.#overview.view((overview) => this.#figures(overview))}
    <section class="desk-section">
      <h2>${texts.rows}</h2>
      ${queryTabs(
        'status',
        [{ value: '', label: d().common.all }, ...statuses.map((value) => ({ value, label: texts.states[value] }))],
        d().common.filter,
      )}
      ${this.#rows.view(({ items }) =>
        items.length === 0
          ? html`<p class="soft">${this.filter('status') ? d().common.noMatch : texts.none}</p>`
          : html`${dataTable({
              caption: texts.rows,
              rows: items,
              key: (row) => row.id,
              columns: [
                { label: texts.row, cell: (row) => html`<span class="num">${formatDateTime(row.arrivedAt)}</span>` },
                { label: texts.source, cell: (row) => html`<span class="num">${row.source}</span>` },
                {
                  label: texts.order,
                  cell: (row) =>
                    row.orderId
                      ? html`<a class="num" href="/admin/orders/${row.orderId}">${row.orderNumber}</a>`
                      : html`<span class="num">${row.transId ?? '–'}</span>`,
                },
                { label: d().common.status, cell: (row) => stateBadge(texts.states[row.status], tones[row.status]) },
                {
                  label: d().common.amount,
                  end: true,
                  cell: (row) =>
                    html`${money(row.amountSatang)}${row.feeSatang > 0 ? html`<small class="num">− ${money(row.feeSatang)}</small>` : nothing}`,
                },
              ],
            })}${this.#rows.moreButton()}`,
      )}
    </section>`;
  }

  #figures({ feeds, balances, waiting }: Overview): TemplateResult {
    const texts = d().reconciliation;
    const open = waiting.cases + waiting.reviews + waiting.returning;
    return html`<p>
        ${
          open > 0
            ? html`<a href="/admin/payment-reviews">${stateBadge(texts.waiting(open), 'warning')}</a>`
            : stateBadge(texts.allClear, 'success')
        }
      </p>
      <section class="desk-section">
        <h2>${texts.balances}</h2>
        ${dataTable({
          caption: texts.balances,
          rows: balances,
          key: (row) => row.account,
          columns: [
            { label: d().revenue.account, cell: (row) => texts.accounts[row.account] },
            // Debts and held money stand on the credit side; a person reads them as amounts.
            {
              label: d().common.amount,
              end: true,
              cell: (row) =>
                money(
                  ['suspense', 'refunds_payable'].includes(row.account) ? 0 - row.balanceSatang : row.balanceSatang,
                ),
            },
          ],
        })}
        ${feeds.map(
          (feed) => html`<p class="small soft">
            <b>${feed.provider}</b>:
            ${
              feed.hasFeed
                ? html`${texts.lastRead} ${feed.lastReadAt ? formatDateTime(feed.lastReadAt) : texts.never}
                  ${feed.lastError ? stateBadge(texts.failed, 'error') : nothing}`
                : texts.noFeed
            }
          </p>`,
        )}
      </section>`;
  }

  async #run(): Promise<void> {
    const texts = d().reconciliation;
    await act(async () => {
      const { items } = await call<typeof payment.runReconciliation>('POST', '/api/admin/reconciliation/run');
      const sum = (pick: (item: (typeof items)[number]) => number) =>
        items.reduce((total, item) => total + pick(item), 0);
      const failed = items.some((item) => item.error !== null);
      toast(
        failed
          ? texts.failed
          : texts.ran(
              sum((item) => item.rows),
              sum((item) => item.matched),
            ),
        { kind: failed ? 'error' : 'success' },
      );
      await Promise.all([this.#overview.reload(), this.#rows.reload({ fresh: true })]);
    });
  }
}
