import { html, nothing, type TemplateResult } from 'lit';
import type * as events from '#contracts/http/events.ts';
import type { Answer } from '../../data/call.ts';
import { d } from '../../i18n/desk.ts';
import { formatMoney, formatNumber } from '../../i18n/format.ts';
import { barChart } from './chart.ts';
import { dayBars } from './days.ts';
import { dataTable, figure } from './parts.ts';

type Statistics = Answer<typeof events.getEventStatistics>;

/** The numbers of one event: for its organizer, or for an admin with links to where something can be done. */
export function eventNumbers(
  event: events.EventView,
  numbers: Statistics,
  reader: 'organizer' | 'admin',
): TemplateResult {
  const texts = d().numbers;
  const { photos, revenue, orders, searches } = numbers;
  const admin = reader === 'admin';
  const days = numbers.days;
  return html`<div class="figures">
      ${figure({
        label: texts.sales,
        value: formatMoney(revenue.grossSatang),
        note: revenue.refundedSatang > 0 ? texts.refunded(formatMoney(revenue.refundedSatang)) : nothing,
      })}
      ${figure({ label: admin ? texts.organizerShare : texts.yourShare, value: formatMoney(revenue.organizerSatang) })}
      ${figure({ label: texts.sold, value: formatNumber(orders.photosSold), note: texts.buyers(orders.buyers) })}
      ${figure({
        label: texts.photos,
        value: formatNumber(photos.approved),
        note: photos.pending > 0 ? texts.pending(photos.pending) : nothing,
        href: admin ? `/admin/photos?event=${event.id}` : undefined,
      })}
      ${figure({ label: texts.searchers, value: formatNumber(searches.people), note: texts.found(searches.found) })}
      ${figure({ label: texts.views, value: formatNumber(numbers.views), note: texts.favorites(numbers.favorites) })}
    </div>
    ${
      revenue.grossSatang > 0
        ? html`<section class="desk-section">
            <h2>${texts.salesByDay}</h2>
            ${
              days.length > 0
                ? barChart({
                    label: texts.salesByDay,
                    bars: dayBars(days[0]!.day, days.at(-1)!.day, days, (day) => day.grossSatang),
                    format: formatMoney,
                    height: 190,
                  })
                : nothing
            }
          </section>`
        : nothing
    }
    ${
      numbers.photographers.length > 0
        ? html`<section class="desk-section">
            <h2>${texts.photographers}</h2>
            ${dataTable({
              caption: texts.photographers,
              rows: numbers.photographers,
              key: (row) => row.id,
              columns: [
                { label: texts.photographer, cell: (row) => row.displayName },
                { label: d().common.photos, end: true, cell: (row) => formatNumber(row.photos) },
                { label: d().photoStates.approved, end: true, cell: (row) => formatNumber(row.approved) },
                { label: texts.sold, end: true, cell: (row) => formatNumber(row.sold) },
              ],
            })}
          </section>`
        : nothing
    }`;
}
