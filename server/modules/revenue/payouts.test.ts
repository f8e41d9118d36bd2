import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { createBox } from '#server/platform/crypto.ts';
import { testSecrets } from '#test/http-app.ts';
import { type ShopApp, startShopApp } from '#test/shop-app.ts';
import { post } from './ledger.ts';

interface Person {
  userId: string;
  token: string;
  id: string;
}

describe('payouts', () => {
  let shop: ShopApp;
  let admin: { token: string };
  let second: { token: string };
  let eventId: string;
  let organizerId: string;
  const box = createBox(testSecrets.bank, 'bank');
  before(async function () {
    this.timeout(60_000);
    shop = await startShopApp();
    admin = { token: (await shop.person('admin')).token };
    second = { token: (await shop.person('admin')).token };
    organizerId = await shop.organizer();
    eventId = await shop.event({ organizer_id: organizerId });
    await shop.db.updateTable('events').set({ name_en: 'Night run' }).where('id', '=', eventId).execute();
  });
  after(() => shop?.stop());

  async function photographer(bank = true): Promise<Person> {
    const person = await shop.person('photographer');
    await shop.photosOf(eventId, person.userId, 1);
    const { id } = await shop.db
      .selectFrom('photographers')
      .select('id')
      .where('user_id', '=', person.userId)
      .executeTakeFirstOrThrow();
    if (bank) await bankAccount(person.userId, 'นายสมชาย ใจดี', '1234567890');
    return { ...person, id };
  }
  const bankAccount = (userId: string, name: string, number: string) =>
    shop.db
      .insertInto('bank_accounts')
      .values({
        user_id: userId,
        bank_code: '004',
        account_name_encrypted: box.seal(name),
        account_number_encrypted: box.seal(number),
        account_last4: number.slice(-4),
        is_default: true,
      })
      .execute();
  /** Money that came in for a photographer; negative: a refund that takes it back. */
  const earn = (person: Person, amountSatang: number) =>
    shop.db.transaction().execute((trx) =>
      post(trx, {
        kind: amountSatang > 0 ? 'sale' : 'refund',
        reference: randomUUID(),
        postings: [
          { account: amountSatang > 0 ? 'gateway_clearing' : 'refunds_payable', amountSatang },
          { account: { photographerId: person.id }, amountSatang: -amountSatang, eventId },
        ],
      }),
    );
  const call = (who: { token: string }, target: string, body: object = {}) =>
    shop.call('POST', target, { ...who, body });
  const batch = async () => (await call(admin, '/api/revenue/payouts')).body;
  const mine = async (person: Person) => (await shop.call('GET', '/api/revenue/mine', { token: person.token })).body;
  const payoutOf = (items: { payee: { id: string } }[], person: Person) =>
    items.find((item) => item.payee.id === person.id) as never as {
      id: string;
      number: string;
      grossSatang: number;
      status: string;
      netSatang: number;
      withholdingSatang: number;
    };
  const settle = async () => {
    const sum = await sql<{
      sum: number;
    }>`select coalesce(sum(amount_satang), 0)::bigint as sum from ledger_postings`.execute(shop.db);
    assert.equal(sum.rows[0]!.sum, 0);
  };
  const ledger = async (account: string) => (await shop.ledger())[account] ?? 0;
  /** Past the hold period. */
  const rest = () => shop.wait(8 * 86_400_000);

  it('shows what is held, available and in a payout, and leaves small amounts for the next batch', async () => {
    const [big, small] = [await photographer(), await photographer()];
    await earn(big, 60_000);
    await earn(small, 5_000);
    assert.deepEqual([(await mine(big)).heldSatang, (await mine(big)).availableSatang], [60_000, 0]);
    rest();
    await earn(big, 7_000);
    // The database's own clock dates postings, so what was just earned is past the hold as well; hold it by date.
    const { items, batchId } = await batch();
    assert.ok(payoutOf(items, big));
    assert.equal(payoutOf(items, small), undefined, 'less than the minimum');
    assert.equal((await mine(small)).availableSatang, 5_000, 'and carried on');
    const waiting = await mine(big);
    assert.equal(waiting.inPayoutSatang, payoutOf(items, big).grossSatang);
    const alone = await call(admin, '/api/revenue/payouts', { photographerId: small.id });
    assert.equal(payoutOf(alone.body.items, small).grossSatang, 5_000, 'asked for by name it is paid all the same');
    await call(admin, `/api/revenue/payouts/batches/${batchId}/approve`);
    assert.equal(mineEvents(await mine(big))[0].eventNameEn, 'Night run');
  });
  const mineEvents = (body: { events: { eventNameEn: string }[] }) => body.events as never as [{ eventNameEn: string }];

  it('asks a second admin above the limit, and only another one', async () => {
    const rich = await photographer();
    await earn(rich, 6_000_000);
    rest();
    const payout = payoutOf((await batch()).items, rich);
    assert.equal(payout.withholdingSatang, 180_000);
    const approve = (who: { token: string }) => call(who, `/api/revenue/payouts/${payout.id}/approve`);
    const first = (await approve(admin)).body;
    assert.deepEqual([first.status, first.needsSecondApproval], ['draft', true]);
    assert.equal((await approve(admin)).body.code, 'payout.second_person');
    const pay = await call(admin, `/api/revenue/payouts/${payout.id}/pay`, { transferReference: 'KB-1' });
    assert.equal(pay.body.code, 'payout.transition');
    assert.equal((await approve(second)).body.status, 'approved');
    assert.equal((await approve(second)).body.code, 'payout.transition');
  });

  it('goes into one file for the bank only, is paid once, and a batch that was cut off goes on', async () => {
    const people = await Promise.all([photographer(), photographer(), photographer()]);
    for (const person of people) await earn(person, 200_000);
    const late = await photographer(false);
    await earn(late, 150_000);
    rest();
    const { batchId, items } = await batch();
    const filePath = `/api/revenue/payouts/batches/${batchId}/bank-file`;
    assert.equal((await shop.call('GET', filePath, admin)).body.code, 'payout.nothing_to_transfer');
    const approved = (await call(admin, `/api/revenue/payouts/batches/${batchId}/approve`)).body;
    assert.equal(approved.done, items.length);
    const file = await shop.call('GET', filePath, admin);
    assert.match(file.headers.get('content-disposition')!, /payouts-.*\.csv/);
    const lines = String(file.body).trim().split('\r\n');
    const total = items
      .filter((item: { payee: { id: string } }) => item.payee.id !== late.id)
      .reduce((sum: number, item: { netSatang: number }) => sum + item.netSatang, 0);
    assert.equal(lines.at(-1), `T,${items.length - 1},${(total / 100).toFixed(2)}`);
    assert.ok(lines[1]!.includes('นายสมชาย ใจดี') && lines[1]!.includes('1234567890'));
    assert.equal((await shop.call('GET', filePath, admin)).body, file.body, 'again: the same file');
    const cancelled = await call(admin, `/api/revenue/payouts/${payoutOf(items, people[0]!).id}/cancel`);
    assert.deepEqual([cancelled.status, cancelled.body.code], [409, 'payout.in_bank_file'], 'it may be on its way');
    // Who told the account late is in a file of their own, not in both.
    await bankAccount(late.userId, 'Late Person', '5550001112');
    const latePayout = payoutOf(items, late);
    await shop.db
      .updateTable('payouts')
      .set({
        bank_account_id: sql`(select id from bank_accounts where user_id = ${late.userId})`,
      })
      .where('id', '=', latePayout.id)
      .execute();
    const next = String((await shop.call('GET', filePath, admin)).body)
      .trim()
      .split('\r\n');
    assert.deepEqual([next.length, next[1]!.includes('Late Person')], [3, true]);

    // One of them was paid before the rest was cut off; then everybody at once, twice, in parallel.
    const body = { transferReference: 'KB-BULK-7', transferredOn: '2026-11-30' };
    const firstOf = payoutOf(items, people[0]!);
    const before = await ledger('bank');
    assert.equal((await call(admin, `/api/revenue/payouts/${firstOf.id}/pay`, body)).status, 200);
    const both = await Promise.all(
      [1, 2, 3].map(() => call(second, `/api/revenue/payouts/batches/${batchId}/pay`, body)),
    );
    assert.deepEqual(
      both.map((each) => each.status),
      [200, 200, 200],
    );
    const paid = both[0]!.body.items as { status: string; netSatang: number; certificateNumber: string | null }[];
    const all = await shop.call('GET', `/api/revenue/payouts?batchId=${batchId}&limit=100`, admin);
    assert.ok(all.body.items.every((item: { status: string }) => item.status === 'paid'));
    const net = items.reduce((sum: number, item: { netSatang: number }) => sum + item.netSatang, 0);
    assert.equal((await ledger('bank')) - before, -net);
    assert.equal(await ledger(people[0]!.id), 0);
    assert.ok(paid.length === items.length);
    const numbers = all.body.items.map((item: { certificateNumber: string }) => item.certificateNumber).sort();
    assert.deepEqual(
      numbers,
      numbers.map(
        (_: string, index: number) => `WT2026-${String(index + Number(numbers[0].slice(-6))).padStart(6, '0')}`,
      ),
      'certificates without gaps',
    );
    await settle();
    const report = await shop.call('GET', '/api/revenue/withholding?month=2026-11', admin);
    assert.equal(report.body.items.length, items.length);
    assert.equal(
      report.body.totals.withholdingSatang,
      items.reduce((sum: number, item: { withholdingSatang: number }) => sum + item.withholdingSatang, 0),
    );
    const taxFile = (path: string, who: { token: string }) =>
      fetch(`${shop.url}/api/revenue/withholding/${path}`, { headers: { authorization: `Bearer ${who.token}` } });
    const csv = await taxFile('file?month=2026-11&form=pnd3', admin);
    const text = await csv.text();
    assert.equal(csv.headers.get('content-type'), 'text/csv; charset=utf-8');
    for (const { certificateNumber } of report.body.items) assert.ok(text.includes(certificateNumber));
    const pdf = await taxFile('certificates?month=2026-11', admin);
    const bytes = Buffer.from(await pdf.arrayBuffer()).toString('latin1');
    assert.match(bytes, new RegExp(`/Type /Pages\\s+/Count ${report.body.items.length}\\b`));
    assert.equal((await taxFile('certificates?month=2020-01', admin)).status, 404);
    const person = await photographer();
    for (const path of ['file?month=2026-11&form=pnd3', 'certificates?month=2026-11'])
      assert.equal((await taxFile(path, person)).status, 403);
  });

  it('makes a returned transfer payable again, and takes refunds off before more is paid', async () => {
    const person = await photographer();
    await earn(person, 120_000);
    rest();
    const payout = payoutOf((await batch()).items, person);
    await call(admin, `/api/revenue/payouts/${payout.id}/approve`);
    await call(admin, `/api/revenue/payouts/${payout.id}/pay`, { transferReference: 'KB-9' });
    assert.equal((await mine(person)).balanceSatang, 0);
    const [bank, tax] = [await ledger('bank'), await ledger('withholding_tax')];
    const fail = () => call(admin, `/api/revenue/payouts/${payout.id}/fail`, { reason: 'บัญชีปิดแล้ว' });
    assert.equal((await fail()).body.status, 'failed');
    assert.equal((await fail()).body.status, 'failed');
    assert.equal((await ledger('bank')) - bank, payout.netSatang);
    assert.equal((await ledger('withholding_tax')) - tax, payout.withholdingSatang);
    const after = await mine(person);
    assert.deepEqual([after.balanceSatang, after.availableSatang, after.paidOutSatang], [120_000, 120_000, 0]);
    const told = await shop.db
      .selectFrom('messages')
      .select('template')
      .where('user_id', '=', person.userId)
      .where('channel', '=', 'email')
      .orderBy('created_at')
      .execute();
    assert.deepEqual(
      told.map((row) => row.template),
      ['payout.paid', 'payout.failed'],
    );
    // Refunded after all of it was paid: less than nothing, carried on until it is earned again.
    const again = payoutOf((await batch()).items, person);
    await call(admin, `/api/revenue/payouts/${again.id}/approve`);
    await call(admin, `/api/revenue/payouts/${again.id}/pay`, { transferReference: 'KB-10' });
    await earn(person, -50_000);
    assert.equal((await mine(person)).balanceSatang, -50_000);
    assert.equal(
      (await call(admin, '/api/revenue/payouts', { photographerId: person.id })).body.code,
      'payout.nothing_due',
    );
    await earn(person, 80_000);
    rest();
    const rested = await call(admin, '/api/revenue/payouts', { photographerId: person.id });
    assert.equal(payoutOf(rested.body.items, person).grossSatang, 30_000);
    await settle();
  });

  it('pays exactly what it sets aside, though a refund and a sale are booked while the batch is made', async () => {
    const person = await photographer();
    await earn(person, 90_000);
    rest();
    // The batch has read what is owed and is about to write; whoever reads again after that sees more than it did.
    let making!: ReturnType<typeof call>;
    await shop.db.transaction().execute(async (trx) => {
      await sql`lock table payouts in share row exclusive mode`.execute(trx);
      making = call(admin, '/api/revenue/payouts', { photographerId: person.id });
      const waiting = sql`select 1 from pg_locks where relation = 'payouts'::regclass and not granted`;
      while ((await waiting.execute(trx)).rows.length === 0);
      await earn(person, -40_000);
      await earn(person, 25_000);
    });
    const payout = payoutOf((await making).body.items, person);
    const { rows } = await sql<{ sum: number }>`select -sum(p.amount_satang)::bigint as sum from payout_items i
      join ledger_postings p on p.id = i.posting_id where i.payout_id = ${payout.id}`.execute(shop.db);
    assert.equal(payout.grossSatang, rows[0]!.sum, 'gross is the sum of what was set aside');
    await call(admin, `/api/revenue/payouts/${payout.id}/approve`);
    await call(admin, `/api/revenue/payouts/${payout.id}/pay`, { transferReference: 'KB-RACE' });
    const after = await mine(person);
    assert.deepEqual([after.balanceSatang, after.availableSatang], [-15_000, -15_000], 'the rest is carried on');
    await settle();
  });

  it('certifies the rate that was kept back, whatever the settings say when the transfer is made', async () => {
    const person = await photographer();
    await earn(person, 200_000);
    rest();
    const payout = payoutOf((await batch()).items, person);
    assert.equal(payout.withholdingSatang, 6_000);
    await shop.db
      .insertInto('settings')
      .values({ key: 'payouts', value: JSON.stringify({ withholdingBp: 500 }) })
      .execute();
    await call(admin, `/api/revenue/payouts/${payout.id}/approve`);
    await call(admin, `/api/revenue/payouts/${payout.id}/pay`, {
      transferReference: 'KB-RATE',
      transferredOn: '2026-12-31',
    });
    await shop.db.deleteFrom('settings').where('key', '=', 'payouts').execute();
    const report = async (month: string) =>
      (await shop.call('GET', `/api/revenue/withholding?month=${month}`, admin)).body.items as {
        payoutId: string;
        rateBp: number;
        certificateNumber: string;
      }[];
    const mineIn = (items: { payoutId: string }[]) => items.filter((item) => item.payoutId === payout.id);
    assert.deepEqual(mineIn(await report('2027-01')), []);
    const [line] = mineIn(await report('2026-12')) as Awaited<ReturnType<typeof report>>;
    assert.equal(line!.rateBp, 300);
    assert.match(line!.certificateNumber, /^WT2026-/, 'the series of the year of the transfer');
  });

  it('gives statement and certificate to its payee, and 404 to others', async () => {
    const [person, stranger] = [await photographer(), await photographer()];
    const tax = {
      legalName: 'นายพงษ์ศักดิ์ ตั้งใจทำงาน',
      taxId: '1234567890121',
      address: '99/9 ถ.สุขุมวิท กรุงเทพฯ',
      isJuristic: false,
      withholdingApplies: true,
      withholdingIncome: 'service',
    };
    const taxPath = `/api/revenue/payees/photographer/${person.id}/tax`;
    assert.equal((await shop.call('PUT', taxPath, { ...admin, body: tax })).body.legalName, tax.legalName);
    assert.equal((await shop.call('PUT', taxPath, { token: person.token, body: tax })).status, 403);
    await earn(person, 1_234_500);
    rest();
    const payout = payoutOf((await batch()).items, person);
    const certificate = `/api/revenue/payouts/${payout.id}/certificate`;
    const statement = `/api/revenue/payouts/${payout.id}/statement`;
    assert.equal((await shop.call('GET', certificate, admin)).status, 404, 'not before it is paid');
    await call(admin, `/api/revenue/payouts/${payout.id}/approve`);
    await call(admin, `/api/revenue/payouts/${payout.id}/pay`, { transferReference: 'KB-2026-11' });
    const folder = await mkdtemp(path.join(tmpdir(), 'tps-pdf-'));
    try {
      for (const [target, words] of [
        [statement, [payout.number, '11,974.65']],
        [certificate, ['WT20', '12,345.00', '370.35', '1-2345-67890-12-1']],
      ] as const) {
        for (const reader of target === statement ? [{ token: person.token }] : [admin]) {
          const answer = await fetch(shop.url + target, { headers: { authorization: `Bearer ${reader.token}` } });
          assert.equal(answer.status, 200);
          const pdf = Buffer.from(await answer.arrayBuffer());
          assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
          await writeFile(path.join(folder, 'a.pdf'), pdf);
        }
        const text = spawnSync('pdftotext', ['-layout', path.join(folder, 'a.pdf'), '-'], { encoding: 'utf8' });
        // Looked at where the machine has the tool.
        if (!text.error) for (const word of words) assert.ok(text.stdout.includes(word), `${word} in ${text.stdout}`);
        for (const reader of [{ token: stranger.token }, { token: (await shop.person('organizer')).token }])
          assert.equal((await shop.call('GET', target, reader)).status, 404);
        assert.equal((await shop.call('GET', target, { token: (await shop.person()).token })).status, 403);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
    // Withholding that does not apply is not withheld.
    await shop.call('PUT', taxPath, { ...admin, body: { ...tax, withholdingApplies: false } });
    await earn(person, 500_000);
    rest();
    const free = await call(admin, '/api/revenue/payouts', { photographerId: person.id });
    assert.equal(payoutOf(free.body.items, person).withholdingSatang, 0);
  });
});
