import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type * as payment from '#contracts/http/payment.ts';
import type { RefundView } from '#contracts/http/payment.ts';
import { ask } from '../../components/desk/ask.ts';
import { bankName } from '../../components/desk/bank-name.ts';
import { Loader, Pager } from '../../components/desk/loader.ts';
import { dataTable, money, pageHead, queryTabs, stateBadge, type Tone } from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { emptyState } from '../../components/states.ts';
import { type Answer, call, type ItemOf } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateShort, formatDateTime, formatMoney } from '../../i18n/format.ts';
import { FilteredPage } from './filtered.ts';
import './px-money-cases.ts';
import { orderTabs } from './px-admin-orders.ts';

type Refund = ItemOf<typeof payment.listRefunds>;
type Review = ItemOf<typeof payment.listPaymentReviews>;
export const refundTone: Record<RefundView['status'], Tone> = {
  requested: 'warning',
  approved: 'warning',
  rejected: 'plain',
  transferred: 'success',
};
const statuses = ['requested', 'approved', 'transferred', 'rejected'] as const;

/** What the buyer wrote; of money that fitted nothing and goes back, what it was. */
function reasonOf({ reason }: Refund): string {
  const kinds: Record<string, string> = d().reviews.kinds;
  return kinds[/^payment ([a-z]+)$/.exec(reason)?.[1] ?? ''] ?? reason;
}

