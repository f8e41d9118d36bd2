import { html, type TemplateResult } from 'lit';
import { icon } from '../../components/px-icon.ts';
import type { Order } from '../../data/orders.ts';
import { t } from '../../i18n/i18n.ts';

/** Receipt or tax invoice of an order, and a credit note for each refund. */
export const documentLinks = (order: Order): TemplateResult[] =>
  // An order that was kept on this device by an earlier version of the app knows no documents yet.
  (order.documents ?? []).map(
    (each) =>
      html`<a class="btn btn-line" href=${each.url} target="_blank" rel="noopener"
        >${icon('receipt')}${t().order.documents[each.kind]}${each.kind === 'credit_note' ? html` <span class="num">${each.number}</span>` : ''}</a
      >`,
  );
