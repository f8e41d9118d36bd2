import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Pager } from '../components/desk/loader.ts';
import { dataTable, money, stateBadge } from '../components/desk/parts.ts';
import { PxElement } from '../components/element.ts';
import { emptyState } from '../components/states.ts';
import { d } from '../i18n/desk.ts';
import { formatDateTime } from '../i18n/format.ts';
import { t } from '../i18n/i18n.ts';
import { refused, unreachable } from './samples.ts';

export type Condition = 'filled' | 'loading' | 'empty' | 'error' | 'offline';
interface Row {
  id: string;
  buyer: string;
  satang: number;
  state: 'paid' | 'pending' | 'refunded';
}
const rows: Row[] = [
  { id: 'TPS-261129-000016', buyer: 'bua@example.test', satang: 25_000, state: 'paid' },
  { id: 'TPS-261129-000015', buyer: 'a-very-long-address.of-somebody@sub.example.test', satang: 6_016, state: 'paid' },
  { id: 'TPS-261129-000014', buyer: 'ton@example.test', satang: 50_000, state: 'pending' },
  { id: 'TPS-261129-000013', buyer: 'ploy@example.test', satang: 123_456_789, state: 'refunded' },
];
const tones = { paid: 'success', pending: 'warning', refunded: 'plain' } as const;

/** A desk's list under each condition a list can be in. */
@customElement('px-specimen-list')
export class PxSpecimenList extends PxElement {
  @property() condition: Condition = 'filled';
  readonly #rows = new Pager<Row>(this, () => {
    switch (this.condition) {
      case 'loading':
        return new Promise(() => undefined);
      case 'error':
        return Promise.reject(refused);
      case 'offline':
        return Promise.reject(unreachable);
      default:
        return Promise.resolve({ items: this.condition === 'empty' ? [] : rows, nextCursor: 'more' });
    }
  });

  protected override render(): TemplateResult {
    const texts = d().orders;
    return this.#rows.view(({ items }) =>
      items.length === 0
        ? emptyState({ drawing: 'frames', title: d().common.noMatch })
        : html`${dataTable({
            caption: texts.title,
            rows: items,
            key: (row) => row.id,
            href: (row) => `#${row.id}`,
            columns: [
              { label: texts.number, cell: (row) => html`<span class="num">${row.id}</span>` },
              { label: d().common.date, cell: () => formatDateTime('2026-11-29T10:52:00Z') },
              { label: texts.buyer, cell: (row) => row.buyer },
              { label: d().common.amount, end: true, cell: (row) => money(row.satang) },
              { label: d().common.status, cell: (row) => stateBadge(t().order.statuses[row.state], tones[row.state]) },
              { label: '', end: true, cell: () => html`<button class="btn btn-line">${d().common.edit}</button>` },
            ],
          })}${this.#rows.moreButton()}`,
    );
  }
}
