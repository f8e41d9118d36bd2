import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type * as revenue from '#contracts/http/revenue.ts';
import { barChart } from '../../components/desk/chart.ts';
import { dayBars } from '../../components/desk/days.ts';
import { Loader } from '../../components/desk/loader.ts';
import { dataTable, figure, linkTabs, money, pageHead, selectField, withQuery } from '../../components/desk/parts.ts';
import { namedEvent } from '../../components/event-parts.ts';
import { vars } from '../../components/vars.ts';
import { navigate } from '../../context/router.ts';
import { type Answer, call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatMoney, formatNumber } from '../../i18n/format.ts';
import { FilteredPage } from './filtered.ts';
import { editTax } from './payee-tax.ts';

export const revenueTabs = (): TemplateResult =>
  linkTabs(
    [
      { href: '/admin/revenue', label: d().revenue.reports },
      { href: '/admin/revenue/rules', label: d().rules.title },
      { href: '/admin/revenue/payouts', label: d().payouts.title },
      { href: '/admin/revenue/withholding', label: d().withholding.title },
    ],
    d().revenue.title,
  );

const bangkokDay = (daysAgo: number): string =>
  new Date(Date.now() + 7 * 3_600_000 - daysAgo * 86_400_000).toISOString().slice(0, 10);
const ranges = { '7': 6, '30': 29, '90': 89, '365': 364 } as const;

