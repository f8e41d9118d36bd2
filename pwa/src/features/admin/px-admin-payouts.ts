import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type * as revenue from '#contracts/http/revenue.ts';
import type { PayoutView } from '#contracts/http/revenue.ts';
import { ask } from '../../components/desk/ask.ts';
import { bankName } from '../../components/desk/bank-name.ts';
import { Pager } from '../../components/desk/loader.ts';
import { act, dataTable, money, pageHead, queryTabs, stateBadge, withQuery } from '../../components/desk/parts.ts';
import { payoutDocuments, payoutTone } from '../../components/desk/px-earnings.ts';
import { icon } from '../../components/px-icon.ts';
import { emptyState } from '../../components/states.ts';
import { navigate } from '../../context/router.ts';
import { toast } from '../../context/toasts.ts';
import { call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateShort, formatMoney } from '../../i18n/format.ts';
import { FilteredPage } from './filtered.ts';
import { editTax } from './payee-tax.ts';
import { revenueTabs } from './px-admin-revenue.ts';

const statuses = ['draft', 'approved', 'paid', 'failed', 'cancelled'] as const;
const bangkokToday = (): string => new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, 10);

/** Payouts: a batch of drafts, each approved, then paid with the bank's reference. */
@customElement('px-admin-payouts')
export class PxAdminPayouts extends FilteredPage {
  protected readonly filters = ['status', 'batch'];
  readonly #payouts = new Pager<PayoutView>(this, (cursor) =>
    call<typeof revenue.listPayouts>('GET', '/api/revenue/payouts', {
      query: { status: this.filter('status'), batchId: this.filter('batch') || undefined, limit: 100, cursor },
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
    ${this.filter('batch') ? this.#batch() : nothing}
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
              {
                label: texts.number,
                cell: (payout) =>
                  html`<span class="num nowrap">${payout.number}</span>${
                    this.filter('batch')
                      ? nothing
                      : html`<small class="nowrap"><a href=${withQuery({ batch: payout.batchId })}>${texts.batch} ${formatDateShort(payout.createdAt)}</a></small>`
                  }`,
              },
              { label: texts.gross, end: true, wide: true, cell: (payout) => money(payout.grossSatang) },
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
                  html`${stateBadge(texts.states[payout.status], payoutTone[payout.status])}${stateNotes(payout).map(
                    (note) => html`<small class="num">${note}</small>`,
                  )}${isOver(payout) ? nothing : payoutDocuments(payout)}`,
              },
              { label: '', end: true, cell: (payout) => this.#actions(payout) },
            ],
          })}${this.#payouts.moreButton()}`,
    )}`;
  }

  /** One batch: what it comes to, and its steps for all at once. */
  #batch(): TemplateResult {
    const texts = d().payouts;
    const items = this.#payouts.items.filter((payout) => payout.status !== 'cancelled' && payout.status !== 'failed');
    const sum = (of: (payout: PayoutView) => number): string =>
      formatMoney(items.reduce((total, payout) => total + of(payout), 0));
    const has = (status: PayoutView['status']): boolean => items.some((payout) => payout.status === status);
    const canPay = items.some((payout) => payout.status === 'approved' && payout.exportedAt);
    const canExport = items.some(
      (payout) => payout.bankAccount && (payout.status === 'approved' || payout.status === 'paid'),
    );
    const id = this.filter('batch');
    return html`<section class="desk-card batch">
      <p class="spread">
        <b class="num">${texts.sum(
          items.length,
          sum((one) => one.grossSatang),
          sum((one) => one.netSatang),
        )}</b>
        <a class="nowrap" href=${withQuery({ batch: '' })}>${texts.allBatches}</a>
      </p>
      <div class="desk-actions">
        ${has('draft') ? html`<button class="btn btn-solid" @click=${() => void this.#approveAll(id)}>${texts.approveAll}</button>` : nothing}
        ${
          canExport
            ? html`<a
                class="btn btn-line"
                href="/api/revenue/payouts/batches/${id}/bank-file"
                download
                @click=${() => setTimeout(() => void this.#payouts.reload(), 1_500)}
                >${icon('download')}${texts.bankFile}</a
              >`
            : nothing
        }
        ${canPay ? html`<button class="btn btn-line" @click=${() => void this.#payAll(id)}>${texts.payAll}</button>` : nothing}
      </div>
    </section>`;
  }

  #actions(payout: PayoutView): TemplateResult | typeof nothing {
    const texts = d().payouts;
    if (payout.status === 'cancelled' || payout.status === 'failed') return nothing;
    const isPaid = payout.status === 'paid';
    const button = (label: string, run: () => unknown, look = 'btn-quiet'): TemplateResult =>
      html`<button class="btn ${look}" @click=${() => void run()}>${label}</button>`;
    return html`<span class="desk-actions end-actions many">
      ${
        payout.status === 'draft'
          ? button(
              payout.needsSecondApproval ? texts.approveSecond : texts.approve,
              () => this.#approve(payout),
              'btn-solid',
            )
          : nothing
      }
      ${payout.status === 'approved' ? button(texts.pay, () => this.#pay(payout), 'btn-solid') : nothing}
      ${payout.status === 'draft' ? nothing : button(texts.fail, () => this.#fail(payout))}
      ${isPaid ? nothing : button(texts.tax, () => editTax(payout.payee.kind, payout.payee.id))}
      ${isPaid || payout.exportedAt ? nothing : button(texts.cancel, () => this.#cancel(payout))}
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
        const { items, batchId } = await call<typeof revenue.createPayouts>('POST', '/api/revenue/payouts', {
          body: {},
          idempotencyKey: key,
        });
        toast(texts.created(items.length), { kind: 'success' });
        navigate(withQuery({ batch: batchId, status: '' }));
      },
    });
  }

  async #approve(payout: PayoutView): Promise<void> {
    await act(async () => {
      const params = { id: payout.id };
      const now = await call<typeof revenue.approvePayout>('POST', '/api/revenue/payouts/:id/approve', { params });
      this.#payouts.replace(now);
      toast(now.status === 'approved' ? d().payouts.approved : d().payouts.waitsForSecond, { kind: 'success' });
    });
  }

  async #approveAll(id: string): Promise<void> {
    await act(async () => {
      const path = '/api/revenue/payouts/batches/:id/approve';
      const { items } = await call<typeof revenue.approvePayoutBatch>('POST', path, { params: { id } });
      const isWaiting = items.some((payout) => payout.needsSecondApproval);
      toast(isWaiting ? d().payouts.waitsForSecond : d().payouts.approved, { kind: 'success' });
      await this.#payouts.reload();
    });
  }

  #transferFields() {
    const texts = d().payouts;
    return [
      {
        name: 'reference',
        label: d().refunds.reference,
        hint: d().refunds.referenceHint,
        required: true,
        maxlength: 120,
      },
      { name: 'day', label: texts.transferredOn, value: bangkokToday(), hint: 'YYYY-MM-DD', maxlength: 10 },
    ];
  }

  async #pay(payout: PayoutView): Promise<void> {
    const texts = d().payouts;
    await ask({
      title: texts.payTitle(formatMoney(payout.netSatang), payout.payee.displayName),
      body: texts.payBody,
      fields: this.#transferFields(),
      action: texts.pay,
      run: async ({ reference, day }) => {
        this.#payouts.replace(
          await call<typeof revenue.payPayout>('POST', '/api/revenue/payouts/:id/pay', {
            params: { id: payout.id },
            body: { transferReference: reference ?? '', transferredOn: day || undefined },
          }),
        );
      },
    });
  }

  async #payAll(id: string): Promise<void> {
    const texts = d().payouts;
    await ask({
      title: texts.payAll,
      body: texts.payAllBody,
      fields: this.#transferFields(),
      action: texts.payAll,
      run: async ({ reference, day }) => {
        const path = '/api/revenue/payouts/batches/:id/pay';
        const { done } = await call<typeof revenue.payPayoutBatch>('POST', path, {
          params: { id },
          body: { transferReference: reference ?? '', transferredOn: day || undefined },
        });
        toast(texts.done(done), { kind: 'success' });
        await this.#payouts.reload();
      },
    });
  }

  async #fail(payout: PayoutView): Promise<void> {
    const texts = d().payouts;
    await ask({
      title: texts.failTitle,
      body: texts.failBody,
      fields: [{ name: 'reason', label: texts.reason, required: true, maxlength: 300 }],
      action: texts.fail,
      danger: true,
      run: async ({ reason }) => {
        this.#payouts.replace(
          await call<typeof revenue.failPayout>('POST', '/api/revenue/payouts/:id/fail', {
            params: { id: payout.id },
            body: { reason: reason ?? '' },
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

const isOver = (payout: PayoutView): boolean => payout.status === 'cancelled' || payout.status === 'draft';

/** What there is to say beside the state. */
function stateNotes(payout: PayoutView): string[] {
  const texts = d().payouts;
  return [
    payout.needsSecondApproval ? texts.needsSecond(payout.approvedBy ?? '') : '',
    payout.status === 'approved' && payout.exportedAt ? `${texts.inFile} ${formatDateShort(payout.exportedAt)}` : '',
    payout.transferReference ?? '',
    payout.certificateNumber ?? '',
    payout.failure ?? '',
  ].filter(Boolean);
}
