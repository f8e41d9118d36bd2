import { randomUUID } from 'node:crypto';
import { type Expression, type SqlBool, sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import type { PayoutView } from '#contracts/http/revenue.ts';
import type { SettingValue } from '#contracts/settings.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { audit } from '#server/platform/audit.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import type { Db, DbOrTrx, Trx } from '#server/platform/db.ts';
import type { Machine } from '#server/platform/machine.ts';
import { canGo } from '#server/platform/machine.ts';
import { type Cursor, decodeCursor, toPage } from '#server/platform/pages.ts';
import { post } from './ledger.ts';
import { type PayeeBalance, type PayeeKind, payable, payeeBalances } from './payees.ts';

type PayoutStatus = PayoutView['status'];
export const payoutMachine: Machine<PayoutStatus> = {
  table: 'payouts',
  start: 'draft',
  next: { draft: ['approved', 'cancelled'], approved: ['paid', 'cancelled'], paid: [], cancelled: [] },
};
type Terms = SettingValue<'payouts'>;
export interface PayoutsDeps {
  db: Db;
  settings: { get(key: 'payouts'): Promise<Terms> };
  messages: {
    queue(
      trx: Trx,
      message: {
        template: 'payout.paid';
        dedupeKey: string;
        userId: string | null;
        recipient: string;
        language: 'th' | 'en';
        payload: Record<string, string | number>;
      },
    ): Promise<void>;
  };
  clock?: Clock;
}

/** Tax kept back of a payout: from the threshold on, where it applies; rounded half up. */
export const withholdingOf = (grossSatang: number, applies: boolean, terms: Terms): number =>
  applies && grossSatang >= terms.withholdingThresholdSatang
    ? Math.floor((grossSatang * terms.withholdingBp + 5_000) / 10_000)
    : 0;

export const heldUntil = (now: Date, terms: Terms): Date => new Date(now.getTime() - terms.holdDays * 86_400_000);

async function rowsOf(
  db: DbOrTrx,
  filter: {
    ids?: string[];
    status?: string | undefined;
    payee?: { kind: PayeeKind; id: string };
    after?: Cursor | undefined;
  },
  limit: number,
) {
  return db
    .selectFrom('payouts as o')
    .leftJoin('photographers as p', 'p.id', 'o.photographer_id')
    .leftJoin('organizers as g', 'g.id', 'o.organizer_id')
    .leftJoin('bank_accounts as b', 'b.id', 'o.bank_account_id')
    .selectAll('o')
    .select(['p.display_name', 'g.name as organizer_name', 'b.bank_code', 'b.account_last4'])
    .select(sql<number>`(select count(*)::int from payout_items i where i.payout_id = o.id)`.as('item_count'))
    .where((eb) => {
      const all: Expression<SqlBool>[] = [];
      if (filter.ids) all.push(eb('o.id', 'in', filter.ids));
      if (filter.status) all.push(eb('o.status', '=', filter.status));
      if (filter.payee) {
        const column = filter.payee.kind === 'photographer' ? 'o.photographer_id' : 'o.organizer_id';
        all.push(eb(column, '=', filter.payee.id));
      }
      if (filter.after) all.push(sql<boolean>`(o.created_at, o.id) < (${filter.after.at}, ${filter.after.id}::uuid)`);
      return eb.and(all);
    })
    .orderBy('o.created_at', 'desc')
    .orderBy('o.id', 'desc')
    .limit(limit)
    .execute();
}
type Row = Awaited<ReturnType<typeof rowsOf>>[number];

const view = (row: Row): PayoutView => ({
  id: row.id,
  batchId: row.batch_id,
  payee: row.photographer_id
    ? { kind: 'photographer', id: row.photographer_id, displayName: row.display_name ?? '' }
    : { kind: 'organizer', id: row.organizer_id!, displayName: row.organizer_name ?? '' },
  status: row.status as PayoutStatus,
  grossSatang: row.gross_satang,
  withholdingSatang: row.withholding_satang,
  netSatang: row.net_satang,
  itemCount: row.item_count,
  bankAccount: row.bank_code && row.account_last4 ? { bankCode: row.bank_code, last4: row.account_last4 } : null,
  periodEnd: row.period_end.toISOString(),
  transferReference: row.transfer_reference,
  createdAt: row.created_at.toISOString(),
  paidAt: row.paid_at?.toISOString() ?? null,
});

/** Payouts: draft (postings set aside) -> approved -> paid with the bank's reference (booked). Less than nothing is carried on. */
export function createPayouts({ db, settings, messages, clock = systemClock }: PayoutsDeps) {
  /** Puts everything payable to one person into a draft; undefined when that is nothing, or one is open. */
  async function draft(trx: Trx, kind: PayeeKind, payee: PayeeBalance, batchId: string, actor: Viewer, terms: Terms) {
    if (payee.availableSatang <= 0) return undefined;
    const column = kind === 'photographer' ? 'photographer_id' : 'organizer_id';
    const open = await trx
      .selectFrom('payouts')
      .select('id')
      .where(column, '=', payee.id)
      .where('status', 'in', ['draft', 'approved'])
      .executeTakeFirst();
    if (open) return undefined;
    const end = heldUntil(clock.now(), terms);
    const withholding = withholdingOf(payee.availableSatang, payee.withholdingApplies, terms);
    const bank = payee.userId
      ? await trx
          .selectFrom('bank_accounts')
          .select('id')
          .where('user_id', '=', payee.userId)
          .orderBy('is_default', 'desc')
          .orderBy('created_at')
          .executeTakeFirst()
      : undefined;
    const { id } = await trx
      .insertInto('payouts')
      .values({
        batch_id: batchId,
        [column]: payee.id,
        bank_account_id: bank?.id ?? null,
        gross_satang: payee.availableSatang,
        withholding_satang: withholding,
        net_satang: payee.availableSatang - withholding,
        period_end: end,
        created_by: actor.userId,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await sql`insert into payout_items (payout_id, posting_id)
      select ${id}, p.id from ledger_postings p
      join ledger_transactions t on t.id = p.transaction_id join ledger_accounts a on a.id = p.account_id
      where ${sql.ref(`a.${column}`)} = ${payee.id} and ${payable(end)}`.execute(trx);
    return id;
  }
  /** Moves a payout with its row locked; throws resource.not_found, payout.transition. */
  const step = (id: string, to: PayoutStatus, actor: Viewer, work: (trx: Trx, row: Row) => Promise<void>) =>
    db.transaction().execute(async (trx) => {
      await trx.selectFrom('payouts').select('id').where('id', '=', id).forUpdate().execute();
      const [row] = await rowsOf(trx, { ids: [id] }, 1);
      if (!row) throw new AppError('resource.not_found');
      if (!canGo(payoutMachine, row.status as PayoutStatus, to))
        throw new AppError('payout.transition', { status: row.status });
      await trx.updateTable('payouts').set({ status: to }).where('id', '=', id).execute();
      await work(trx, row);
      const details = { netSatang: row.net_satang };
      await audit(trx, {
        actorId: actor.userId,
        action: `payout.${to}`,
        subjectKind: 'payout',
        subjectId: id,
        details,
      });
      return view((await rowsOf(trx, { ids: [id] }, 1))[0]!);
    });

  async function book(trx: Trx, row: Row, transferReference: string): Promise<void> {
    const account = row.photographer_id ? { photographerId: row.photographer_id } : { organizerId: row.organizer_id! };
    await post(trx, {
      kind: 'payout',
      reference: row.id,
      payoutId: row.id,
      description: transferReference,
      postings: [
        { account, amountSatang: row.gross_satang },
        { account: 'withholding_tax', amountSatang: -row.withholding_satang },
        { account: 'bank', amountSatang: -row.net_satang },
      ],
    });
    const table = row.photographer_id ? 'photographers' : 'organizers';
    const user = await trx
      .selectFrom(table)
      .innerJoin('users', 'users.id', `${table}.user_id`)
      .select(['users.id', 'users.email', 'users.locale'])
      .where(`${table}.id`, '=', (row.photographer_id ?? row.organizer_id)!)
      .executeTakeFirst();
    if (!user) return;
    await messages.queue(trx, {
      template: 'payout.paid',
      dedupeKey: `payout.paid-${row.id}`,
      userId: user.id,
      recipient: user.email,
      language: user.locale as 'th' | 'en',
      payload: { amountSatang: row.net_satang },
    });
  }

  return {
    /** Drafts for everybody, or for one; throws payout.nothing_due when there is none to make. */
    async createBatch(actor: Viewer, only: { photographerId?: string | undefined; organizerId?: string | undefined }) {
      const terms = await settings.get('payouts');
      const batchId = randomUUID();
      const isForOne = only.photographerId !== undefined || only.organizerId !== undefined;
      return db.transaction().execute(async (trx) => {
        await sql`select pg_advisory_xact_lock(hashtext('payouts'))`.execute(trx);
        const ids: string[] = [];
        for (const kind of ['photographer', 'organizer'] as const) {
          const id = kind === 'photographer' ? only.photographerId : only.organizerId;
          if (isForOne && id === undefined) continue;
          for (const payee of await payeeBalances(trx, kind, heldUntil(clock.now(), terms), { id })) {
            const made = await draft(trx, kind, payee, batchId, actor, terms);
            if (made) ids.push(made);
          }
        }
        if (ids.length === 0) throw new AppError('payout.nothing_due');
        const details = { batchId, payouts: ids.length };
        await audit(trx, {
          actorId: actor.userId,
          action: 'payout.draft',
          subjectKind: 'payout_batch',
          subjectId: batchId,
          details,
        });
        return { batchId, items: (await rowsOf(trx, { ids }, ids.length)).map(view) };
      });
    },
    approve: (id: string, actor: Viewer) =>
      step(id, 'approved', actor, async (trx) => {
        await trx.updateTable('payouts').set({ approved_by: actor.userId }).where('id', '=', id).execute();
      }),
    /** Books the transfer; the same reference again answers the paid payout. */
    async pay(id: string, transferReference: string, actor: Viewer): Promise<PayoutView> {
      const [before] = await rowsOf(db, { ids: [id] }, 1);
      if (before?.status === 'paid' && before.transfer_reference === transferReference) return view(before);
      return step(id, 'paid', actor, async (trx, row) => {
        const paid = { transfer_reference: transferReference, paid_at: clock.now() };
        await trx.updateTable('payouts').set(paid).where('id', '=', id).execute();
        await book(trx, row, transferReference);
      });
    },
    cancel: (id: string, actor: Viewer) => step(id, 'cancelled', actor, async () => {}),
    async list(query: { cursor?: string | undefined; limit: number; status?: string | undefined }) {
      const rows = await rowsOf(db, { status: query.status, after: decodeCursor(query.cursor) }, query.limit + 1);
      return toPage(rows, query.limit, (row) => ({ at: row.created_at, id: row.id }), view);
    },
    async ofPayee(kind: PayeeKind, id: string): Promise<PayoutView[]> {
      const rows = await rowsOf(db, { payee: { kind, id } }, 100);
      return rows.filter((row) => row.status !== 'cancelled').map(view);
    },
  };
}