@customElement('px-admin-refunds')
export class PxAdminRefunds extends FilteredPage {
  protected readonly filters = ['status'];
  readonly #refunds = new Pager<Refund>(this, (cursor) =>
    call<typeof payment.listRefunds>('GET', '/api/admin/refunds', {
      query: { status: this.filter('status'), limit: 50, cursor },
    }),
  );

  protected refresh(): void {
    void this.#refunds.reload({ fresh: true });
  }

  protected override render(): TemplateResult {
    const texts = d().refunds;
    return html`${pageHead({ title: texts.title, lead: texts.lead })} ${orderTabs()}
      ${queryTabs(
        'status',
        [{ value: '', label: d().common.all }, ...statuses.map((value) => ({ value, label: texts.states[value] }))],
        d().common.filter,
      )}
      ${this.#refunds.view(({ items }) =>
        items.length === 0
          ? emptyState({ drawing: 'bag', title: this.filter('status') ? d().common.noMatch : texts.none })
          : html`${dataTable({
              caption: texts.title,
              rows: items,
              key: (refund) => refund.id,
              columns: [
                {
                  label: d().orders.number,
                  cell: (refund) =>
                    html`<a class="num" href="/admin/orders/${refund.orderId}">${refund.orderNumber}</a><small>${refund.email}</small>`,
                },
                { label: d().common.date, cell: (refund) => formatDateShort(refund.createdAt) },
                { label: texts.reason, cell: (refund) => html`<span class="reason">${reasonOf(refund)}</span>` },
                {
                  label: d().common.amount,
                  end: true,
                  cell: (refund) =>
                    html`${money(refund.amountSatang)}<small class="num">${texts.ofTotal(formatMoney(refund.orderTotalSatang))}</small>`,
                },
                {
                  label: d().common.status,
                  cell: (refund) => html`${stateBadge(texts.states[refund.status], refundTone[refund.status])}
                    <small>${
                      refund.needsSecondApproval
                        ? texts.needsSecond(refund.decidedByName ?? '')
                        : (refund.transferReference ?? refund.decisionNote ?? '')
                    }</small>`,
                },
                { label: '', end: true, cell: (refund) => this.#actions(refund) },
              ],
            })}${this.#refunds.moreButton()}`,
      )}`;
  }

  #actions(refund: Refund): TemplateResult | typeof nothing {
    const texts = d().refunds;
    if (refund.status === 'requested' || refund.needsSecondApproval)
      return html`<span class="desk-actions end-actions">
        <button class="btn btn-solid" @click=${() => void this.#decide(refund, 'approve')}>
          ${refund.needsSecondApproval ? texts.approveToo : texts.approve}
        </button>
        <button class="btn btn-line" @click=${() => void this.#decide(refund, 'reject')}>${texts.reject}</button>
      </span>`;
    if (refund.status === 'approved')
      return html`<span class="desk-actions end-actions">
        ${
          refund.canSend
            ? html`<button class="btn btn-solid" @click=${() => void this.#send(refund)}>${texts.send}</button>`
            : nothing
        }
        <button class="btn ${refund.canSend ? 'btn-line' : 'btn-solid'}" @click=${() => void this.#transfer(refund)}>
          ${texts.transfer}
        </button>
      </span>`;
    return nothing;
  }

  async #decide(refund: Refund, decision: 'approve' | 'reject'): Promise<void> {
    const texts = d().refunds;
    await ask({
      title: decision === 'approve' ? texts.approveTitle(formatMoney(refund.amountSatang)) : texts.rejectTitle,
      body: decision === 'approve' ? texts.approveBody : reasonOf(refund),
      fields: [{ name: 'note', label: texts.note, kind: 'area', maxlength: 1000 }],
      action: decision === 'approve' ? texts.approve : texts.reject,
      danger: decision === 'reject',
      run: async ({ note }) => {
        this.#refunds.replace(
          await call<typeof payment.decideRefund>('POST', '/api/admin/refunds/:id/decide', {
            params: { id: refund.id },
            body: { decision, note: note || undefined },
          }),
        );
      },
    });
  }

  async #send(refund: Refund): Promise<void> {
    const texts = d().refunds;
    await ask({
      title: texts.sendTitle(formatMoney(refund.amountSatang)),
      body: texts.sendBody,
      action: texts.send,
      run: async () => {
        const params = { id: refund.id };
        this.#refunds.replace(await call<typeof payment.sendRefund>('POST', '/api/admin/refunds/:id/send', { params }));
      },
    });
  }

  async #transfer(refund: Refund): Promise<void> {
    const texts = d().refunds;
    const { payee } = refund;
    await ask({
      title: texts.transferTitle(formatMoney(refund.amountSatang)),
      body: payee
        ? html`<p>${texts.transferTo}</p>
          <p><b class="num">${payee.accountNumber}</b><br />${payee.accountName} · ${bankName(payee.bankCode)}</p>`
        : texts.noPayee(refund.email),
      fields: [
        { name: 'reference', label: texts.reference, required: true, maxlength: 120, hint: texts.referenceHint },
      ],
      action: texts.transferred,
      run: async ({ reference }) => {
        this.#refunds.replace(
          await call<typeof payment.transferRefund>('POST', '/api/admin/refunds/:id/transfer', {
            params: { id: refund.id },
            body: { transferReference: reference ?? '' },
          }),
        );
      },
    });
  }
}

/** Money that came too late, too short, too much, twice, or for nobody, and what the bank did not show: one click each. */
@customElement('px-admin-reviews')
export class PxAdminReviews extends PxElement {
  readonly #reviews = new Loader<Answer<typeof payment.listPaymentReviews>>(this, () =>
    call<typeof payment.listPaymentReviews>('GET', '/api/admin/payment-reviews', { query: { limit: 100 } }),
  );

  protected override render(): TemplateResult {
    const texts = d().reviews;
    return html`${pageHead({ title: texts.title, lead: texts.lead })} ${orderTabs()}
      <px-money-cases></px-money-cases>
    ${this.#reviews.view(({ items }) =>
      items.length === 0
        ? html`<p class="soft">${texts.none}. ${texts.noneBody}</p>`
        : html`<ul class="review-list">
            ${items.map((review) => this.#review(review))}
          </ul>`,
    )}`;
  }

  #review(review: Review): TemplateResult {
    const texts = d().reviews;
    const kind = review.review ?? 'unmatched';
    return html`<li class="desk-card">
      <div class="spread">
        <h2>${texts.kinds[kind]}</h2>
        ${review.resolution ? stateBadge(texts.resolved, 'success') : stateBadge(texts.open, 'warning')}
      </div>
      <p>${texts.explain[kind]}</p>
      <dl class="desk-facts">
        <dt>${d().orders.number}</dt>
        <dd><a class="num" href="/admin/orders/${review.orderId}">${review.orderNumber}</a> · ${review.email}</dd>
        <dt>${d().orders.payable}</dt>
        <dd class="num">${formatMoney(review.amountSatang)}</dd>
        <dt>${d().orders.received}</dt>
        <dd class="num">${review.paidSatang === null ? '–' : formatMoney(review.paidSatang)}</dd>
        ${review.paidAt ? html`<dt>${d().orders.paidAt}</dt><dd class="num">${formatDateTime(review.paidAt)}</dd>` : nothing}
      </dl>
      ${review.resolution ? html`<p class="small soft">${review.resolution}</p>` : nothing}
      <div class="desk-actions">
        ${review.actions.map(
          (
            action,
            index,
          ) => html`<button class="btn ${index === 0 ? 'btn-solid' : 'btn-line'}" @click=${() => void this.#resolve(review, action)}>
            ${texts.actions[action]}
          </button>`,
        )}
      </div>
    </li>`;
  }

  async #resolve(review: Review, action: Review['actions'][number]): Promise<void> {
    const texts = d().reviews;
    // Of this question, not of this payment: after a second person's no the same is decided anew.
    const idempotencyKey = crypto.randomUUID();
    await ask({
      title: texts.actions[action],
      body: texts.effects[action],
      fields: [{ name: 'note', label: d().refunds.note, kind: 'area', maxlength: 1000 }],
      action: texts.actions[action],
      run: async ({ note }) => {
        await call<typeof payment.resolvePaymentReview>('POST', '/api/admin/payment-reviews/:id/resolve', {
          params: { id: review.id },
          body: { action, note: note || undefined },
          idempotencyKey,
        });
        await this.#reviews.reload();
      },
    });
  }
}
