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

/** All documents of an order: that of the sale, then its credit notes as they were issued. */
export async function ofOrder(db: DbOrTrx, orderId: string): Promise<(Invoice & { reason: string | null })[]> {
  const rows = await db
    .selectFrom('invoices as i')
    .leftJoin('refunds as r', 'r.id', 'i.refund_id')
    .selectAll('i')
    .select('r.reason')
    .where('i.order_id', '=', orderId)
    .orderBy(sql`i.kind = 'credit_note'`)
    .orderBy('i.issued_at')
    .orderBy('i.sequence')
    .execute();
  return rows as unknown as (Invoice & { reason: string | null })[];
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
