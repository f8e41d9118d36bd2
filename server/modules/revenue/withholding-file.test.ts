import assert from 'node:assert/strict';
import { withholdingCsv } from './withholding-file.ts';

const item = {
  payoutId: '11111111-1111-4111-8111-111111111111',
  certificateNumber: 'WT2569-000001',
  form: 'pnd3' as const,
  legalName: 'เพชร "ไนต์", ช่างภาพ',
  taxId: '0123456789012',
  address: '1/1\nบางรัก',
  income: 'service' as const,
  paidOn: '2026-11-29',
  grossSatang: 600_000_001,
  rateBp: 300,
  withholdingSatang: 18_000_000,
};

describe('the attachment of a return', () => {
  it('has one line a certificate of its form, days of the Buddhist era, exact sums', () => {
    const other = { ...item, form: 'pnd53' as const, legalName: '=cmd|calc', income: 'copyright' as const };
    const lines = withholdingCsv([item, { ...item, certificateNumber: 'WT2569-000002' }, other], 'pnd3').split('\r\n');
    assert.equal(lines.length, 5);
    assert.ok(lines[0]!.startsWith('\uFEFFลำดับที่,'));
    assert.equal(
      lines[1],
      '1,WT2569-000001,0123456789012,"เพชร ""ไนต์"", ช่างภาพ",1/1 บางรัก,29/11/2569,ค่าบริการ (มาตรา 3 เตรส),3.00,6000000.01,180000.00,1',
    );
    assert.equal(lines[3], ',,,รวม,,,,,12000000.02,360000.00,');
    const company = withholdingCsv([item, other], 'pnd53').split('\r\n');
    assert.ok(company[1]!.includes('cmd|calc') && !company[1]!.includes('=cmd'), 'no formula');
  });
  it('of a month without any is a head line and zeros', () => {
    assert.match(withholdingCsv([], 'pnd3'), /\r\n,,,รวม,,,,,0\.00,0\.00,\r\n$/);
  });
});
