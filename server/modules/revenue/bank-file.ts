import type { Satang } from '#contracts/money.ts';

/**
 * Payouts as a file for the bank's bulk transfer. Banks in Thailand each have a layout of their own and let the customer map
 * columns; these two are plain, generic ones that name everything such a mapping needs (docs/runbook.md has the tables):
 * `csv`, and `fixed` with records of 128 characters. Both: a header, one line a transfer, a trailer with count and total.
 */
export interface BankTransfer {
  /** The payout's number: comes back on the bank's report. */
  reference: string;
  bankCode: string;
  accountNumber: string;
  accountName: string;
  amountSatang: Satang;
}
export interface BankFile {
  /** Of the batch: the same batch is the same file. */
  batchReference: string;
  companyName: string;
  debitAccount: string;
  /** Bangkok day, YYYY-MM-DD. */
  valueDate: string;
  transfers: readonly BankTransfer[];
}
export type BankFileFormat = 'csv' | 'fixed';
export type BankFileEncoding = 'utf-8' | 'tis-620';
const recordLength = 128;

/** TIS-620: ASCII, and Thai as one byte a letter. What neither has becomes `?`. */
export const toTis620 = (text: string): Buffer =>
  Buffer.from(
    [...text].map((letter) => {
      const code = letter.codePointAt(0)!;
      if (code < 0x80) return code;
      const isThai = (code >= 0x0e01 && code <= 0x0e3a) || (code >= 0x0e3f && code <= 0x0e5b);
      return isThai ? code - 0x0e00 + 0xa0 : 0x3f;
    }),
  );

/** One line of text: no control characters or emoji, and nothing that a spreadsheet would take for a formula. */
const plain = (text: string): string =>
  text
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/[\u{10000}-\u{10ffff}]/gu, '?')
    .trim()
    .replace(/^[=+\-@]+/, '');
const csvCell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const baht = (satang: Satang): string => `${Math.floor(satang / 100)}.${String(satang % 100).padStart(2, '0')}`;
const total = (file: BankFile): Satang => file.transfers.reduce((sum, each) => sum + each.amountSatang, 0);

function csvLines(file: BankFile): string[] {
  const rows = [
    [
      'H',
      'TPSBULK1',
      file.batchReference,
      file.valueDate.replaceAll('-', ''),
      file.debitAccount,
      plain(file.companyName),
    ],
    ...file.transfers.map((each, index) => [
      'D',
      String(index + 1),
      each.bankCode,
      each.accountNumber,
      baht(each.amountSatang),
      plain(each.accountName),
      each.reference,
    ]),
    ['T', String(file.transfers.length), baht(total(file))],
  ];
  return rows.map((row) => row.map(csvCell).join(','));
}

/** Text to the left, digits to the right with zeros; a text that is too long is cut, a number never. */
function text(value: string, width: number): string {
  const letters = [...plain(value)].slice(0, width);
  return letters.join('') + ' '.repeat(width - letters.length);
}
function digits(value: number, width: number): string {
  const written = String(value).padStart(width, '0');
  if (written.length > width) throw new RangeError(`${value} does not fit ${width} digits`);
  return written;
}
function fixedLines(file: BankFile): string[] {
  const records = [
    `H${text('TPSBULK1', 8)}${text(file.batchReference, 20)}${file.valueDate.replaceAll('-', '')}${text(file.debitAccount, 15)}${text(file.companyName, 60)}`,
    ...file.transfers.map(
      (each, index) =>
        `D${digits(index + 1, 6)}${text(each.bankCode, 3)}${text(each.accountNumber, 15)}${digits(each.amountSatang, 15)}${text(each.accountName, 60)}${text(each.reference, 20)}`,
    ),
    `T${digits(file.transfers.length, 6)}${digits(total(file), 18)}`,
  ];
  return records.map((record) => record.padEnd(recordLength));
}

/** Lines end with CRLF. UTF-8 as CSV carries a byte order mark, so that spreadsheets read Thai. */
export function bankFile(file: BankFile, format: BankFileFormat, encoding: BankFileEncoding): Buffer {
  const lines = format === 'csv' ? csvLines(file) : fixedLines(file);
  const content = `${lines.join('\r\n')}\r\n`;
  if (encoding === 'tis-620') return toTis620(content);
  return Buffer.from(format === 'csv' ? `\ufeff${content}` : content, 'utf8');
}
