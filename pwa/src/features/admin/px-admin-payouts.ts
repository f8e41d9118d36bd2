import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type * as revenue from '#contracts/http/revenue.ts';
import type { PayoutView } from '#contracts/http/revenue.ts';
import { ask } from '../../components/desk/ask.ts';
import { Pager } from '../../components/desk/loader.ts';
import { act, dataTable, money, pageHead, queryTabs, stateBadge } from '../../components/desk/parts.ts';
import { payoutTone } from '../../components/desk/px-earnings.ts';
import { emptyState } from '../../components/states.ts';
import { toast } from '../../context/toasts.ts';
import { call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateShort, formatMoney } from '../../i18n/format.ts';
import { FilteredPage } from './filtered.ts';
import { revenueTabs } from './px-admin-revenue.ts';

const statuses = ['draft', 'approved', 'paid', 'cancelled'] as const;

/** Payouts: a batch of drafts, each approved, then paid with the bank's reference. */
@customElement('px-admin-payouts')
export class PxAdminPayouts extends FilteredPage {
  protected readonly filters = ['status'];
  readonly #payouts = new Pager<PayoutView>(this, (cursor) =>
    call<typeof revenue.listPayouts>('GET', '/api/revenue/payouts', {
      query: { status: this.filter('status'), limit: 50, cursor },
    }),
  );

  protected refresh(): void {
    void this.#payouts.reload({ fresh: true });
  }

  protected override render(): TemplateResult {
    const texts = d().payouts;
    return html`${pageHead({
      title: d().revenue.title,
      actions: html`<button class="btn btn-gold" @click=${() => void this.#create()}>${texts.create}</button>`,
    })}
    ${revenueTabs()}
    <p class="soft">${texts.lead}</p>
    ${queryTabs(
      'status',
      [{ value: '', label: d().common.all }, ...statuses.map((value) => ({ value, label: texts.states[value] }))],
      d().common.filter,
    )}
    ${this.#payouts.view(({ items }) =>
      items.length === 0
        ? emptyState({
            drawing: 'bag',
            title: this.filter('status') ? d().common.noMatch : texts.none,
            body: texts.noneBody,
          })
        : html`${dataTable({
            caption: texts.title,
            rows: items,
            key: (payout) => payout.id,
            columns: [
              {
                label: texts.payee,
                cell: (payout) =>
                  html`<b>${payout.payee.displayName}</b><small>${d().staff.roles[payout.payee.kind]}</small>`,
              },
              { label: texts.until, wide: true, cell: (payout) => formatDateShort(payout.periodEnd) },
              { label: texts.gross, end: true, cell: (payout) => money(payout.grossSatang) },
              { label: texts.withholding, end: true, wide: true, cell: (payout) => money(-payout.withholdingSatang) },
              { label: texts.net, end: true, cell: (payout) => html`<b>${money(payout.netSatang)}</b>` },
              {
                label: d().bank.title,
                cell: (payout) =>
                  payout.bankAccount
                    ? html`<span class="num">${bankName(payout.bankAccount.bankCode)} •••• ${payout.bankAccount.last4}</span>`
                    : stateBadge(texts.noBank, 'warning'),
              },
              {
                label: d().common.status,
                cell: (payout) =>
                  html`${stateBadge(texts.states[payout.status], payoutTone[payout.status])}${
                    payout.transferReference ? html`<small class="num">${payout.transferReference}</small>` : nothing
                  }`,
              },
              { label: '', end: true, cell: (payout) => this.#actions(payout) },
            ],
          })}${this.#payouts.moreButton()}`,
    )}`;
  }

  #actions(payout: PayoutView): TemplateResult | typeof nothing {
    const texts = d().payouts;
    if (payout.status === 'paid' || payout.status === 'cancelled') return nothing;
    return html`<span class="desk-actions end-actions">
      ${
        payout.status === 'draft'
          ? html`<button class="btn btn-solid" @click=${() => void this.#approve(payout)}>${texts.approve}</button>`
          : html`<button class="btn btn-solid" @click=${() => void this.#pay(payout)}>${texts.pay}</button>`
      }
      <button class="btn btn-quiet" @click=${() => void this.#cancel(payout)}>${texts.cancel}</button>
    </span>`;
  }

  async #create(): Promise<void> {
    const texts = d().payouts;
    const key = crypto.randomUUID();
    await ask({
      title: texts.create,
      body: texts.createBody,
      action: texts.create,
      run: async () => {
        const { items } = await call<typeof revenue.createPayouts>('POST', '/api/revenue/payouts', {
          body: {},
          idempotencyKey: key,
        });
        toast(texts.created(items.length), { kind: 'success' });
        await this.#payouts.reload();
      },
    });
  }

  #approve(payout: PayoutView): Promise<boolean> {
    return act(async () => {
      const params = { id: payout.id };
      this.#payouts.replace(
        await call<typeof revenue.approvePayout>('POST', '/api/revenue/payouts/:id/approve', { params }),
      );
    }, d().payouts.approved);
  }

  async #pay(payout: PayoutView): Promise<void> {
    const texts = d().payouts;
    await ask({
      title: texts.payTitle(formatMoney(payout.netSatang), payout.payee.displayName),
      body: texts.payBody,
      fields: [
        {
          name: 'reference',
          label: d().refunds.reference,
          hint: d().refunds.referenceHint,
          required: true,
          maxlength: 120,
        },
      ],
      action: texts.pay,
      run: async ({ reference }) => {
        this.#payouts.replace(
          await call<typeof revenue.payPayout>('POST', '/api/revenue/payouts/:id/pay', {
            params: { id: payout.id },
            body: { transferReference: reference ?? '' },
          }),
        );
      },
    });
  }

  async #cancel(payout: PayoutView): Promise<void> {
    const texts = d().payouts;
    await ask({
      title: texts.cancelTitle,
      body: texts.cancelBody,
      action: texts.cancel,
      danger: true,
      run: async () => {
        const params = { id: payout.id };
        this.#payouts.replace(
          await call<typeof revenue.cancelPayout>('POST', '/api/revenue/payouts/:id/cancel', { params }),
        );
      },
    });
  }
}

function bankName(code: string): string {
  const names: Record<string, string> = d().bank.names;
  return names[code] ?? code;
}
