import { sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import type { SettingValue } from '#contracts/settings.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { audit } from '#server/platform/audit.ts';
import type { Clock } from '#server/platform/clock.ts';
import { createBox } from '#server/platform/crypto.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import { type BankFileEncoding, type BankFileFormat, bankFile } from './bank-file.ts';
import { batchRows, payoutRows } from './payout-rows.ts';
import { bangkokDay, bangkokTime } from './reports.ts';

/** The bank's files of payouts: which payouts go into one, each into one only, with the accounts opened. */
export function createPayoutFiles(deps: {
  db: Db;
  settings: { get<K extends 'payouts' | 'seller'>(key: K): Promise<SettingValue<K>> };
  /** BANK_ENCRYPTION_KEY: opens accounts. */
  bankSecret: string;
  clock: Clock;
}) {
  const { db, settings, clock } = deps;
  const box = createBox(deps.bankSecret, 'bank');

  /** Marks what goes into a new file, or finds what was in the last one; with the accounts, still sealed. */
  async function exportRun(trx: Trx, batchId: string, format: BankFileFormat, actor: Viewer) {
    await sql`select pg_advisory_xact_lock(hashtext(${`payout-file.${batchId}`}))`.execute(trx);
    const all = (await payoutRows(trx, { batchId }, 10_000))
      .filter((row) => row.bank_account_id !== null && row.net_satang > 0)
      .sort((a, b) => (a.number < b.number ? -1 : 1));
    const fresh = all.filter((row) => row.status === 'approved' && row.exported_at === null);
    const last = Math.max(...all.map((row) => row.exported_at?.getTime() ?? 0));
    const again = all.filter((row) => row.exported_at?.getTime() === last && ['approved', 'paid'].includes(row.status));
    const run = fresh.length > 0 ? clock.now() : new Date(last);
    const rows = fresh.length > 0 ? fresh : again;
    if (rows.length === 0) throw new AppError('payout.nothing_to_transfer');
    if (fresh.length > 0) {
      const ids = fresh.map((row) => row.id);
      await trx.updateTable('payouts').set({ exported_at: run }).where('id', 'in', ids).execute();
    }
    await audit(trx, {
      actorId: actor.userId,
      action: 'payout.export',
      subjectKind: 'payout_batch',
      subjectId: batchId,
      details: { payouts: rows.length, format, again: fresh.length === 0 },
    });
    const accounts = await trx
      .selectFrom('bank_accounts')
      .select(['id', 'bank_code', 'account_name_encrypted', 'account_number_encrypted'])
      .where('id', 'in', [...new Set(rows.map((row) => row.bank_account_id!))])
      .execute();
    return { run, rows, accounts: new Map(accounts.map((account) => [account.id, account])) };
  }

  return {
    /**
     * The approved payouts of a batch that have an account and were in no file yet, for the bank. When there is none left, the
     * last file again: no payout is ever in two different files. Opens accounts, so it is written down.
     */
    async bankFile(
      batchId: string,
      choice: { format?: BankFileFormat | undefined; encoding?: BankFileEncoding | undefined },
      actor: Viewer,
    ) {
      const [terms, seller] = [await settings.get('payouts'), await settings.get('seller')];
      const format = choice.format ?? terms.bankFileFormat;
      await batchRows(db, batchId);
      const { run, rows, accounts } = await db.transaction().execute((trx) => exportRun(trx, batchId, format, actor));
      const content = bankFile(
        {
          batchReference: batchId.slice(0, 8).toUpperCase(),
          companyName: seller.name,
          debitAccount: terms.debitAccount,
          valueDate: bangkokDay(run),
          transfers: rows.map((row) => {
            const account = accounts.get(row.bank_account_id!)!;
            return {
              reference: row.number,
              bankCode: account.bank_code,
              accountNumber: box.open(account.account_number_encrypted),
              accountName: box.open(account.account_name_encrypted),
              amountSatang: row.net_satang,
            };
          }),
        },
        format,
        choice.encoding ?? terms.bankFileEncoding,
      );
      const time = bangkokTime(run).replace(':', '');
      const fileName = `payouts-${batchId.slice(0, 8)}-${bangkokDay(run)}-${time}.${format === 'csv' ? 'csv' : 'txt'}`;
      return { fileName, content };
    },
  };
}
