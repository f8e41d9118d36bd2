import { sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import type { PayeeTax } from '#contracts/http/revenue.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db, DbOrTrx, Trx } from '#server/platform/db.ts';
import type { PayeeKind } from './payees.ts';

/** What a certificate says, frozen when the payout is paid (payouts.tax). */
export interface TaxSnapshot {
  legalName: string;
  taxId: string | null;
  address: string | null;
  isJuristic: boolean;
  income: PayeeTax['withholdingIncome'];
  rateBp: number;
  payer: { name: string; address: string; taxId: string; branch: string };
}

export async function payeeTax(db: DbOrTrx, kind: PayeeKind, id: string): Promise<PayeeTax & { displayName: string }> {
  const isPhotographer = kind === 'photographer';
  const row = isPhotographer
    ? await db
        .selectFrom('photographers')
        .select(['display_name', 'legal_name', 'tax_id', 'address', 'is_juristic'])
        .select(['withholding_applies', 'withholding_income'])
        .where('id', '=', id)
        .executeTakeFirst()
    : await db
        .selectFrom('organizers')
        .select(['name as display_name', 'name as legal_name', 'tax_id', 'address', 'is_juristic'])
        .select(['withholding_applies', 'withholding_income'])
        .where('id', '=', id)
        .executeTakeFirst();
  if (!row) throw new AppError('resource.not_found');
  return {
    displayName: row.display_name,
    legalName: row.legal_name,
    taxId: row.tax_id,
    address: row.address,
    isJuristic: row.is_juristic,
    withholdingApplies: row.withholding_applies,
    withholdingIncome: row.withholding_income as PayeeTax['withholdingIncome'],
  };
}

/** The next certificate number of a year: without gaps, also when two payouts are paid at once or one is rolled back. */
export async function nextCertificate(trx: Trx, year: string): Promise<{ series: string; sequence: number }> {
  const series = `WT${year}`;
  await sql`select pg_advisory_xact_lock(hashtext(${`certificates.${series}`}))`.execute(trx);
  const { next } = await trx
    .selectFrom('payouts')
    .select(sql<number>`coalesce(max(certificate_sequence), 0) + 1`.as('next'))
    .where('certificate_series', '=', series)
    .executeTakeFirstOrThrow();
  return { series, sequence: next };
}

export function createPayeeTaxes({ db }: { db: Db }) {
  return {
    get: (kind: PayeeKind, id: string) => payeeTax(db, kind, id),
    set: (kind: PayeeKind, id: string, tax: PayeeTax, actor: Viewer) =>
      db.transaction().execute(async (trx) => {
        await payeeTax(trx, kind, id);
        const common = {
          tax_id: tax.taxId,
          address: tax.address,
          is_juristic: tax.isJuristic,
          withholding_applies: tax.withholdingApplies,
          withholding_income: tax.withholdingIncome,
          updated_at: sql<Date>`now()`,
        };
        if (kind === 'photographer') {
          const values = { ...common, legal_name: tax.legalName };
          await trx.updateTable('photographers').set(values).where('id', '=', id).execute();
        } else {
          // An organizer has one name, the legal one.
          const values = { ...common, ...(tax.legalName && { name: tax.legalName }) };
          await trx.updateTable('organizers').set(values).where('id', '=', id).execute();
        }
        const details = { withholdingApplies: tax.withholdingApplies, income: tax.withholdingIncome };
        await audit(trx, { actorId: actor.userId, action: 'payee.tax', subjectKind: kind, subjectId: id, details });
        return payeeTax(trx, kind, id);
      }),
    /** What was withheld in a month (Bangkok), by certificate. Returned transfers leave it. */
    async report(month: string) {
      const { rows } = await sql<{
        id: string;
        series: string;
        sequence: number;
        tax: TaxSnapshot;
        paid_on: string;
        gross: number;
        withheld: number;
      }>`
        select id, certificate_series as series, certificate_sequence as sequence, tax, transferred_on::text as paid_on,
          gross_satang as gross, withholding_satang as withheld
        from payouts where status = 'paid' and certificate_series is not null and to_char(transferred_on, 'YYYY-MM') = ${month}
        order by certificate_series, certificate_sequence`.execute(db);
      const items = rows.map((row) => ({
        payoutId: row.id,
        certificateNumber: `${row.series}-${String(row.sequence).padStart(6, '0')}`,
        form: row.tax.isJuristic ? ('pnd53' as const) : ('pnd3' as const),
        legalName: row.tax.legalName,
        taxId: row.tax.taxId,
        address: row.tax.address,
        income: row.tax.income,
        paidOn: row.paid_on,
        grossSatang: row.gross,
        rateBp: row.tax.rateBp,
        withholdingSatang: row.withheld,
      }));
      const totals = {
        grossSatang: items.reduce((sum, item) => sum + item.grossSatang, 0),
        withholdingSatang: items.reduce((sum, item) => sum + item.withholdingSatang, 0),
      };
      return { month, items, totals };
    },
  };
}
