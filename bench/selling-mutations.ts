import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startTestServices } from '#test/services.ts';

/*
 * npm run bench -- selling-mutations [--runs 60] [--seed 1] [--only NAME]: how well the model of selling (test/selling-model.ts) finds
 * mistakes. Each mutation breaks one guard of the shop in a copy of the sources; the model then plays until it notices, or `runs` lives
 * are over. A mutation that survives names a promise that nothing checks.
 */
const payments = 'server/modules/payments';
const mutations: { name: string; file: string; find: string; put: string }[] = [
  {
    name: 'money is taken again by every check',
    file: `${payments}/decide.ts`,
    find: "if (payment.paidSatang !== null) return { kind: 'nothing' };",
    put: '',
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
    find: 'await db.transaction().execute((trx) => holdUnmatched(trx, { provider: provider.name, transId, amountSatang }));',
    put: 'void amountSatang;',
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
    name: 'a refund keeps the photographer’s share',
    file: `${payments}/refunds.ts`,
    find: 'amountSatang: sumOf(postings), vatSatang',
    put: 'amountSatang: sumOf(postings) - 1, vatSatang',
  },
  {
    name: 'a transfer is booked at each repeat',
    file: `${payments}/refunds.ts`,
    find: "if (refund.status !== 'approved') throw new AppError('refund.transition', { status: refund.status });\n    const changes",
    put: 'const changes',
  },
  {
    name: 'a paid order grants nothing',
    file: 'server/modules/orders/service.ts',
    find: 'await repository.grant(trx, order, items, terms.maxDownloads);',
    put: '',
  },
  {
    name: 'an expired order is never closed',
    file: `${payments}/decide.ts`,
    find: "return isOver ? { kind: 'close', status: 'expired' } : { kind: 'nothing' };",
    put: "return { kind: 'nothing' };",
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
    name: 'two bank rows for one payment are both booked',
    file: `${payments}/cases.ts`,
    find: "if (order.paid_at || isPaid(order.status)) throw new AppError('order.already_paid');",
    put: '',
  },
  {
    name: 'a paid payout is booked twice',
    file: 'server/modules/revenue/payouts.ts',
    find: 'await book(trx, row, transfer.transferReference, false);',
    put: "await book(trx, row, transfer.transferReference, false);\n      await book(trx, { ...row, id: row.id.replace(/^./, 'f') }, transfer.transferReference, false);",
  },
];

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
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
  for (const { name, file, find, put } of mutations.filter((each) => !values.only || each.name.includes(values.only))) {
    const target = path.join(folder, file);
    const source = await readFile(target, 'utf8');
    if (source.split(find).length !== 2) throw new Error(`${name}: ${file} does not hold its text exactly once`);
    await writeFile(
      target,
      source.replace(find, () => put),
    );
    const said = await play(folder);
    await writeFile(target, source);
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
