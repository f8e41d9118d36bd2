import type { Readable } from 'node:stream';
import { bahttext } from 'bahttext';
import PDFDocument from 'pdfkit';
import { formatBaht } from '#contracts/money.ts';
import { type Doc, registerFonts, wrap, write } from './pdf-text.ts';
import type { Invoice, InvoiceKind } from './repository.ts';

const left = 50;
const right = 545;
const full = right - left;
const grey = '#4B5563';
const columns = { number: left, description: left + 28, quantity: 395, amount: 455 };
const pageBottom = 760;

const titles: Record<InvoiceKind, { th: string; en: string }> = {
  receipt: { th: 'ใบเสร็จรับเงิน', en: 'Receipt' },
  tax_invoice: { th: 'ใบกำกับภาษี / ใบเสร็จรับเงิน', en: 'Tax Invoice / Receipt' },
  credit_note: { th: 'ใบลดหนี้', en: 'Credit Note' },
};
/** Section 86/6: without the buyer's name and address a tax invoice is an abbreviated one. */
const abbreviated = { th: 'ใบกำกับภาษีอย่างย่อ\nใบเสร็จรับเงิน', en: 'Abbreviated Tax Invoice / Receipt' };
const titleOf = ({ kind, buyer }: Invoice) =>
  kind === 'tax_invoice' && !(buyer.name && buyer.address) ? abbreviated : titles[kind];

/** What a credit note corrects: the document of the sale, and all notes of the sale up to this one. */
export interface CreditOf {
  sale: Invoice;
  notesUntil: readonly Invoice[];
  reason: string;
}
const date = (at: Date, locale: string) =>
  new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'Asia/Bangkok' }).format(
    at,
  );

function rule(doc: Doc, y: number, color = '#D1D5DB'): void {
  doc.moveTo(left, y).lineTo(right, y).lineWidth(0.7).strokeColor(color).stroke();
}

function header(doc: Doc, invoice: Invoice, orderNumber: string, creditOf: CreditOf | null): number {
  const { seller } = invoice;
  const title = titleOf(invoice);
  let y = write(doc, seller.name, left, 50, 260, { size: 16, bold: true });
  const details = [
    seller.address,
    seller.taxId && `เลขประจำตัวผู้เสียภาษี / Tax ID ${seller.taxId}`,
    seller.taxId && seller.branch && `สาขา / Branch ${seller.branch}`,
    [seller.phone, seller.email].filter(Boolean).join('  '),
  ].filter(Boolean);
  for (const detail of details) y = write(doc, detail, left, y, 260, { size: 9, color: grey });
  let side = write(doc, title.th, 320, 50, right - 320, { size: 16, bold: true, align: 'right' });
  side = write(doc, title.en, 320, side - 4, right - 320, { size: 11, color: grey, align: 'right' });
  const facts: [string, string][] = [
    ['เลขที่ / No.', invoice.number],
    ['วันที่ / Date', `${date(invoice.issued_at, 'th-TH-u-ca-buddhist')}\n${date(invoice.issued_at, 'en-GB')}`],
    ['คำสั่งซื้อ / Order', orderNumber],
    ...(creditOf
      ? ([
          ['อ้างถึง / Refers to', `${creditOf.sale.number}\n${date(creditOf.sale.issued_at, 'th-TH-u-ca-buddhist')}`],
        ] as [string, string][])
      : []),
  ];
  side += 6;
  for (const [label, value] of facts) {
    write(doc, label, 320, side, 110, { size: 9, color: grey });
    side = write(doc, value, 420, side, right - 420, { size: 9, align: 'right' });
  }
  return Math.max(y, side) + 12;
}

function buyer(doc: Doc, invoice: Invoice, top: number): number {
  const { name, address, taxId, branch, email } = invoice.buyer;
  rule(doc, top, '#D4AF37');
  let y = write(doc, 'ลูกค้า / Customer', left, top + 8, full, { size: 9, color: grey });
  y = write(doc, name ?? email, left, y, full, { size: 11, bold: true });
  if (address) y = write(doc, address, left, y, full, { size: 9 });
  if (taxId) {
    const at = branch ? `   สาขา / Branch ${branch}` : '';
    y = write(doc, `เลขประจำตัวผู้เสียภาษี / Tax ID ${taxId}${at}`, left, y, full, { size: 9 });
  }
  if (name) y = write(doc, email, left, y, full, { size: 9, color: grey });
  return y + 10;
}

function tableHead(doc: Doc, top: number): number {
  doc.rect(left, top, full, 24).fill('#F3F4F6');
  const style = { size: 9, bold: true };
  write(doc, '#', columns.number + 6, top + 5, 20, style);
  write(doc, 'รายการ / Description', columns.description, top + 5, 300, style);
  write(doc, 'จำนวน / Qty', columns.quantity - 30, top + 5, 80, { ...style, align: 'right' });
  write(doc, 'บาท / THB', columns.amount, top + 5, right - columns.amount - 6, { ...style, align: 'right' });
  return top + 32;
}

