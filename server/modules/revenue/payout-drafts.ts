import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import type { SettingValue } from '#contracts/settings.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { audit } from '#server/platform/audit.ts';
import type { Clock } from '#server/platform/clock.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import { defaultAccountOf, type PayeeBalance, type PayeeKind, payable, payeeBalances } from './payees.ts';
import { payoutRows, payoutView } from './payout-rows.ts';

export type PayoutTerms = SettingValue<'payouts'>;
interface Batch {
  id: string;
  minimumSatang: number;
  actor: Viewer;
  terms: PayoutTerms;
  end: Date;
}

/** Tax kept back of a payout: from the threshold on, where it applies; rounded half up. */
const withholdingOf = (grossSatang: number, applies: boolean, terms: PayoutTerms): number =>
  applies && grossSatang >= terms.withholdingThresholdSatang
    ? Math.floor((grossSatang * terms.withholdingBp + 5_000) / 10_000)
    : 0;

export const heldUntil = (now: Date, terms: PayoutTerms): Date => new Date(now.getTime() - terms.holdDays * 86_400_000);

/**
 * Puts everything payable to one person into a draft; undefined when that is less than `minimum`, or one is open. The amount is
 * the sum of exactly the postings that are set aside: what is booked meanwhile is the next batch's.
 */
async function draft(trx: Trx, kind: PayeeKind, payee: PayeeBalance, batch: Batch) {
  const { end, terms } = batch;
  const column = kind === 'photographer' ? 'photographer_id' : 'organizer_id';
  const open = await trx
    .selectFrom('payouts')
    .select('id')
    .where(column, '=', payee.id)
    .where('status', 'in', ['draft', 'approved'])
    .executeTakeFirst();
  if (open) return undefined;
  const { rows } = await sql<{
    id: number;
    amount: number;
  }>`select p.id, p.amount_satang as amount from ledger_postings p
    join ledger_transactions t on t.id = p.transaction_id join ledger_accounts a on a.id = p.account_id
    where ${sql.ref(`a.${column}`)} = ${payee.id} and ${payable(end)}`.execute(trx);
  const gross = -rows.reduce((sum, row) => sum + row.amount, 0);
  if (gross <= 0 || gross < batch.minimumSatang) return undefined;
  const withholding = withholdingOf(gross, payee.withholdingApplies, terms);
  const { id } = await trx
    .insertInto('payouts')
    .values({
      batch_id: batch.id,
      [column]: payee.id,
      bank_account_id: (await defaultAccountOf(trx, payee.userId))?.id ?? null,
      gross_satang: gross,
      withholding_satang: withholding,
      net_satang: gross - withholding,
      period_end: end,
      // The rate that was kept back, whatever the settings say when it is paid.
      tax: JSON.stringify({ rateBp: terms.withholdingBp }),
      created_by: batch.actor.userId,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await sql`insert into payout_items (payout_id, posting_id)
    select ${id}, unnest(${rows.map((row) => row.id)}::bigint[])`.execute(trx);
  return id;
}

/** Drafts of payouts: what is payable is set aside, posting by posting, for persons to approve. */
export function createDrafts(deps: { db: Db; settings: { get(key: 'payouts'): Promise<PayoutTerms> }; clock: Clock }) {
  const { db, settings, clock } = deps;
  /** Drafts for everybody, or for one; throws payout.nothing_due when there is none to make. */
  async function createBatch(
    actor: Viewer,
    only: { photographerId?: string | undefined; organizerId?: string | undefined },
  ) {
    const terms = await settings.get('payouts');
    const isForOne = only.photographerId !== undefined || only.organizerId !== undefined;
    // Who is asked for by name gets what there is.
    const end = heldUntil(clock.now(), terms);
    const batch = { id: randomUUID(), minimumSatang: isForOne ? 1 : terms.minimumSatang, actor, terms, end };
    return db.transaction().execute(async (trx) => {
      await sql`select pg_advisory_xact_lock(hashtext('payouts'))`.execute(trx);
      const ids: string[] = [];
      for (const kind of ['photographer', 'organizer'] as const) {
        const id = kind === 'photographer' ? only.photographerId : only.organizerId;
        if (isForOne && id === undefined) continue;
        for (const payee of await payeeBalances(trx, kind, end, { id })) {
          if (payee.availableSatang <= 0) continue;
          const made = await draft(trx, kind, payee, batch);
          if (made) ids.push(made);
        }
      }
      if (ids.length === 0) throw new AppError('payout.nothing_due');
      await audit(trx, {
        actorId: actor.userId,
        action: 'payout.draft',
        subjectKind: 'payout_batch',
        subjectId: batch.id,
        details: { batchId: batch.id, payouts: ids.length },
      });
      return { batchId: batch.id, items: (await payoutRows(trx, { ids }, ids.length)).map(payoutView) };
    });
  }
  return { createBatch };
}
