import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type * as revenue from '#contracts/http/revenue.ts';
import { Loader } from '../../components/desk/loader.ts';
import { dataTable, figure, money, pageHead, selectField, withQuery } from '../../components/desk/parts.ts';
import { icon } from '../../components/px-icon.ts';
import { emptyState } from '../../components/states.ts';
import { navigate } from '../../context/router.ts';
import { type Answer, call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatDate, formatDateShort, formatMoney, formatMonth, formatNumber } from '../../i18n/format.ts';
import { FilteredPage } from './filtered.ts';
import { revenueTabs } from './px-admin-revenue.ts';

type Report = Answer<typeof revenue.withholdingReport>;
type Item = Report['items'][number];
const forms = ['pnd3', 'pnd53'] as const;
const monthsShown = 18;

/** "2026-11", counted back from this month in Bangkok. */
function monthAgo(months: number): string {
  const now = new Date(Date.now() + 7 * 3_600_000);
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 1)).toISOString().slice(0, 7);
}
/** Returns are filed by the 7th of the next month. */
const dueDay = (month: string): Date => {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year, number, 7));
};

/** Withheld tax of a month for the accountant: certificates (50 Tawi), and the attachments of P.N.D. 3 and 53. */
@customElement('px-admin-withholding')
export class PxAdminWithholding extends FilteredPage {
  protected readonly filters = ['month'];
  readonly #report = new Loader<Report>(this, () =>
    call<typeof revenue.withholdingReport>('GET', '/api/revenue/withholding', { query: { month: this.#month } }),
  );

  /** Filed now: the month before, unless another one is asked for. */
  get #month(): string {
    return this.filter('month') || monthAgo(1);
  }

  protected refresh(): void {
    void this.#report.reload({ fresh: true });
  }

  protected override render(): TemplateResult {
    const texts = d().withholding;
    return html`${pageHead({
      title: d().revenue.title,
      actions: selectField({
        name: 'month',
        label: texts.month,
        hideLabel: true,
        value: this.#month,
        options: Array.from({ length: monthsShown }, (_, i) => monthAgo(i)).map((value) => ({
          value,
          label: formatMonth(`${value}-01T00:00:00+07:00`),
        })),
        onChange: (month) => navigate(withQuery({ month }), { replace: true }),
      }),
    })}
    ${revenueTabs()}
    <p class="soft">${texts.lead} ${texts.due(formatDate(dueDay(this.#month).toISOString()))}</p>
    ${this.#report.view((report) =>
      report.items.length === 0
        ? emptyState({ drawing: 'bag', title: texts.none, body: texts.noneBody })
        : this.#page(report),
    )}`;
  }

  #page({ month, items }: Report): TemplateResult {
    const texts = d().withholding;
    const sum = (form: Item['form']): number =>
      items.filter((item) => item.form === form).reduce((total, item) => total + item.withholdingSatang, 0);
    const count = (form: Item['form']): number => items.filter((item) => item.form === form).length;
    const missing = items.filter((item) => !item.taxId || !item.address).length;
    return html`<div class="figures">
        ${forms.map((form) => figure({ label: texts.forms[form], value: formatMoney(sum(form)), note: texts.certificates(count(form)) }))}
      </div>
      ${missing > 0 ? html`<p class="note note-warning">${icon('warning')}<span>${texts.missing(missing)}</span></p>` : ''}
      <div class="desk-actions">
        <a class="btn btn-solid" href="/api/revenue/withholding/certificates?month=${month}" target="_blank">
          ${icon('receipt')}${texts.all}
        </a>
        ${forms
          .filter((form) => count(form) > 0)
          .map(
            (
              form,
            ) => html`<a class="btn btn-line" href="/api/revenue/withholding/file?month=${month}&form=${form}" download>
              ${icon('download')}${texts.file(texts.forms[form])}
            </a>`,
          )}
      </div>
      ${dataTable({
        caption: texts.title,
        rows: items,
        key: (item) => item.payoutId,
        columns: [
          {
            label: texts.number,
            cell: (item) =>
              html`<a class="num nowrap" href="/api/revenue/payouts/${item.payoutId}/certificate" target="_blank">${item.certificateNumber}</a>`,
          },
          {
            label: d().payouts.payee,
            cell: (item) => html`<b>${item.legalName}</b><small class="num">${item.taxId ?? texts.noTaxId}</small>`,
          },
          { label: texts.form, cell: (item) => texts.forms[item.form] },
          { label: texts.paidOn, cell: (item) => html`<span class="nowrap">${formatDateShort(item.paidOn)}</span>` },
          { label: d().payouts.income, wide: true, cell: (item) => d().payouts.incomes[item.income] },
          { label: d().payouts.gross, end: true, cell: (item) => money(item.grossSatang) },
          { label: texts.rate, end: true, wide: true, cell: (item) => `${formatNumber(item.rateBp / 100)} %` },
          { label: d().payouts.withholding, end: true, cell: (item) => html`<b>${money(item.withholdingSatang)}</b>` },
        ],
      })}`;
  }
}
