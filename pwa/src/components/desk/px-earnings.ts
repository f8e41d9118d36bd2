import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type * as revenue from '#contracts/http/revenue.ts';
import { type Answer, call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatDateShort, formatMoney, formatNumber } from '../../i18n/format.ts';
import { PxElement } from '../element.ts';
import { namedEvent } from '../event-parts.ts';
import { emptyState } from '../states.ts';
import { barChart } from './chart.ts';
import { dayBars } from './days.ts';
import { Loader } from './loader.ts';
import { dataTable, figure, money, selectField, stateBadge, type Tone } from './parts.ts';

export const payoutTone: Record<revenue.PayoutView['status'], Tone> = {
  draft: 'plain',
  approved: 'warning',
  paid: 'success',
  cancelled: 'plain',
  failed: 'error',
};

const bangkokDay = (daysAgo: number): string =>
  new Date(Date.now() + 7 * 3_600_000 - daysAgo * 86_400_000).toISOString().slice(0, 10);
const ranges = ['30', '90', '365'] as const;

/** Statement, and the certificate of the tax that was withheld. */
export const payoutDocuments = (payout: revenue.PayoutView): TemplateResult => {
  const link = (document: 'statement' | 'certificate', label: string): TemplateResult =>
    html`<a class="nowrap" href="/api/revenue/payouts/${payout.id}/${document}" target="_blank" rel="noopener">${label}</a>`;
  const isTaxed = payout.certificateNumber !== null && payout.status === 'paid';
  return html`<span class="document-links">
    ${link('statement', d().payouts.statement)} ${isTaxed ? link('certificate', d().payouts.certificate) : nothing}
  </span>`;
};

/** What a photographer or organizer earned, is owed and was paid. */
@customElement('px-earnings')
export class PxEarnings extends PxElement {
  /** Where the bank account is entered. */
  @property() bank = '';
  readonly #mine = new Loader<Answer<typeof revenue.myRevenue>>(this, () =>
    call<typeof revenue.myRevenue>('GET', '/api/revenue/mine', {
      query: { from: bangkokDay(Number(this.range) - 1), to: bangkokDay(0) },
    }),
  );
  @state() private range: (typeof ranges)[number] = '30';

  protected override render(): TemplateResult {
    const texts = d().earnings;
    return this.#mine.view((mine) =>
      mine.photosSold === 0 && mine.payouts.length === 0
        ? emptyState({ drawing: 'bag', title: texts.none, body: texts.noneBody })
        : html`<div class="figures">
              ${figure({ label: texts.earned, value: formatMoney(mine.earnedSatang), note: texts.photos(mine.photosSold) })}
              ${figure({ label: texts.owed, value: formatMoney(mine.balanceSatang), note: mine.balanceSatang < 0 ? texts.carried : nothing })}
              ${figure({ label: texts.held, value: formatMoney(mine.heldSatang), note: texts.heldHint })}
              ${figure({ label: texts.available, value: formatMoney(mine.availableSatang), note: texts.availableHint })}
              ${mine.inPayoutSatang > 0 ? figure({ label: texts.inPayout, value: formatMoney(mine.inPayoutSatang) }) : nothing}
              ${figure({ label: texts.paidOut, value: formatMoney(mine.paidOutSatang) })}
            </div>
            <section class="desk-section">
              <div class="spread">
                <h2>${texts.chart}</h2>
                ${selectField({
                  name: 'range',
                  label: d().revenue.range,
                  hideLabel: true,
                  value: this.range,
                  options: ranges.map((value) => ({ value, label: d().revenue.lastDays(Number(value)) })),
                  onChange: (value) => {
                    this.range = value as typeof this.range;
                    void this.#mine.reload();
                  },
                })}
              </div>
              ${barChart({
                label: texts.chart,
                bars: dayBars(mine.from, mine.to, mine.days, (day) => day.earnedSatang),
                format: formatMoney,
                height: 180,
              })}
            </section>
            <div class="desk-grid">
              <section class="desk-section">
                <h2>${texts.byEvent}</h2>
                ${dataTable({
                  caption: texts.byEvent,
                  rows: mine.events,
                  key: (row) => row.eventId,
                  columns: [
                    { label: d().common.event, cell: (row) => namedEvent(row) },
                    { label: d().common.photos, end: true, cell: (row) => formatNumber(row.photos) },
                    { label: texts.earnedShort, end: true, cell: (row) => money(row.earnedSatang) },
                  ],
                })}
              </section>
              <section class="desk-section">
                <h2>${texts.payouts}</h2>
                ${
                  mine.payouts.length === 0
                    ? html`<p class="soft">${texts.noPayouts} <a href=${this.bank}>${texts.bankLink}</a></p>`
                    : dataTable({
                        caption: texts.payouts,
                        rows: mine.payouts,
                        key: (row) => row.id,
                        columns: [
                          { label: d().common.date, cell: (row) => formatDateShort(row.paidAt ?? row.createdAt) },
                          { label: d().common.amount, end: true, cell: (row) => money(row.netSatang) },
                          {
                            label: d().common.status,
                            end: true,
                            cell: (row) => stateBadge(d().payouts.states[row.status], payoutTone[row.status]),
                          },
                          { label: d().payouts.documents, end: true, cell: payoutDocuments },
                        ],
                      })
                }
              </section>
            </div>`,
    );
  }
}
