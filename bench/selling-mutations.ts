import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startTestServices } from '#test/services.ts';

/*
 * npm run bench -- selling-mutations [--runs 60] [--seed 1] [--only PART OF A NAME,...]: how well the model of selling (test/selling-model.ts) finds
 * mistakes. Each mutation breaks one guard of the shop in a copy of the sources; the model then plays until it notices, or `runs` lives
 * are over. A mutation that survives names a promise that nothing checks.
 */
interface Edit {
  file: string;
  find: string;
  put: string;
}
/** More than one edit where a second guard stands behind the first: both have to fall. */
type Mutation = { name: string } & (Edit | { edits: Edit[] });
const payments = 'server/modules/payments';
const mutations: Mutation[] = [
  {
    name: 'money is taken again by every check',
    edits: [
      {
        file: `${payments}/decide.ts`,
        find: "if (payment.paidSatang !== null) return { kind: 'nothing' };",
        put: '',
      },
      {
        file: `${payments}/settle.ts`,
        find: 'if (payment.paid_satang !== null) return { payment, isAnswered: true };',
        put: '',
      },
      { file: `${payments}/machine.ts`, find: 'paid: [],', put: "paid: ['paid']," },
    ],
  },
  {
    name: 'too little money pays',
    file: `${payments}/decide.ts`,
    find: "if (paid < payable) return 'underpaid';",
    put: '',
  },
  {
    name: 'a surplus is income',
    file: `${payments}/decide.ts`,
    find: 'Math.min(paidSatang, payable)',
    put: 'paidSatang',
  },
  {
    name: 'a second payment is not noticed',
    file: `${payments}/decide.ts`,
    find: "if (isPaidOtherwise || !['pending', 'expired', 'cancelled'].includes(orderStatus)) return 'duplicate';",
    put: "if (!['pending', 'expired', 'cancelled'].includes(orderStatus)) return 'underpaid';",
  },
  {
    name: 'a webhook is believed without a signature',
    file: `${payments}/webhooks.ts`,
    find: "if (!claim) throw await refuse(delivery, 'webhook.signature');",
    put: 'if (!claim) return;',
  },
  {
    name: 'unmatched money is dropped',
    file: `${payments}/webhooks.ts`,
    find: 'await db.transaction().execute((trx) => holdUnmatched(trx, money));',
    put: 'void money;',
  },
  {
    name: 'the money of another till is held twice, as the gateway tells it and as the bank shows it',
    file: `${payments}/reconcile.ts`,
    find: ".where('bank_row_id', 'is', null)",
    put: ".where('bank_row_id', 'is', null)\n      .where('amount_satang', '<', 0)",
  },
  {
    name: 'a bank row that differs is taken as it is',
    file: `${payments}/reconcile.ts`,
    find: 'return { feeSatang, differenceSatang: paidSatang - row.amount_satang - feeSatang };',
    put: 'return { feeSatang: paidSatang - row.amount_satang, differenceSatang: 0 * terms.feeBp };',
  },
  {
    name: 'held money is not booked',
    file: `${payments}/settle.ts`,
    find: 'const held = paidSatang - appliedSatang;',
    put: 'const held = 0 * (paidSatang - appliedSatang);',
  },
  {
    name: 'refunded photos stay with the buyer',
    file: 'server/modules/orders/repository.ts',
    find: "await grants.where('revoked_at', 'is', null).execute();",
    put: 'void grants;',
  },
  {
    name: 'what was taken under an unlimited package stays after its refund',
    file: `${payments}/refunds.ts`,
    find: 'await orders.withdrawTaken(trx, order.user_id, scope.unlimited.eventIds, at);',
    put: '',
  },
  {
    name: 'an unlimited package is given back but for one photo',
    edits: [
      {
        file: `${payments}/refunds.ts`,
        find: "if (!unlimited.isWhole) throw new AppError('refund.whole_package');",
        put: '',
      },
      {
        file: 'server/modules/downloads/library.ts',
        find: ".where('order_items.refunded_at', 'is', null)",
        put: '',
      },
    ],
  },
  {
    name: 'a refund keeps the photographer’s share',
    file: `${payments}/refunds.ts`,
    find: 'amountSatang: sumOf(postings), vatSatang',
    put: 'amountSatang: sumOf(postings) - 1, vatSatang',
  },
  {
    name: 'a part of an order that was let off its price is refunded in full',
    file: 'server/modules/revenue/shares.ts',
    find: 'const of = { eventId: item.eventId, orderItemId: item.id };',
    put: 'const of = { eventId: item.eventId };',
  },
  {
    name: 'a transfer is booked at each repeat',
    file: `${payments}/refunds.ts`,
    find: "if (refund.status !== 'approved') throw new AppError('refund.transition', { status: refund.status });\n    const changes",
    put: 'const changes',
  },
  {
    name: 'one person alone approves any refund',
    file: `${payments}/refunds.ts`,
    find: 'const needsTwo = refund.amount_satang > twoPersonLimitSatang;',
    put: 'const needsTwo = refund.amount_satang > 1e9 * twoPersonLimitSatang;',
  },
  {
    name: 'a paid order grants nothing',
    file: 'server/modules/orders/service.ts',
    find: 'await repository.grant(trx, order, items, terms.maxDownloads);',
    put: '',
  },
  {
    name: 'an attempt ends only by the gateway’s word',
    file: `${payments}/decide.ts`,
    find: "return isOver ? { kind: 'close', status: 'expired' } : { kind: 'nothing' };",
    put: "return isOver && payment.ref1 === '' ? { kind: 'close', status: 'expired' } : { kind: 'nothing' };",
  },
  {
    name: 'the gateway’s extra satang get lost',
    file: 'server/modules/revenue/shares.ts',
    find: 'const postings: Posting[] = [{ account: sale.from, amountSatang: sale.paidSatang }];',
    put: 'const postings: Posting[] = [{ account: sale.from, amountSatang: sale.totalSatang }];',
  },
  {
    name: 'a share is rounded up',
    file: 'server/modules/revenue/shares.ts',
    find: 'platform: netSatang - photographer - organizer };',
    put: 'platform: netSatang - photographer - organizer + (netSatang % 7 === 0 ? 1 : 0) };',
  },
  {
    name: 'VAT is of the price, not within it',
    file: 'server/modules/revenue/shares.ts',
    find: 'const vatTotal = vatWithin(sale.totalSatang, sale.vatRateBp);',
    put: 'const vatTotal = Math.floor((sale.totalSatang * sale.vatRateBp) / 10_000);',
  },
  {
    name: 'money is attached to an order that is paid',
    edits: [
      {
        file: `${payments}/cases.ts`,
        find: "if (order.paid_at || isPaid(order.status)) throw new AppError('order.already_paid');",
        put: '',
      },
      {
        file: 'server/modules/orders/service.ts',
        find: "if (!(await repository.move(trx, order.id, 'paid', at))) throw new AppError('order.transition');",
        put: "await repository.move(trx, order.id, 'paid', at);",
      },
    ],
  },
  {
    name: 'two bank rows for one payment are both booked',
    edits: [
      {
        file: `${payments}/reconcile.ts`,
        find: 'if (paid.paid_satang === null || (await bank.rowOfPayment(trx, paid.id))) return false;',
        put: 'if (paid.paid_satang === null) return false;',
      },
      {
        file: `${payments}/reconcile.ts`,
        find: 'const isFree = payment?.paid_satang != null && !(await bank.rowOfPayment(db, payment.id));',
        put: 'const isFree = payment?.paid_satang != null;',
      },
    ],
  },
  {
    name: 'a coupon is not given back with its order',
    file: 'server/modules/orders/service.ts',
    find: 'if (order.coupon_id) await coupons.release(trx, order.id);',
    put: '',
  },
  {
    name: 'a paid payout is booked twice',
    file: 'server/modules/revenue/payouts.ts',
    find: "if (row.status === 'paid' && row.transfer_reference === transfer.transferReference) return undefined;\n      requireWay(row, 'paid');",
    put: '',
  },
  {
    name: 'a returned payout is not booked back',
    file: 'server/modules/revenue/payouts.ts',
    find: "if (row.status === 'paid') await book(trx, row, reason, true);",
    put: '',
  },
  {
    name: 'a share is paid out again by the next batch',
    file: 'server/modules/revenue/payees.ts',
    find: "where i.posting_id = p.id and o.status not in ('cancelled', 'failed'))",
    put: "where i.posting_id = p.id and o.status not in ('cancelled', 'failed', 'paid'))",
  },
  {
    name: 'one person alone approves any payout',
    file: 'server/modules/revenue/payouts.ts',
    find: 'if (row.gross_satang > terms.twoPersonLimitSatang && isFirst) {',
    put: 'if (row.gross_satang > 1e9 * terms.twoPersonLimitSatang && isFirst) {',
  },
];

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const wanted = (values.only ?? '').split(',');
const repository = path.resolve(import.meta.dirname, '..');
const services = process.env.TEST_DATABASE_URL ? undefined : await startTestServices();
const env = { ...process.env, ...services?.env };

