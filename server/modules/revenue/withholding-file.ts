import type { z } from 'zod';
import type { withholdingReport } from '#contracts/http/revenue.ts';
import { formatBaht } from '#contracts/money.ts';

type Item = z.output<(typeof withholdingReport)['responses'][200]>['items'][number];

const head = [
  'ลำดับที่',
  'เลขที่หนังสือรับรอง',
  'เลขประจำตัวผู้เสียภาษี',
  'ชื่อผู้มีเงินได้',
  'ที่อยู่',
  'วันเดือนปีที่จ่าย',
  'ประเภทเงินได้',
  'อัตราภาษีร้อยละ',
  'จำนวนเงินที่จ่าย',
  'จำนวนเงินภาษีที่หัก',
  'เงื่อนไข',
];
const incomes: Record<Item['income'], string> = {
  service: 'ค่าบริการ (มาตรา 3 เตรส)',
  fee: 'ค่าธรรมเนียม มาตรา 40(2)',
  copyright: 'ค่าแห่งลิขสิทธิ์ มาตรา 40(3)',
};
/** "2026-11-29" -> "29/11/2569": returns are written in the Buddhist era. */
const thaiDay = (day: string): string => {
  const [year, month, date] = day.split('-');
  return `${date}/${month}/${Number(year) + 543}`;
};
/** Words of others never become a formula; tax ids stay text with their zeros. */
const words = (text: string): string => text.replace(/[\r\n]+/g, ' ').replace(/^[=+\-@\t]+/, '');
const cell = (text: string): string => (/[",]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);

/**
 * The attachment of P.N.D. 3 (persons) or P.N.D. 53 (companies): one line a certificate, a last line with the sums. Amounts in
 * baht with two decimals; condition 1: withheld at source. Begins with a byte order mark, so that Excel reads the Thai.
 */
export function withholdingCsv(items: readonly Item[], form: Item['form']): string {
  const mine = items.filter((item) => item.form === form);
  const sum = (of: (item: Item) => number) => mine.reduce((total, item) => total + of(item), 0);
  const rows = mine.map((item, index) => [
    String(index + 1),
    item.certificateNumber,
    item.taxId ?? '',
    words(item.legalName),
    words(item.address ?? ''),
    thaiDay(item.paidOn),
    incomes[item.income],
    formatBaht(item.rateBp, true),
    formatBaht(item.grossSatang, true),
    formatBaht(item.withholdingSatang, true),
    '1',
  ]);
  const sums = [
    ...['', '', '', 'รวม', '', '', '', ''],
    formatBaht(
      sum((item) => item.grossSatang),
      true,
    ),
    formatBaht(
      sum((item) => item.withholdingSatang),
      true,
    ),
    '',
  ];
  return `\uFEFF${[head, ...rows, sums].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}
