import { bahttext } from 'bahttext';
import PDFDocument from 'pdfkit';
import { formatBaht } from '#contracts/money.ts';
import { registerFonts, write } from '#server/modules/invoices/pdf-text.ts';
import type { TaxSnapshot } from './payee-tax.ts';
import type { PayoutRow } from './payout-rows.ts';

const left = 50;
const right = 545;
const full = right - left;
const grey = '#4B5563';

const incomes: Record<TaxSnapshot['income'], string> = {
  service: '5. เงินได้ที่ต้องหักภาษีตามมาตรา 3 เตรส: ค่าจ้างทำของ ค่าบริการ / Section 3 tredecim: services',
  fee: '2. ค่าธรรมเนียม ค่านายหน้า ตามมาตรา 40 (2) / Fees, commissions, Section 40 (2)',
  copyright: '3. ค่าแห่งลิขสิทธิ์ ตามมาตรา 40 (3) / Copyright income, Section 40 (3)',
};
/** Thai tax ids are written 0-0000-00000-00-0. */
const grouped = (taxId: string | null): string =>
  taxId ? taxId.replace(/^(\d)(\d{4})(\d{5})(\d{2})(\d)$/, '$1-$2-$3-$4-$5') : '—';

export interface NumberedPayout {
  row: PayoutRow;
  /** Of the certificate. */
  number: string;
}

/** Withholding tax certificates (Section 50 bis of the Revenue Code), one A4 page each, in the order of the form. */
export function renderCertificates(title: string, payouts: readonly NumberedPayout[]) {
  const doc = new PDFDocument({ size: 'A4', margin: 0, autoFirstPage: false, info: { Title: title } });
  registerFonts(doc);
  for (const { row, number } of payouts) {
    doc.addPage();
    drawCertificate(doc, row, number);
  }
  doc.end();
  return doc;
}

function drawCertificate(doc: PDFKit.PDFDocument, row: PayoutRow, number: string): void {
  const tax = row.tax as unknown as TaxSnapshot;
  let y = write(doc, 'หนังสือรับรองการหักภาษี ณ ที่จ่าย', left, 50, full, { size: 17, bold: true });
  y = write(
    doc,
    'ตามมาตรา 50 ทวิ แห่งประมวลรัษฎากร / Withholding tax certificate, Section 50 bis of the Revenue Code',
    left,
    y - 3,
    full,
    { size: 10, color: grey },
  );
  y = write(doc, `เลขที่ / No. ${number}`, left, y + 2, full, { size: 10, align: 'right' });

  const box = (label: string, lines: readonly string[], top: number): number => {
    let at = write(doc, label, left + 10, top + 8, full - 20, { size: 9, color: grey });
    for (const [index, line] of lines.entries())
      at = write(doc, line, left + 10, at, full - 20, { size: index === 0 ? 12 : 10, bold: index === 0 });
    doc
      .roundedRect(left, top, full, at - top + 8, 4)
      .lineWidth(0.7)
      .strokeColor('#9CA3AF')
      .stroke();
    return at + 18;
  };
  const party = (name: string, taxId: string | null, address: string | null, branch?: string): string[] =>
    [
      name,
      `เลขประจำตัวผู้เสียภาษี / Tax ID ${grouped(taxId)}${branch ? `   สาขา / Branch ${branch}` : ''}`,
      address ? `ที่อยู่ / Address ${address}` : '',
    ].filter(Boolean);
  const { payer } = tax;
  y = box('ผู้มีหน้าที่หักภาษี ณ ที่จ่าย / Payer', party(payer.name, payer.taxId, payer.address, payer.branch), y + 6);
  y = box('ผู้ถูกหักภาษี ณ ที่จ่าย / Payee', party(tax.legalName, tax.taxId, tax.address), y);
  const form = tax.isJuristic ? 'ภ.ง.ด.53 / P.N.D. 53' : 'ภ.ง.ด.3 / P.N.D. 3';
  y = write(doc, `แบบยื่น / Return: ${form}`, left, y, full, { size: 10 }) + 8;

  doc.rect(left, y, full, 24).fill('#F3F4F6');
  const columns: { label: string; x: number; width: number }[] = [
    { label: 'ประเภทเงินได้ / Income', x: left + 8, width: 200 },
    { label: 'วันที่จ่าย / Paid on', x: 265, width: 85 },
    { label: 'จำนวนเงิน / Amount', x: 350, width: 100 },
    { label: 'ภาษี / Tax', x: 450, width: right - 458 },
  ];
  for (const [index, column] of columns.entries())
    write(doc, column.label, column.x, y + 5, column.width, {
      size: 9,
      bold: true,
      align: index > 1 ? 'right' : 'left',
    });
  y += 32;
  const paidOn = new Intl.DateTimeFormat('th-TH-u-ca-buddhist', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  });
  write(doc, paidOn.format(new Date(`${row.transferred_on_text}T00:00:00Z`)), 265, y, 85, { size: 10 });
  write(doc, formatBaht(row.gross_satang), 350, y, 100, { size: 10, align: 'right' });
  write(doc, formatBaht(row.withholding_satang), 450, y, right - 458, { size: 10, align: 'right' });
  y = write(doc, incomes[tax.income], left + 8, y, 200, { size: 9.5 });
  y = write(doc, `อัตรา / Rate ${tax.rateBp / 100} %`, left + 8, y, 200, { size: 9, color: grey }) + 6;
  doc.moveTo(left, y).lineTo(right, y).lineWidth(0.7).strokeColor('#9CA3AF').stroke();
  y += 8;
  write(doc, 'รวม / Total', left + 8, y, 200, { size: 10, bold: true });
  write(doc, formatBaht(row.gross_satang), 350, y, 100, { size: 10, bold: true, align: 'right' });
  y = write(doc, formatBaht(row.withholding_satang), 450, y, right - 458, { size: 10, bold: true, align: 'right' });
  y = write(
    doc,
    `รวมเงินภาษีที่หักนำส่ง / Tax withheld in words: ${bahttext(row.withholding_satang / 100)}`,
    left + 8,
    y + 4,
    full - 16,
    { size: 10 },
  );
  y = write(doc, '(1) หัก ณ ที่จ่าย / Tax withheld at source', left + 8, y + 4, full - 16, { size: 10 }) + 34;
  write(doc, 'ลงชื่อ / Signed ..............................................', 300, y, right - 300, { size: 10 });
  y = write(doc, '', 300, y, right - 300, { size: 10 });
  y = write(doc, `(${payer.name})`, 300, y, right - 300, { size: 10 });
  write(doc, `อ้างอิง / Reference ${row.number}`, left, y + 16, full, { size: 8.5, color: grey });
}
