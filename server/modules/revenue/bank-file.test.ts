import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bankFile, toTis620 } from './bank-file.ts';

const transfers = [
  {
    reference: 'PAY-261122-000001',
    bankCode: '004',
    accountNumber: '1234567890',
    accountName: 'สมชาย ใจดี',
    amountSatang: 123_456,
  },
  {
    reference: 'PAY-261122-000002',
    bankCode: '014',
    accountNumber: '0987654321',
    accountName: '=cmd(), "Ltd"',
    amountSatang: 5,
  },
];
const file = {
  batchReference: 'AB12CD34',
  companyName: 'บริษัท เดอะพิกซ์สต็อก จำกัด',
  debitAccount: '1112223334',
  valueDate: '2026-11-30',
  transfers,
};

describe('the file for the bank', () => {
  it('is CSV with header, a line a transfer, count and total', () => {
    const text = bankFile(file, 'csv', 'utf-8').toString('utf8');
    assert.deepEqual(text.split('\r\n'), [
      '\ufeffH,TPSBULK1,AB12CD34,20261130,1112223334,บริษัท เดอะพิกซ์สต็อก จำกัด',
      'D,1,004,1234567890,1234.56,สมชาย ใจดี,PAY-261122-000001',
      'D,2,014,0987654321,0.05,"cmd(), ""Ltd""",PAY-261122-000002',
      'T,2,1234.61',
      '',
    ]);
  });
  it('is records of 128 bytes in TIS-620, which decodes to the same Thai', () => {
    const bytes = bankFile(file, 'fixed', 'tis-620');
    assert.equal(bytes.length, 4 * 130);
    const lines = new TextDecoder('windows-874').decode(bytes).split('\r\n');
    assert.ok(lines.slice(0, 4).every((line) => line.length === 128));
    assert.equal(lines[1]!.slice(0, 7), 'D000001');
    assert.equal(lines[1]!.slice(7, 10), '004');
    assert.equal(lines[1]!.slice(10, 25), '1234567890     ');
    assert.equal(lines[1]!.slice(25, 40), '000000000123456');
    assert.equal(lines[1]!.slice(40, 100).trim(), 'สมชาย ใจดี');
    assert.equal(lines[1]!.slice(100, 120).trim(), 'PAY-261122-000001');
    assert.equal(lines[3]!.slice(0, 25), 'T000002000000000000123461');
  });
  it('holds whatever the names are: one line each, totals that are the sums', () => {
    const transfer = fc.record({
      reference: fc.constant('PAY-261122-000001'),
      bankCode: fc.constantFrom('004', '014'),
      accountNumber: fc.stringMatching(/^\d{10,15}$/),
      accountName: fc.string({ unit: 'binary', maxLength: 90 }),
      amountSatang: fc.integer({ min: 1, max: 10_000_000_000 }),
    });
    fc.assert(
      fc.property(fc.array(transfer, { maxLength: 20 }), (list) => {
        const bytes = bankFile({ ...file, transfers: list }, 'fixed', 'tis-620');
        assert.equal(bytes.length, (list.length + 2) * 130);
        const sum = list.reduce((total, each) => total + each.amountSatang, 0);
        assert.ok(
          bytes
            .subarray(-130)
            .toString('latin1')
            .startsWith(`T${String(list.length).padStart(6, '0')}${String(sum).padStart(18, '0')}`),
        );
      }),
      { numRuns: 30 },
    );
    assert.deepEqual([...toTis620('กA😀฿')], [0xa1, 0x41, 0x3f, 0xdf]);
  });
});
