import { sql } from 'kysely';
import type { Satang } from '#contracts/money.ts';
import { post } from '#server/modules/revenue/ledger.ts';
import type { Trx } from '#server/platform/db.ts';

export interface HeldMoney {
  id: string;
  status: string;
  amount_satang: Satang;
}

/** One at a time books money under a gateway's id: webhook, settlement and bank feed may all see it first. */
export async function lockMoney(trx: Trx, provider: string, transId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext(${`money-${provider}-${transId}`}))`.execute(trx);
}

/** Books confirmed money that belongs to no payment: held in suspense, and a case for a person. Once for a gateway's id. */
export async function holdUnmatched(
  trx: Trx,
  money: { provider: string; transId: string; amountSatang: Satang; openedAt: Date },
): Promise<void> {
  const { provider, transId, amountSatang, openedAt } = money;
  await lockMoney(trx, provider, transId);
  const isKnown = await sql`
    select 1 from payments where provider = ${provider} and trans_id = ${transId}
    union all select 1 from money_cases where provider = ${provider} and trans_id = ${transId}
      and kind in ('gateway_unmatched', 'bank_unmatched')`.execute(trx);
  if (isKnown.rows.length > 0) return;
  await trx
    .insertInto('money_cases')
    .values({
      kind: 'gateway_unmatched',
      provider,
      reference: transId,
      trans_id: transId,
      amount_satang: amountSatang,
      opened_at: openedAt,
    })
    .execute();
  await post(trx, {
    kind: 'review',
    reference: `${provider}-${transId}`,
    description: 'money that fits no payment',
    postings: [
      { account: 'gateway_clearing', amountSatang },
      { account: 'suspense', amountSatang: -amountSatang },
    ],
  });
}

/** Money of this gateway's id that was held before its payment was known; locked until the transaction ends. */
export async function heldFor(trx: Trx, provider: string, transId: string): Promise<HeldMoney | undefined> {
  await lockMoney(trx, provider, transId);
  return trx
    .selectFrom('money_cases')
    .select(['id', 'status', 'amount_satang'])
    .where('provider', '=', provider)
    .where('trans_id', '=', transId)
    .where('kind', '=', 'gateway_unmatched')
    .forUpdate()
    .executeTakeFirst();
}
