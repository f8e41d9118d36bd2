import { formatBaht } from '#contracts/money.ts';
import { escapeHtml, page } from '../dev/page.ts';
import type { Delivery, Faults, Transaction } from './state.ts';

const OPEN_ACTIONS: [string, string][] = [
  ['pay', 'Pay'],
  ['pay-short', 'Pay 1 baht short'],
  ['pay-over', 'Pay 1 baht over'],
  ['pay-late', 'Let it expire, then pay'],
  ['delay-webhook', 'Pay, webhook 20 s late'],
  ['lose-webhook', 'Pay, lose the webhook'],
  ['fail', 'Fail'],
  ['expire', 'Expire'],
];
const LATE_ACTIONS: [string, string][] = [['pay-late', 'Pay it now, too late']];
const WEBHOOK_ACTIONS: [string, string][] = [
  ['repeat-webhook', 'Repeat the webhook'],
  ['pay-again', 'Transfer to this QR once more'],
];

function buttons(transaction: Transaction): string {
  const isUnpaid = transaction.paidSatang === null;
  const actions = transaction.status === 'pending' ? OPEN_ACTIONS : isUnpaid ? LATE_ACTIONS : [];
  const all = transaction.status === 'pending' ? actions : [...actions, ...WEBHOOK_ACTIONS];
  return all
    .map(([action, label]) => {
      const look = action === 'pay' ? ' class="gold"' : '';
      return `<button${look} data-post="/dev/paynoi/${transaction.transId}/${action}">${escapeHtml(label)}</button>`;
    })
    .join(' ');
}

function card(transaction: Transaction, deliveries: Delivery[]): string {
  const sent = deliveries.map((each) => `${each.status} after ${each.attempts} tries`).join(', ') || 'none yet';
  const paid = transaction.paidSatang === null ? '' : `<div>received ฿${formatBaht(transaction.paidSatang)}</div>`;
  const image = `<img class="qr" alt="PromptPay QR" src="/dev/paynoi/${transaction.transId}/qr.png">`;
  return `<article class="card row">${transaction.status === 'pending' ? image : ''}<div class="grow">
<div class="row"><span class="amount">฿${formatBaht(transaction.payableSatang)}</span>
<span class="badge ${transaction.status}">${transaction.status}</span></div>
<div class="muted">${transaction.transId} · order reference ${escapeHtml(transaction.ref1)} · asked for ฿${formatBaht(transaction.requestedSatang)}</div>
${paid}<div class="muted">webhooks: ${escapeHtml(sent)}</div><div class="row">${buttons(transaction)}</div></div></article>`;
}

function faultsForm(faults: Faults): string {
  const number = (name: string, value: number | boolean, label: string) =>
    `<label><input type="number" min="0" name="${name}" value="${Number(value)}"> ${label}</label>`;
  const flag = (name: string, isOn: boolean, label: string) =>
    `<label><input type="checkbox" name="${name}"${isOn ? ' checked' : ''}> ${label}</label>`;
  return `<h2>Faults</h2><form class="card row" data-json action="/dev/paynoi/faults">
${number('createDelayMs', faults.createDelayMs, 'ms before create answers')}
${number('createFails', faults.createFails, 'creates that fail')}
${number('checkFails', faults.checkFails, 'checks that fail')}
${number('duplicateWebhooks', faults.duplicateWebhooks, 'extra copies of each webhook')}
${flag('dropWebhooks', faults.dropWebhooks, 'lose all webhooks')}
${number('feedLateMs', faults.feedLateMs, 'ms until a bank row shows')}
${number('feedFeeSatang', faults.feedFeeSatang, 'satang of fee in bank rows')}
<label><input type="number" name="feedOffSatang" value="${faults.feedOffSatang}"> satang off in bank rows</label>
${flag('feedTwice', faults.feedTwice, 'bank rows twice')}
${flag('feedWithoutIds', faults.feedWithoutIds, 'bank rows without ids')}
${flag('feedDrops', faults.feedDrops, 'no bank rows')}
<button>Set</button></form>
<h2>Bank account</h2><p class="card row"><button data-post="/dev/paynoi/stray" data-body='{"amountSatang":12345}'>Receive ฿123.45 from nobody</button></p>`;
}

/** The list of payments with what can be done to each, newest first. */
export function gatewayPage(
  transactions: Transaction[],
  deliveriesOf: (id: string) => Delivery[],
  faults: Faults,
): string {
  const cards = transactions.slice(0, 100).map((each) => card(each, deliveriesOf(each.transId)));
  const list = cards.join('') || '<p class="card">No payment yet. Start one at the checkout and come back.</p>';
  return page('Payments (PayNoi simulator)', list + faultsForm(faults));
}
