import { sql } from 'kysely';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';

export type InvoiceKind = 'receipt' | 'tax_invoice' | 'credit_note';
export interface InvoiceLine {
  descriptionTh: string;
  descriptionEn: string;
  quantity: number;
  amountSatang: number;
}
export interface InvoiceSeller {
  name: string;
  address: string;
  taxId: string;
  branch: string;
  email: string;
  phone: string;
  vatRegistered: boolean;
}
export interface InvoiceBuyer {
  name?: string | undefined;
  address?: string | undefined;
  taxId?: string | undefined;
  branch?: string | undefined;
  email: string;
}
export interface Invoice {
  id: string;
  order_id: string;
  refund_id: string | null;
  kind: InvoiceKind;
  number: string;
  seller: InvoiceSeller;
  buyer: InvoiceBuyer;
  lines: InvoiceLine[];
  total_satang: number;
  vat_satang: number;
  vat_rate_bp: number;
  issued_at: Date;
}

/** Serialises a series until the transaction ends: numbers follow each other without a gap, also after a rollback. */
export async function nextSequence(trx: Trx, series: string): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtext(${`invoices.${series}`}))`.execute(trx);
  const row = await trx
    .selectFrom('invoices')
    .select(sql<number>`coalesce(max(sequence), 0) + 1`.as('next'))
    .where('series', '=', series)
    .executeTakeFirstOrThrow();
  return row.next;
}

export async function insert(
  trx: Trx,
  invoice: Omit<Invoice, 'id'> & { series: string; sequence: number },
): Promise<void> {
  await trx
    .insertInto('invoices')
    .values({
      ...invoice,
      seller: JSON.stringify(invoice.seller),
      buyer: JSON.stringify(invoice.buyer),
      lines: JSON.stringify(invoice.lines),
    })
    .execute();
}

/** The sale's document, or the newest credit note. */
export async function find(db: DbOrTrx, orderId: string, kind: 'sale' | 'credit_note'): Promise<Invoice | undefined> {
  const row = await db
    .selectFrom('invoices')
    .selectAll()
    .where('order_id', '=', orderId)
    .where('kind', 'in', kind === 'sale' ? ['receipt', 'tax_invoice'] : ['credit_note'])
    .orderBy('issued_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row as unknown as Invoice | undefined;
}

/** Names for the lines: events and packages of these items. */
export async function names(db: DbOrTrx, eventIds: readonly string[], packageIds: readonly string[]) {
  const events = await db
    .selectFrom('events')
    .select(['id', 'name', 'name_en'])
    .where('id', 'in', [...eventIds])
    .execute();
  const packages = packageIds.length
    ? await db
        .selectFrom('packages')
        .select(['id', 'name_th', 'name_en'])
        .where('id', 'in', [...packageIds])
        .execute()
    : [];
  return {
    events: new Map(events.map((row) => [row.id, row])),
    packages: new Map(packages.map((row) => [row.id, row])),
  };
}