function table(doc: Doc, invoice: Invoice, top: number): number {
  let y = tableHead(doc, top);
  for (const [index, line] of invoice.lines.entries()) {
    if (y > pageBottom - 60) {
      doc.addPage();
      y = tableHead(doc, 50);
    }
    const width = columns.quantity - 40 - columns.description;
    write(doc, String(index + 1), columns.number + 6, y, 20, { size: 10 });
    write(doc, String(line.quantity), columns.quantity - 30, y, 80, { size: 10, align: 'right' });
    const amount = formatBaht(line.amountSatang);
    write(doc, amount, columns.amount, y, right - columns.amount - 6, { size: 10, align: 'right' });
    y = write(doc, line.descriptionTh, columns.description, y, width, { size: 10 });
    y = write(doc, line.descriptionEn, columns.description, y - 1, width, { size: 8.5, color: grey }) + 6;
    rule(doc, y - 3);
    y += 4;
  }
  return y;
}

type TotalRow = [label: string, satang: number, bold: boolean];
/** Section 86/10: what the sale's document said, what is right, and the difference that this note gives back. */
function correction(invoice: Invoice, { sale, notesUntil }: CreditOf): TotalRow[] {
  const net = (each: Invoice) => each.total_satang - each.vat_satang;
  const given = notesUntil.reduce((sum, note) => sum + net(note), 0);
  return [
    ['มูลค่าตามเอกสารเดิม / Original value', net(sale), false],
    ['มูลค่าที่ถูกต้อง / Correct value', net(sale) - given, false],
    ...(notesUntil.length > 1
      ? ([['ลดหนี้แล้วก่อนหน้า / Credited before', given - net(invoice), false]] as TotalRow[])
      : []),
    ['ผลต่าง / Difference', net(invoice), false],
  ];
}

function totals(doc: Doc, invoice: Invoice, creditOf: CreditOf | null, top: number): number {
  let y = top + 6;
  if (top > pageBottom - (creditOf ? 180 : 110)) {
    doc.addPage();
    y = 50;
  }
  const net = invoice.total_satang - invoice.vat_satang;
  const rate = `${invoice.vat_rate_bp / 100}%`;
  const before: TotalRow[] = creditOf ? correction(invoice, creditOf) : [['มูลค่าก่อนภาษี / Before VAT', net, false]];
  const rows: TotalRow[] =
    invoice.vat_rate_bp > 0
      ? [
          ...before,
          [`ภาษีมูลค่าเพิ่ม / VAT ${rate}`, invoice.vat_satang, false],
          ['รวมทั้งสิ้น / Total', invoice.total_satang, true],
        ]
      : [...(creditOf ? before : []), ['รวมทั้งสิ้น / Total', invoice.total_satang, true]];
  for (const [label, amount, bold] of rows) {
    const style = { size: bold ? 12 : 10, bold };
    write(doc, label, 290, y, 165, style);
    y = write(doc, formatBaht(amount), columns.amount, y, right - columns.amount - 6, { ...style, align: 'right' }) + 2;
  }
  y = write(doc, `( ${bahttext(invoice.total_satang / 100)} )`, left, y + 4, full - 6, { size: 10.5, align: 'right' });
  return y + 10;
}

function footer(doc: Doc, invoice: Invoice, creditOf: CreditOf | null, top: number): void {
  rule(doc, top);
  const notes: string[] = [];
  if (invoice.kind === 'receipt') notes.push('เอกสารนี้ไม่ใช่ใบกำกับภาษี / This is not a tax invoice.');
  if (creditOf) notes.push(`สาเหตุที่ออกใบลดหนี้ / Reason: คืนเงิน / refund${creditOf.reason ? ` · ${creditOf.reason}` : ''}`);
  else if (invoice.total_satang === 0) notes.push('ไม่มียอดที่ต้องชำระ ขอบคุณที่ใช้บริการ / Nothing was to be paid. Thank you.');
  else notes.push('ชำระเงินเรียบร้อยแล้ว ขอบคุณที่อุดหนุน / Paid in full. Thank you.');
  const style = { size: 9, color: grey };
  let y = top + 8;
  // A reason may be long: line by line, so that it goes on on the next page.
  for (const line of notes.flatMap((note) => wrap(doc, note, full, style))) {
    if (y > pageBottom + 20) {
      doc.addPage();
      y = 50;
    }
    y = write(doc, line, left, y, full, style);
  }
}

/** "2/5" on every page of a document that has several, with its number: pages get apart. */
function pageNumbers(doc: Doc, number: string): void {
  const { start, count } = doc.bufferedPageRange();
  if (count < 2) return;
  for (let page = start; page < start + count; page++) {
    doc.switchToPage(page);
    const text = `${number} · หน้า / Page ${page - start + 1}/${count}`;
    write(doc, text, left, 800, full, { size: 8.5, color: grey, align: 'right' });
  }
}

/** The document as a PDF stream, A4, Thai first with English, fonts embedded. */
export function renderInvoice(
  invoice: Invoice,
  context: { orderNumber: string; creditOf: CreditOf | null },
): Readable & { end(): void } {
  const doc = new PDFDocument({
    size: 'A4',
    margin: 0,
    bufferPages: true,
    info: { Title: `${titleOf(invoice).en} ${invoice.number}`, Author: invoice.seller.name },
  });
  registerFonts(doc);
  let y = header(doc, invoice, context.orderNumber, context.creditOf);
  y = buyer(doc, invoice, y);
  y = table(doc, invoice, y);
  y = totals(doc, invoice, context.creditOf, y);
  footer(doc, invoice, context.creditOf, y);
  pageNumbers(doc, invoice.number);
  doc.end();
  return doc;
}
