import type { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import type { documentView } from '#contracts/http/orders.ts';
import type { Satang } from '#contracts/money.ts';
import { vatWithin } from '#server/modules/revenue/shares.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import { renderInvoice } from './pdf.ts';
import * as repository from './repository.ts';

export type InvoicesService = ReturnType<typeof createInvoicesService>;
/** What a document is made from: the order's snapshot. */
export interface InvoicedOrder {
  id: string;
  email: string;
  buyer: Omit<repository.InvoiceBuyer, 'email'>;
  tax: { rateBp: number };
}
export interface InvoicedItem {
  event_id: string;
  package_id: string | null;
  price_satang: Satang;
}
const prefixes = { receipt: 'RC', tax_invoice: 'TX', credit_note: 'CN' } as const;
const bangkokYear = (at: Date): string =>
  new Intl.DateTimeFormat('en', { year: 'numeric', timeZone: 'Asia/Bangkok' }).format(at);

/** One line for the photos of one event bought in one way. */
async function linesFor(trx: Trx, items: readonly InvoicedItem[]): Promise<repository.InvoiceLine[]> {
  if (items.length === 0) return [];
  const packageIds = items.map((item) => item.package_id).filter((id) => id !== null);
  const names = await repository.names(trx, [...new Set(items.map((item) => item.event_id))], [...new Set(packageIds)]);
  const groups = new Map<string, InvoicedItem[]>();
  for (const item of items) {
    const key = `${item.event_id} ${item.package_id}`;
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()].map((group) => {
    const event = names.events.get(group[0]!.event_id);
    const bought = names.packages.get(group[0]!.package_id ?? '');
    return {
      descriptionTh: `ภาพถ่ายดิจิทัล · ${bought?.name_th ?? 'ราคาเฉพาะภาพ'} · ${event?.name ?? ''}`,
      descriptionEn: `Digital photos · ${bought?.name_en ?? 'own price'} · ${event?.name_en ?? event?.name ?? ''}`,
      quantity: group.length,
      amountSatang: group.reduce((sum, item) => sum + item.price_satang, 0),
    };
  });
}

/** Satang that the gateway puts on top (or that whole baht leave off); more than that was let off by a person. */
const differenceOf = (satang: Satang) =>
  Math.abs(satang) < 100
    ? { descriptionTh: 'ส่วนต่างสตางค์จากการชำระผ่านพร้อมเพย์', descriptionEn: 'PromptPay satang difference' }
    : { descriptionTh: 'ส่วนที่ไม่เรียกเก็บ', descriptionEn: 'Amount not collected' };

export function createInvoicesService({ db }: { db: Db }) {
  async function issue(
    trx: Trx,
    document: {
      kind: repository.InvoiceKind;
      order: InvoicedOrder;
      refundId: string | null;
      items: readonly InvoicedItem[];
      totalSatang: Satang;
      vatSatang: Satang;
      seller: repository.InvoiceSeller;
      at: Date;
    },
  ): Promise<void> {
    const { kind, order, at, totalSatang, vatSatang } = document;
    const lines = await linesFor(trx, document.items);
    const rest = totalSatang - lines.reduce((sum, line) => sum + line.amountSatang, 0);
    if (rest !== 0) lines.push({ ...differenceOf(rest), quantity: 1, amountSatang: rest });
    const series = `${prefixes[kind]}${bangkokYear(at)}`;
    const sequence = await repository.nextSequence(trx, series);
    await repository.insert(trx, {
      order_id: order.id,
      refund_id: document.refundId,
      kind,
      series,
      sequence,
      number: `${series}-${String(sequence).padStart(6, '0')}`,
      seller: document.seller,
      buyer: { ...order.buyer, email: order.email },
      lines,
      total_satang: totalSatang,
      vat_satang: vatSatang,
      vat_rate_bp: order.tax.rateBp,
      issued_at: at,
    });
  }

  return {
    /** The sale's document: a tax invoice from a seller registered for VAT, else a receipt. Part of the sale's transaction. */
    issueSale: (
      trx: Trx,
      sale: {
        order: InvoicedOrder;
        items: readonly InvoicedItem[];
        paidSatang: Satang;
        seller: repository.InvoiceSeller;
        at: Date;
      },
    ): Promise<void> =>
      issue(trx, {
        ...sale,
        kind: sale.order.tax.rateBp > 0 ? 'tax_invoice' : 'receipt',
        refundId: null,
        totalSatang: sale.paidSatang,
        vatSatang: vatWithin(sale.paidSatang, sale.order.tax.rateBp),
      }),
    /** `vatSatang` is what the ledger takes back: of a part it may be a satang off the rate, and all parts add up. */
    issueCreditNote: (
      trx: Trx,
      note: {
        order: InvoicedOrder;
        refundId: string;
        items: readonly InvoicedItem[];
        amountSatang: Satang;
        vatSatang: Satang;
        seller: repository.InvoiceSeller;
        at: Date;
      },
    ): Promise<void> => issue(trx, { ...note, kind: 'credit_note', totalSatang: note.amountSatang }),
    async list(orderId: string): Promise<Omit<z.input<typeof documentView>, 'url'>[]> {
      return (await repository.ofOrder(db, orderId)).map((row) => ({
        kind: row.kind,
        number: row.number,
        issuedAt: row.issued_at.toISOString(),
        totalSatang: row.total_satang,
      }));
    },
    /**
     * A stored document as PDF: that of the sale, the newest credit note, or the one of that number. Throws order.not_paid when
     * there is none yet, resource.not_found for a credit note or number that the order has not.
     */
    async pdf(
      order: { id: string; number: string },
      wanted: { kind: 'sale' | 'credit_note'; number?: string | undefined },
    ) {
      const all = await repository.ofOrder(db, order.id);
      const isNote = (each: repository.Invoice) => each.kind === 'credit_note';
      const sale = all.find((each) => !isNote(each));
      const found = wanted.number
        ? all.find((each) => each.number === wanted.number)
        : wanted.kind === 'sale'
          ? sale
          : all.findLast(isNote);
      if (!found)
        throw new AppError(wanted.kind === 'sale' && !wanted.number ? 'order.not_paid' : 'resource.not_found');
      const notesUntil = all.filter((each) => isNote(each) && each.issued_at <= found.issued_at);
      const creditOf = isNote(found) && sale ? { sale, notesUntil, reason: found.reason ?? '' } : null;
      return {
        fileName: `${found.number}.pdf`,
        stream: renderInvoice(found, { orderNumber: order.number, creditOf }),
      };
    },
  };
}