@customElement('px-admin-revenue')
export class PxAdminRevenue extends FilteredPage {
  protected readonly filters = ['range'];
  readonly #summary = new Loader<Answer<typeof revenue.revenueSummary>>(this, () =>
    call<typeof revenue.revenueSummary>('GET', '/api/revenue/summary', {
      query: {
        from: bangkokDay(ranges[this.filter('range') as keyof typeof ranges] ?? ranges['30']),
        to: bangkokDay(0),
      },
    }),
  );
  readonly #photographers = new Loader<Answer<typeof revenue.photographerRevenue>>(this, () =>
    call<typeof revenue.photographerRevenue>('GET', '/api/revenue/photographers', { query: { limit: 100 } }),
  );

  protected refresh(): void {
    void this.#summary.reload();
  }

  protected override render(): TemplateResult {
    const texts = d().revenue;
    return html`${pageHead({
      title: texts.title,
      actions: selectField({
        name: 'range',
        label: texts.range,
        hideLabel: true,
        value: this.filter('range') || '30',
        options: Object.keys(ranges).map((value) => ({ value, label: texts.lastDays(Number(value)) })),
        onChange: (range) => navigate(withQuery({ range }), { replace: true }),
      }),
    })}
    ${revenueTabs()} ${this.#summary.view((summary) => this.#view(summary))}
    <section class="desk-section">
      <h2>${texts.owed}</h2>
      ${this.#photographers.view(({ items }) =>
        items.length === 0
          ? html`<p class="soft">${texts.noPhotographers}</p>`
          : dataTable({
              caption: texts.owed,
              rows: items,
              key: (row) => row.photographerId,
              open: (row) => void editTax('photographer', row.photographerId),
              columns: [
                { label: d().numbers.photographer, cell: (row) => row.displayName },
                { label: d().numbers.sold, end: true, cell: (row) => formatNumber(row.photosSold) },
                { label: d().earnings.earnedShort, end: true, cell: (row) => money(row.earnedSatang) },
                { label: d().earnings.paidOut, end: true, cell: (row) => money(row.paidOutSatang) },
                { label: d().earnings.owed, end: true, cell: (row) => money(row.balanceSatang) },
                { label: d().earnings.held, end: true, wide: true, cell: (row) => money(row.heldSatang) },
                { label: d().earnings.available, end: true, cell: (row) => money(row.availableSatang) },
              ],
            }),
      )}
    </section>`;
  }

  #view({
    from,
    to,
    totals,
    days,
    events,
    photographers,
    balances,
  }: Answer<typeof revenue.revenueSummary>): TemplateResult {
    const texts = d().revenue;
    const shares = [totals.platformSatang, totals.photographerSatang, totals.organizerSatang] as const;
    return html`<div class="stack">
      <div class="figures">
        ${figure({ label: texts.gross, value: formatMoney(totals.grossSatang), note: grossNote(totals) })}
        ${figure({ label: texts.platform, value: formatMoney(totals.platformSatang), mark: 1 })}
        ${figure({ label: texts.photographers, value: formatMoney(totals.photographerSatang), mark: 2 })}
        ${figure({ label: texts.organizers, value: formatMoney(totals.organizerSatang), mark: 3 })}
        ${figure({ label: texts.orders, value: formatNumber(totals.orders), note: texts.photos(totals.photos) })}
      </div>
      ${
        totals.grossSatang > 0
          ? html`<div class="share-bar" role="img" aria-label=${texts.shares}>
            ${shares.map((value) => html`<span ${vars({ '--share': String(Math.max(0, value)) })}></span>`)}
          </div>`
          : nothing
      }
      ${barChart({
        label: texts.byDay,
        bars: dayBars(from, to, days, (day) => day.grossSatang),
        format: formatMoney,
        height: 200,
      })}
      <div class="desk-two">
        <section class="desk-section">
          <h2>${texts.byEvent}</h2>
          ${
            events.length === 0
              ? html`<p class="soft">${texts.noSales}</p>`
              : dataTable({
                  caption: texts.byEvent,
                  rows: events,
                  key: (row) => row.eventId,
                  href: (row) => `/admin/events/${row.eventId}`,
                  columns: [
                    { label: d().common.event, cell: (row) => namedEvent(row) },
                    { label: texts.gross, end: true, cell: (row) => money(row.grossSatang) },
                    { label: texts.platform, end: true, wide: true, cell: (row) => money(row.platformSatang) },
                    { label: texts.photographers, end: true, wide: true, cell: (row) => money(row.photographerSatang) },
                    { label: texts.organizers, end: true, wide: true, cell: (row) => money(row.organizerSatang) },
                  ],
                })
          }
        </section>
        <section class="desk-section">
          <h2>${texts.byPhotographer}</h2>
          ${
            photographers.length === 0
              ? html`<p class="soft">${texts.noSales}</p>`
              : dataTable({
                  caption: texts.byPhotographer,
                  rows: photographers,
                  key: (row) => row.photographerId,
                  columns: [
                    { label: d().numbers.photographer, cell: (row) => row.displayName },
                    {
                      label: texts.shareOfAll,
                      wide: true,
                      cell: (row) =>
                        html`<span class="share-line" ${vars({ '--share': String(shareOf(row.earnedSatang, photographers)) })}></span>`,
                    },
                    { label: d().numbers.sold, end: true, cell: (row) => formatNumber(row.photos) },
                    { label: d().earnings.earnedShort, end: true, cell: (row) => money(row.earnedSatang) },
                  ],
                })
          }
        </section>
        <section class="desk-section">
          <h2>${texts.balances}</h2>
          ${dataTable({
            caption: texts.balances,
            rows: balances,
            key: (row) => row.code,
            columns: [
              { label: texts.account, cell: (row) => accountName(row.code) },
              { label: d().common.amount, end: true, cell: (row) => money(natural(row)) },
            ],
          })}
        </section>
      </div>
    </div>`;
  }
}

/** 0 to 1 of the largest, for a bar. */
const shareOf = (satang: number, rows: readonly { earnedSatang: number }[]): number =>
  Math.max(0, satang) / Math.max(1, ...rows.map((row) => row.earnedSatang));

/** What the gross figure holds besides the shares; the gateway asks for single satang to tell payments apart. */
function grossNote(totals: Pick<Answer<typeof revenue.revenueSummary>['totals'], 'refundedSatang' | 'satangExtra'>) {
  const texts = d().revenue;
  const notes = [
    totals.refundedSatang > 0 ? texts.refunded(formatMoney(totals.refundedSatang)) : '',
    totals.satangExtra > 0 ? texts.satangExtra(formatMoney(totals.satangExtra)) : '',
  ].filter(Boolean);
  return notes.length > 0 ? notes.join(' · ') : nothing;
}

/** Balances as one speaks of them: what is owed and earned counts up too. */
const natural = ({ kind, balanceSatang }: { kind: string; balanceSatang: number }): number =>
  kind === 'asset' || kind === 'expense' || balanceSatang === 0 ? balanceSatang : -balanceSatang;

function accountName(code: string): string {
  const names: Record<string, string> = d().revenue.accounts;
  return names[code] ?? code;
}
