import { bahttext } from 'bahttext';
import { sql } from 'kysely';
import PDFDocument from 'pdfkit';
import { formatBaht, type Satang } from '#contracts/money.ts';
import type { SettingValue } from '#contracts/settings.ts';
import { registerFonts, write } from '#server/modules/invoices/pdf-text.ts';
import type { DbOrTrx } from '#server/platform/db.ts';
import { type PayoutRow, payeeOfRow } from './payout-rows.ts';

const left = 50;
const right = 545;
const full = right - left;
const grey = '#4B5563';
const bottom = 770;

interface StatementLine {
  event: string;
  eventEn: string | null;
  kind: 'sale' | 'refund' | 'adjustment';
  photos: number;
  amountSatang: Satang;
}
/** What a payout settles, by event: sales, and refunds taken off. */
export async function statementLines(db: DbOrTrx, payoutId: string): Promise<StatementLine[]> {
  const { rows } = await sql<{
    name: string | null;
    name_en: string | null;
    kind: string;
    photos: number;
    amount: number;
  }>`
    select e.name, e.name_en, t.kind, count(distinct p.order_item_id)::int as photos, (-sum(p.amount_satang))::bigint as amount
    from payout_items i
    join ledger_postings p on p.id = i.posting_id
    join ledger_transactions t on t.id = p.transaction_id
    left join events e on e.id = p.event_id
    where i.payout_id = ${payoutId}
    group by e.id, t.kind order by min(t.occurred_at), e.id, t.kind`.execute(db);
  return rows.map((row) => ({
    event: row.name ?? '',
    eventEn: row.name_en,
    kind: row.kind as StatementLine['kind'],
    photos: row.photos,
    amountSatang: row.amount,
  }));
}

const day = (at: Date, locale: string) =>
  new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'Asia/Bangkok' }).format(
    at,
  );
const both = (at: Date) => `${day(at, 'th-TH-u-ca-buddhist')} / ${day(at, 'en-GB')}`;
const states: Record<string, string> = {
  draft: 'ร่าง / Draft',
  approved: 'อนุมัติแล้ว รอโอน / Approved, to be transferred',
  paid: 'โอนแล้ว / Transferred',
  cancelled: 'ยกเลิก / Cancelled',
  failed: 'โอนไม่สำเร็จ / Transfer failed',
};
const kinds: Record<StatementLine['kind'], string> = {
  sale: 'ส่วนแบ่งจากการขาย / Share of sales',
  refund: 'คืนเงินลูกค้า / Refunds',
  adjustment: 'ปรับปรุง / Adjustment',
};

/** The statement of one payout, A4, Thai with English. */
export function renderStatement(row: PayoutRow, lines: readonly StatementLine[], seller: SettingValue<'seller'>) {
  const doc = new PDFDocument({
    size: 'A4',
    margin: 0,
    info: { Title: `Statement ${row.number}`, Author: seller.name },
  });
  registerFonts(doc);
  const rule = (y: number, color = '#D1D5DB') =>
    doc.moveTo(left, y).lineTo(right, y).lineWidth(0.7).strokeColor(color).stroke();

  let y = write(doc, seller.name, left, 50, 270, { size: 16, bold: true });
  if (seller.address) y = write(doc, seller.address, left, y, 270, { size: 9, color: grey });
  let side = write(doc, 'ใบแจ้งรายได้', 320, 50, right - 320, { size: 16, bold: true, align: 'right' });
  side = write(doc, 'Earnings statement', 320, side - 4, right - 320, { size: 11, color: grey, align: 'right' });
  const facts: [string, string][] = [
    ['เลขที่ / No.', row.number],
    ['วันที่ / Date', both(row.paid_at ?? row.created_at)],
    ['ยอดขายถึง / Sales until', both(row.period_end)],
  ];
  side += 6;
  for (const [label, value] of facts) {
    write(doc, label, 320, side, 105, { size: 9, color: grey });
    side = write(doc, value, 415, side, right - 415, { size: 9, align: 'right' });
  }
  y = Math.max(y, side) + 10;
  rule(y, '#D4AF37');
  y = write(doc, 'ผู้รับเงิน / Payee', left, y + 8, full, { size: 9, color: grey });
  y = write(doc, payeeOfRow(row).displayName, left, y, full, { size: 12, bold: true });
  if (row.account_last4)
    y = write(doc, `บัญชี / Account ${row.bank_code} ····${row.account_last4}`, left, y, full, { size: 9 });
  y = write(doc, states[row.status] ?? row.status, left, y, full, { size: 9, color: grey }) + 10;

  const head = (top: number): number => {
    doc.rect(left, top, full, 24).fill('#F3F4F6');
    write(doc, 'รายการ / Description', left + 6, top + 5, 300, { size: 9, bold: true });
    write(doc, 'ภาพ / Photos', 350, top + 5, 90, { size: 9, bold: true, align: 'right' });
    write(doc, 'บาท / THB', 450, top + 5, right - 456, { size: 9, bold: true, align: 'right' });
    return top + 32;
  };
  y = head(y);
  for (const line of lines) {
    if (y > bottom - 60) {
      doc.addPage();
      y = head(50);
    }
    write(doc, line.photos ? String(line.photos) : '', 350, y, 90, { size: 10, align: 'right' });
    write(doc, formatBaht(line.amountSatang), 450, y, right - 456, { size: 10, align: 'right' });
    const name = line.eventEn && line.eventEn !== line.event ? `${line.event} / ${line.eventEn}` : line.event;
    y = write(doc, name || kinds[line.kind], left + 6, y, 285, { size: 10 });
    if (name) y = write(doc, kinds[line.kind], left + 6, y - 1, 285, { size: 8.5, color: grey });
    rule(y + 3);
    y += 10;
  }
  if (y > bottom - 100) {
    doc.addPage();
    y = 50;
  }
  const totals: [string, Satang, boolean][] = [
    ['ยอดรวม / Gross', row.gross_satang, false],
    ['หักภาษี ณ ที่จ่าย / Withholding tax', -row.withholding_satang, false],
    ['ยอดโอนสุทธิ / Net transfer', row.net_satang, true],
  ];
  y += 4;
  for (const [label, amount, bold] of totals) {
    const style = { size: bold ? 12 : 10, bold };
    write(doc, label, 250, y, 200, style);
    y = write(doc, formatBaht(amount), 450, y, right - 456, { ...style, align: 'right' }) + 2;
  }
  y = write(doc, `( ${bahttext(row.net_satang / 100)} )`, left, y + 2, full - 6, { size: 10, align: 'right' }) + 8;
  rule(y);
  const notes = [
    row.transfer_reference && `อ้างอิงธนาคาร / Bank reference: ${row.transfer_reference}`,
    row.failure && `เหตุผล / Reason: ${row.failure}`,
    row.note,
    'ส่วนแบ่งคำนวณจากราคาขายหักภาษีมูลค่าเพิ่ม (ถ้ามี) / Shares are of the price after VAT, where there is any.',
  ].filter((note): note is string => Boolean(note));
  y += 8;
  for (const note of notes) y = write(doc, note, left, y, full, { size: 9, color: grey });
  doc.end();
  return doc;
}