/** A copy of the sources that shares the installed packages. */
async function copySources(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'thepixstock-mutation-'));
  for (const name of await readdir(repository)) {
    if (name.startsWith('.') || ['node_modules', 'docs', 'coverage'].includes(name)) continue;
    await cp(path.join(repository, name), path.join(folder, name), {
      recursive: true,
      filter: (from) => !/\/(dist|\.data|\.cache)$/.test(from),
    });
  }
  await symlink(path.join(repository, 'node_modules'), path.join(folder, 'node_modules'));
  return folder;
}

/** Plays the model in the copy; answers what it said, or null when it noticed nothing. */
function play(folder: string): Promise<string | null> {
  const args = ['--import', 'tsx', 'bench/main.ts', 'selling-model', '--runs', values.runs, '--seed', values.seed];
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += String(chunk);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === 0 ? null : text));
  });
}

const table: Record<string, string>[] = [];
const folder = await copySources();
try {
  const complaint = await play(folder);
  if (complaint) throw new Error(`the model complains of the shop as it is: ${complaint.slice(0, 2000)}`);
  for (const mutation of mutations.filter(({ name }) => wanted.some((part) => name.includes(part)))) {
    const { name } = mutation;
    const edits = 'edits' in mutation ? mutation.edits : [mutation];
    const before = new Map<string, string>();
    for (const { file, find, put } of edits) {
      const target = path.join(folder, file);
      const source = await readFile(target, 'utf8');
      if (!before.has(target)) before.set(target, source);
      if (source.split(find).length !== 2) throw new Error(`${name}: ${file} does not hold its text exactly once`);
      await writeFile(
        target,
        source.replace(find, () => put),
      );
    }
    const said = await play(folder);
    for (const [target, source] of before) await writeFile(target, source);
    const told = /seed \d+, run (\d+): (.*)/.exec(said ?? '');
    const noticed = told
      ? `in life ${Number(told[1]) + 1}: ${told[2]}`
      : said && `did not start: ${said.slice(0, 300)}`;
    table.push({ mutation: name, noticed: noticed?.slice(0, 110) ?? 'NO' });
    console.log(`${name}: ${noticed ?? 'NOT NOTICED'}`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
  await services?.stop();
}
console.table(table);
process.exit(table.some((row) => row.noticed === 'NO') ? 1 : 0);
