import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type * as admin from '#contracts/http/admin.ts';
import { barChart } from '../../components/desk/chart.ts';
import { dayBars } from '../../components/desk/days.ts';
import { Loader } from '../../components/desk/loader.ts';
import { figure, pageHead } from '../../components/desk/parts.ts';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import { type Answer, call } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatDate, formatMoney, formatNumber, formatTime } from '../../i18n/format.ts';
import { actionText } from './log-text.ts';

const REFRESH_MS = 30_000;

/** Today in five numbers, sales by hour, what waits for somebody; below it the month and the last things that happened. */
@customElement('px-admin-dashboard')
export class PxAdminDashboard extends PxElement {
  readonly #today = new Loader<Answer<typeof admin.dashboard>>(this, () =>
    call<typeof admin.dashboard>('GET', '/api/admin/dashboard'),
  );
  readonly #month = new Loader<Answer<typeof admin.statistics>>(this, () =>
    call<typeof admin.statistics>('GET', '/api/admin/statistics'),
  );
  readonly #logs = new Loader<Answer<typeof admin.listLogs>>(this, () =>
    call<typeof admin.listLogs>('GET', '/api/admin/logs', { query: { limit: 8 } }),
  );
  #timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => {
      if (document.visibilityState === 'visible') void this.#today.reload();
    }, REFRESH_MS);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  protected override render(): TemplateResult {
    const texts = d().dashboard;
    return html`${pageHead({
      title: texts.title,
      lead: this.#today.value ? formatDate(`${this.#today.value.date}T05:00:00Z`) : nothing,
    })}
    ${this.#today.view(
      (today) => this.#now(today),
      html`<div class="figures">${[1, 2, 3, 4, 5].map(
        () => html`<div class="figure"><span class="skeleton"></span></div>`,
      )}</div>`,
    )}
    <div class="desk-two">
      <section class="desk-section">
        <div class="spread"><h2>${texts.month}</h2><a class="link" href="/admin/revenue">${texts.toRevenue}</a></div>
        ${this.#month.view((month) => this.#monthView(month))}
      </section>
      <section class="desk-section">
        <div class="spread"><h2>${texts.activity}</h2><a class="link" href="/admin/logs">${texts.toLogs}</a></div>
        ${this.#logs.view(({ items }) =>
          items.length === 0
            ? html`<p class="soft">${texts.noActivity}</p>`
            : html`<ul class="list activity">
              ${items.map(
                (entry) => html`<li>
                  <span>${actionText(entry.action)}<small>${entry.actorName ?? texts.system}</small></span
                  ><span class="soft num">${formatTime(entry.createdAt)}</span>
                </li>`,
              )}
            </ul>`,
        )}
      </section>
    </div>`;
  }

  #now({ today, salesByHour, waiting }: Answer<typeof admin.dashboard>): TemplateResult {
    const texts = d().dashboard;
    const hour = Number(formatTime(new Date()).slice(0, 2));
    const tasks = (
      [
        ['approvals', '/admin/approve'],
        ['refunds', '/admin/refunds?status=requested'],
        ['paymentReviews', '/admin/payment-reviews'],
        ['privacyRequests', '/admin/privacy'],
        ['deadLetters', '/admin/queues'],
      ] as const
    ).filter(([name]) => waiting[name] > 0);
    return html`<div class="stack dashboard-now">
      <div class="figures">
        ${figure({ label: texts.sales, value: formatMoney(today.salesSatang), href: '/admin/revenue' })}
        ${figure({ label: texts.orders, value: formatNumber(today.orders), href: '/admin/orders?status=paid' })}
        ${figure({ label: texts.uploaded, value: formatNumber(today.photosUploaded), href: '/admin/photos' })}
        ${figure({ label: texts.pending, value: formatNumber(today.photosPending), href: '/admin/approve' })}
        ${figure({ label: texts.searches, value: formatNumber(today.searches), href: '/admin/events' })}
      </div>
      <div class="desk-two">
        <section class="desk-section">
          <h2>${texts.byHour}</h2>
          ${barChart({
            label: texts.byHour,
            bars: salesByHour.map((row) => ({
              tick: row.hour % 6 === 0 ? `${String(row.hour).padStart(2, '0')}:00` : '',
              title: texts.hourLine(row.hour, formatMoney(row.salesSatang), row.orders),
              value: row.salesSatang,
            })),
            format: formatMoney,
            current: hour,
          })}
        </section>
        <section class="desk-section">
          <h2>${texts.waiting}</h2>
          ${
            tasks.length === 0
              ? html`<p class="note note-success">${icon('check-circle')}<span>${texts.nothingWaits}</span></p>`
              : html`<ul class="tasks">
                ${tasks.map(
                  ([name, href]) => html`<li>
                    <a href=${href}
                      ><b class="num">${formatNumber(waiting[name])}</b><span>${texts.tasks[name]}</span>${icon('chevron-right')}</a
                    >
                  </li>`,
                )}
              </ul>`
          }
        </section>
      </div>
    </div>`;
  }

  #monthView({ from, to, days, totals }: Answer<typeof admin.statistics>): TemplateResult {
    const texts = d().dashboard;
    return html`${barChart({
      label: texts.month,
      bars: dayBars(from, to, days, (day) => day.salesSatang),
      format: formatMoney,
      height: 180,
    })}
    <div class="figures">
      ${figure({ label: texts.sales, value: formatMoney(totals.salesSatang) })}
      ${figure({ label: texts.orders, value: formatNumber(totals.orders) })}
      ${figure({ label: texts.searchers, value: formatNumber(totals.searchers) })}
      ${figure({ label: texts.conversion, value: totals.conversion === null ? '–' : `${(totals.conversion * 100).toFixed(1)} %` })}
    </div>`;
  }
}
