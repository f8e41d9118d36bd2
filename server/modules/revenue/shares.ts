import { type Satang, spread } from '#contracts/money.ts';
import type { AccountRef, Posting } from './ledger.ts';

/** One sold photo with the split that was snapshotted when the order was placed. */
export interface SoldItem {
  id: string;
  eventId: string;
  photographerId: string;
  /** null: the event is the platform's own, the organizer's share is the platform's. */
  organizerId: string | null;
  priceSatang: Satang;
  platformBp: number;
  photographerBp: number;
  organizerBp: number;
}
export interface Sale {
  items: readonly SoldItem[];
  /** Sum of the items' prices. */
  totalSatang: Satang;
  /** What arrived for it: the total and the satang that the gateway put on top (or a person waived, then less). */
  paidSatang: Satang;
  /** 0 when the seller is not registered for VAT. Prices include it. */
  vatRateBp: number;
  /** Where the money is: the gateway's, or money that was held in suspense. */
  from: 'gateway_clearing' | 'suspense';
}

/** VAT inside an amount, rounded half up: round(total * rate / (100 % + rate)); 6000 at 7 % is 393. */
export function vatWithin(totalSatang: Satang, rateBp: number): Satang {
  if (rateBp === 0 || totalSatang <= 0) return 0;
  const divisor = 10_000n + BigInt(rateBp);
  return Number((BigInt(totalSatang) * BigInt(rateBp) * 2n + divisor) / (divisor * 2n));
}

const share = (netSatang: Satang, bp: number): Satang => Number((BigInt(netSatang) * BigInt(bp)) / 10_000n);

/** Shares of one photo's price after VAT: photographer and organizer rounded down, the platform gets what is left. */
export function splitNet(netSatang: Satang, item: Pick<SoldItem, 'photographerBp' | 'organizerBp' | 'organizerId'>) {
  const photographer = share(netSatang, item.photographerBp);
  const organizer = item.organizerId ? share(netSatang, item.organizerBp) : 0;
  return { photographer, organizer, platform: netSatang - photographer - organizer };
}

/** The postings of a sale. They add up to zero; every part is an integer; the satang on top are booked apart, unsplit. */
export function salePostings(sale: Sale): Posting[] {
  const vatTotal = vatWithin(sale.totalSatang, sale.vatRateBp);
  const vatParts = spread(
    vatTotal,
    sale.items.map((item) => item.priceSatang),
  );
  const postings: Posting[] = [{ account: sale.from, amountSatang: sale.paidSatang }];
  for (const [index, item] of sale.items.entries()) {
    const vat = vatParts[index]!;
    const { photographer, organizer, platform } = splitNet(item.priceSatang - vat, item);
    const credit = (account: AccountRef, amount: Satang) =>
      postings.push({ account, amountSatang: -amount, eventId: item.eventId, orderItemId: item.id });
    credit({ photographerId: item.photographerId }, photographer);
    if (item.organizerId) credit({ organizerId: item.organizerId }, organizer);
    credit('platform_revenue', platform);
    credit('vat_output', vat);
  }
  const extra = sale.paidSatang - sale.totalSatang;
  const vatOfExtra = vatWithin(sale.paidSatang, sale.vatRateBp) - vatTotal;
  if (extra >= 0) {
    postings.push({ account: 'satang_extra', amountSatang: -(extra - vatOfExtra) });
    postings.push({ account: 'vat_output', amountSatang: -vatOfExtra });
  } else postings.push(...waived(sale.items, -extra, -vatOfExtra));
  return postings.filter((posting) => posting.amountSatang !== 0);
}

/**
 * What a buyer was let off, photo by photo: paid by the platform, not by who is owed a share. Told apart by photo so that giving
 * one photo back never gives back more than was paid for it.
 */
function waived(items: readonly SoldItem[], missingSatang: Satang, vatSatang: Satang): Posting[] {
  const missing = spread(
    missingSatang,
    items.map((item) => item.priceSatang),
  );
  const vat = spread(vatSatang, missing);
  return items.flatMap((item, index): Posting[] => {
    const of = { eventId: item.eventId, orderItemId: item.id };
    return [
      { account: 'satang_extra', amountSatang: missing[index]! - vat[index]!, ...of },
      { account: 'vat_output', amountSatang: vat[index]!, ...of },
    ];
  });
}
