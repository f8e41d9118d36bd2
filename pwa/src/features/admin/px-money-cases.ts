import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type * as payment from '#contracts/http/payment.ts';
import type { MoneyCaseView } from '#contracts/http/payment.ts';
import { type AskField, ask } from '../../components/desk/ask.ts';
import { bankName, bankOptions } from '../../components/desk/bank-name.ts';
import { Pager } from '../../components/desk/loader.ts';
import { stateBadge } from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateTime, formatMoney } from '../../i18n/format.ts';

type Status = MoneyCaseView['status'];
type Action = MoneyCaseView['actions'][number];
const statuses = ['open', 'returning', 'parked', 'resolved'] as const;

/** Money that fits no payment, and payments that the bank did not show: what it is, and what can be done. */
@customElement('px-money-cases')
export class PxMoneyCases extends PxElement {
  @state() private status: Status = 'open';
  readonly #cases = new Pager<MoneyCaseView>(this, (cursor) =>
    call<typeof payment.listMoneyCases>('GET', '/api/admin/money-cases', {
      query: { status: this.status, limit: 50, cursor },
    }),
  );

  protected override render(): TemplateResult {
    const texts = d().cases;
    const labels: Record<Status, string> = {
      open: texts.open,
      returning: texts.returning,
      parked: texts.parked,
      resolved: texts.done,
    };
    return html`<div class="desk-tabs" role="group" aria-label=${texts.label}>
        ${statuses.map(
          (status) => html`<button
            aria-pressed=${status === this.status ? 'true' : 'false'}
            @click=${() => this.#show(status)}
          >
            ${labels[status]}
          </button>`,
        )}
      </div>
      ${this.#cases.view(({ items }) =>
        items.length === 0
          ? html`<p class="soft">${texts.none}</p>`
          : html`<ul class="review-list">
                ${items.map((item) => this.#case(item, labels[item.status]))}
              </ul>
              ${this.#cases.moreButton()}`,
      )}`;
  }

  #show(status: Status): void {
    this.status = status;
    void this.#cases.reload({ fresh: true });
  }

  #case(item: MoneyCaseView, label: string): TemplateResult {
    const texts = d().cases;
    const badge = item.outcome && item.status === 'resolved' ? texts.outcomes[item.outcome] : label;
    return html`<li class="desk-card">
      <div class="spread">
        <h2>${texts.kinds[item.kind]}</h2>
        ${stateBadge(badge, item.status === 'resolved' ? 'success' : 'warning')}
      </div>
      <p>${texts.explain[item.kind]}</p>
      <dl class="desk-facts">
        <dt>${item.kind === 'bank_differs' ? texts.difference : d().common.amount}</dt>
        <dd class="num"><b>${formatMoney(item.kind === 'bank_differs' ? item.differenceSatang : item.amountSatang)}</b></dd>
        ${
          item.orderId
            ? html`<dt>${d().orders.number}</dt>
              <dd><a class="num" href="/admin/orders/${item.orderId}">${item.orderNumber}</a></dd>`
            : nothing
        }
        ${item.transId ? html`<dt>${d().orders.transId}</dt><dd class="num">${item.transId}</dd>` : nothing}
        ${
          item.arrivedAt
            ? html`<dt>${d().reconciliation.row}</dt>
              <dd class="num">${formatDateTime(item.arrivedAt)} · ${item.source}</dd>`
            : html`<dt>${d().common.date}</dt><dd class="num">${formatDateTime(item.openedAt)}</dd>`
        }
        ${
          item.payee
            ? html`<dt>${d().refunds.transferTo}</dt>
              <dd><span class="num">${item.payee.accountNumber}</span> · ${item.payee.accountName} · ${bankName(item.payee.bankCode)}</dd>`
            : nothing
        }
        ${item.transferReference ? html`<dt>${d().refunds.reference}</dt><dd class="num">${item.transferReference}</dd>` : nothing}
      </dl>
      ${item.note ? html`<p class="small soft">${item.note}</p>` : nothing}
      ${item.needsSecondApproval ? html`<p class="small"><b>${texts.needsSecond(item.proposedBy ?? '')}</b></p>` : nothing}
      <div class="desk-actions">
        ${item.actions.map(
          (action, index) => html`<button
            class="btn ${index === 0 ? 'btn-solid' : 'btn-line'}"
            @click=${() => void this.#resolve(item, action)}
          >
            ${texts.actions[action]}
          </button>`,
        )}
        ${
          item.status === 'returning'
            ? html`<button class="btn btn-solid" @click=${() => void this.#transfer(item)}>${d().refunds.transfer}</button>`
            : nothing
        }
      </div>
    </li>`;
  }

  async #resolve(item: MoneyCaseView, action: Action): Promise<void> {
    const texts = d().cases;
    const note: AskField = { name: 'note', label: d().refunds.note, kind: 'area', maxlength: 1000 };
    const order: AskField = { name: 'order', label: texts.orderNumber, required: true, maxlength: 60 };
    const payee: AskField[] = [
      { name: 'bankCode', label: texts.payeeBank, kind: 'select', value: '004', options: bankOptions() },
      { name: 'accountName', label: texts.payeeName, maxlength: 120 },
      { name: 'accountNumber', label: texts.payeeNumber, maxlength: 20, inputmode: 'numeric' },
    ];
    const more = action === 'attach' ? [order] : action === 'return' && !item.payee ? payee : [];
    await ask({
      title: `${texts.actions[action]}: ${formatMoney(item.amountSatang)}`,
      body: texts.effects[action],
      fields: [...more, note],
      action: texts.actions[action],
      danger: action === 'write_off',
      run: async (values) => {
        const { bankCode = '', accountName = '', accountNumber = '' } = values;
        await call<typeof payment.resolveMoneyCase>('POST', '/api/admin/money-cases/:id/resolve', {
          params: { id: item.id },
          body: {
            action,
            note: values.note || undefined,
            order: values.order || undefined,
            payee: accountNumber ? { bankCode, accountName, accountNumber } : undefined,
          },
        });
        await this.#cases.reload();
      },
    });
  }

  async #transfer(item: MoneyCaseView): Promise<void> {
    const texts = d().refunds;
    await ask({
      title: texts.transferTitle(formatMoney(item.amountSatang)),
      fields: [
        { name: 'reference', label: texts.reference, required: true, maxlength: 120, hint: texts.referenceHint },
      ],
      action: texts.transferred,
      run: async ({ reference }) => {
        await call<typeof payment.transferMoneyCase>('POST', '/api/admin/money-cases/:id/transfer', {
          params: { id: item.id },
          body: { transferReference: reference ?? '' },
        });
        await this.#cases.reload();
      },
    });
  }
}
