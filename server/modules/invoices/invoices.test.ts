import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTestDatabase, type TestDatabase } from '#test/database.ts';
import { createInvoicesService, type InvoicesService } from './service.ts';

const seller = {
  name: 'บริษัท เดอะพิกซ์สต็อก จำกัด',
  address: '99/9 ถนนสุขุมวิท กรุงเทพมหานคร 10110',
  taxId: '0105561234560',
  branch: 'สำนักงานใหญ่',
  email: 'hello@example.test',
  phone: '',
  vatRegistered: true,
};

describe('documents of sales', () => {
  let database: TestDatabase;
  let invoices: InvoicesService;
  let eventId: string;
  let userId: string;
  before(async () => {
    database = await createTestDatabase();
    invoices = createInvoicesService({ db: database.db });
    const now = new Date();
    const { db } = database;
    const user = db.insertInto('users').values({ name: 'ผู้ซื้อ', email: 'buyer@example.test' }).returning('id');
    userId = (await user.executeTakeFirstOrThrow()).id;
    const event = db
      .insertInto('events')
      .values({ name: 'งานวิ่งน้ำตกก้อ', slug: 'run', starts_at: now, ends_at: now })
      .returning('id');
    eventId = (await event.executeTakeFirstOrThrow()).id;
  });
  after(() => database.drop());

  async function order(rateBp = 0) {
    const { id, number } = await database.db
      .insertInto('orders')
      .values({
        user_id: userId,
        email: 'buyer@example.test',
        subtotal_satang: 6_000,
        total_satang: 6_000,
        quote: '{}',
      })
      .returning(['id', 'number'])
      .executeTakeFirstOrThrow();
    return { id, number, email: 'buyer@example.test', buyer: {}, tax: { rateBp } };
  }
  const items = () => [{ event_id: eventId, package_id: null, price_satang: 6_000 }];
  const sale = (of: Awaited<ReturnType<typeof order>>, at: Date, fails = false) =>
    database.db.transaction().execute(async (trx) => {
      await invoices.issueSale(trx, { order: of, items: items(), paidSatang: 6_012, seller, at });
      if (fails) throw new Error('the sale was rolled back');
    });

  it('are numbered without a gap when sixty sales settle at once and every third is rolled back', async () => {
    const orders = await Promise.all(Array.from({ length: 60 }, () => order()));
    const at = new Date('2026-11-22T05:00:00Z');
    const results = await Promise.allSettled(orders.map((each, index) => sale(each, at, index % 3 === 0)));
    const kept = results.filter((result) => result.status === 'fulfilled').length;
    assert.equal(kept, 40);
    const rows = await database.db.selectFrom('invoices').select(['sequence', 'number']).orderBy('sequence').execute();
    assert.deepEqual(
      rows.map((row) => row.number),
      Array.from({ length: kept }, (_, index) => `RC2026-${String(index + 1).padStart(6, '0')}`),
    );
  });

  it('begin a new series with the Bangkok year, and are a tax invoice from who is registered for VAT', async () => {
    const made = await order(700);
    await sale(made, new Date('2026-12-31T17:00:00Z'));
    const found = database.db.selectFrom('invoices').selectAll().where('order_id', '=', made.id);
    const invoice = await found.executeTakeFirstOrThrow();
    assert.deepEqual(
      [invoice.kind, invoice.number, invoice.total_satang, invoice.vat_satang],
      ['tax_invoice', 'TX2027-000001', 6_012, 393],
    );
    const credit = (amountSatang: number, vatSatang: number, at: Date) =>
      database.db.transaction().execute(async (trx) => {
        const { id: refundId } = await trx
          .insertInto('refunds')
          .values({ order_id: made.id, amount_satang: amountSatang, reason: 'ภาพเบลอ', status: 'approved' })
          .returning('id')
          .executeTakeFirstOrThrow();
        const part = [{ ...items()[0]!, price_satang: amountSatang }];
        await invoices.issueCreditNote(trx, {
          order: made,
          refundId,
          items: part,
          amountSatang,
          vatSatang,
          seller,
          at,
        });
      });
    await credit(2_000, 130, new Date('2027-01-05T05:00:00Z'));
    await credit(4_012, 263, new Date('2027-01-06T05:00:00Z'));
    assert.deepEqual(
      (await invoices.list(made.id)).map((each) => [each.number, each.totalSatang]),
      [
        ['TX2027-000001', 6_012],
        ['CN2027-000001', 2_000],
        ['CN2027-000002', 4_012],
      ],
    );
    const stranger = await order();
    await assert.rejects(invoices.pdf(stranger, { kind: 'sale', number: 'CN2027-000001' }), {
      code: 'resource.not_found',
    });
    const folder = await mkdtemp(path.join(tmpdir(), 'tps-invoice-'));
    try {
      for (const [wanted, words] of [
        [{ kind: 'sale' }, ['TX2027-000001', '60.12', '3.93', '0105561234560', 'Abbreviated Tax Invoice']],
        // 56.19 before VAT were sold, 18.70 of them given back; then the rest.
        [
          { kind: 'credit_note', number: 'CN2027-000001' },
          ['CN2027-000001', 'TX2027-000001', '20.00', '56.19', '37.49', '18.70', '1.30', 'Credit Note'],
        ],
        [{ kind: 'credit_note' }, ['CN2027-000002', 'TX2027-000001', '40.12', '0.00', '37.49', '2.63']],
      ] as const) {
        const { fileName, stream } = await invoices.pdf(made, wanted);
        const pdf = Buffer.concat(await stream.toArray());
        assert.equal(fileName, `${words[0]}.pdf`);
        assert.ok(pdf.includes('/FontFile'), 'the fonts are in the file');
        await writeFile(path.join(folder, fileName), pdf);
        const text = spawnSync('pdftotext', ['-layout', path.join(folder, fileName), '-'], { encoding: 'utf8' });
        // Read back where the machine has the tool.
        if (!text.error) for (const word of words) assert.ok(text.stdout.includes(word), `${word} in ${text.stdout}`);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
