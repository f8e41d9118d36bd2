import { strToU8, zipSync } from 'fflate';

type Row = Record<string, unknown>;
const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

const readMe = `ThePixStock

ไฟล์นี้คือข้อมูลทั้งหมดที่เราเก็บเกี่ยวกับคุณ
data.json   ข้อมูลทั้งหมดในไฟล์เดียว สำหรับโปรแกรม
*.csv       แต่ละเรื่องเป็นตาราง เปิดได้ด้วย Excel หรือ Google Sheets
ภาพที่คุณซื้อดาวน์โหลดได้ที่ บัญชี → ภาพของฉัน ใบเสร็จอยู่ในคำสั่งซื้อแต่ละรายการ
ตัวเลขที่อธิบายใบหน้าไม่อยู่ในไฟล์นี้ มีเพียงบอกว่าเก็บไว้หรือไม่

Everything we hold about you.
data.json   all of it in one file, for programs
*.csv       each topic as a table for Excel or Google Sheets
Photos you bought are under Account, My photos; receipts are with each order.
Numbers that describe a face are not in here, only whether they are stored.
`;

/** A cell that a spreadsheet shows as it is and never runs as a formula. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text =
    value instanceof Date ? value.toISOString() : typeof value === 'object' ? JSON.stringify(value) : String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

/** Rows as CSV with a head line; a byte order mark makes Excel read Thai. */
export function csvOf(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [names.join(','), ...rows.map((row) => names.map((name) => cell(row[name])).join(','))];
  return `\uFEFF${lines.join('\r\n')}\r\n`;
}

/** An export of a person as ZIP: README.txt, data.json, one CSV for each topic that has something. */
export function exportArchive(data: Record<string, unknown>): Uint8Array {
  const files: Record<string, Uint8Array> = {
    'README.txt': strToU8(readMe.replace(/\n/g, '\r\n')),
    'data.json': strToU8(JSON.stringify(data, null, 2)),
  };
  for (const [topic, value] of Object.entries(data)) {
    const rows = Array.isArray(value) ? value.filter(isRow) : isRow(value) ? [value] : [];
    if (rows.length > 0) files[`${topic}.csv`] = strToU8(csvOf(rows));
  }
  return zipSync(files, { level: 6 });
}
