import { AppError } from '#contracts/errors.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import type { DbOrTrx } from '#server/platform/db.ts';
import { checkMachine } from '#server/platform/machine.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import { type NumberedPayout, renderCertificates } from './certificate-pdf.ts';
import { createPayeeTaxes } from './payee-tax.ts';
import { type PayeeBalance, type PayeeKind, payeeBalances, payeeOf } from './payees.ts';
import { heldUntil } from './payout-drafts.ts';
import { certificateNumber, type PayoutRow, payoutMachine } from './payout-rows.ts';
import { createPayouts, type PayoutsDeps } from './payouts.ts';
import * as reports from './reports.ts';
import { createSplitRules } from './split-rules.ts';
import { renderStatement, statementLines } from './statement-pdf.ts';
import { withholdingCsv } from './withholding-file.ts';

export type RevenueService = ReturnType<typeof createRevenueService>;
interface RevenueDeps extends PayoutsDeps {
  events: {
    isStaff(db: DbOrTrx, eventId: string, userId: string, role?: 'photographer' | 'organizer'): Promise<boolean>;
  };
  clock?: Clock;
}
type RangeQuery = { from?: string | undefined; to?: string | undefined };

const balanceView = (payee: PayeeBalance) => ({
  displayName: payee.displayName,
  earnedSatang: payee.earnedSatang,
  paidOutSatang: payee.paidOutSatang,
  balanceSatang: payee.balanceSatang,
  availableSatang: payee.availableSatang,
  heldSatang: payee.heldSatang,
  inPayoutSatang: payee.inPayoutSatang,
  photosSold: payee.photosSold,
});
const nobody = {
  displayName: '',
  earnedSatang: 0,
  paidOutSatang: 0,
  balanceSatang: 0,
  availableSatang: 0,
  heldSatang: 0,
  inPayoutSatang: 0,
  photosSold: 0,
};

export function createRevenueService(deps: RevenueDeps) {
  const { db, settings, events } = deps;
  const clock = deps.clock ?? systemClock;
  const payouts = createPayouts({ ...deps, clock });
  const taxes = createPayeeTaxes({ db });
  const held = async () => heldUntil(clock.now(), await settings.get('payouts'));

  async function mayLook(viewer: Viewer, event: { id: string; organizer_id: string | null }): Promise<boolean> {
    if (viewer.role === 'admin') return true;
    const organizerId = await payeeOf(db, viewer.userId, 'organizer');
    if (organizerId && organizerId === event.organizer_id) return true;
    return events.isStaff(db, event.id, viewer.userId, 'organizer');
  }

  return {
    payouts,
    taxes,
    rules: createSplitRules({ db }),
    checkMachines: () => checkMachine(db, payoutMachine),

    async summary(query: RangeQuery) {
      const range = reports.rangeOf(query, clock.now());
      const [totals, days, events, photographers, balances] = await Promise.all([
        reports.totals(db, range),
        reports.byDay(db, range),
        reports.byEvent(db, range),
        reports.byPhotographer(db, range),
        reports.balances(db),
      ]);
      return { ...range, totals, days, events, photographers, balances };
    },
    /** For admins and the event's organizer; everybody else: event.not_found. */
    async event(eventId: string, query: RangeQuery, viewer: Viewer) {
      const event = await db
        .selectFrom('events')
        .select(['id', 'name', 'name_en', 'organizer_id'])
        .where('id', '=', eventId)
        .executeTakeFirst();
      if (!event || !(await mayLook(viewer, event))) throw new AppError('event.not_found');
      // Without a range: everything there ever was.
      const range = reports.rangeOf({ from: query.from ?? '2000-01-01', to: query.to }, clock.now());
      const filter = { eventId };
      const [totals, days, photographers] = await Promise.all([
        reports.totals(db, range, filter),
        reports.byDay(db, range, filter),
        reports.byPhotographer(db, range, filter),
      ]);
      return { eventId, eventName: event.name, eventNameEn: event.name_en, totals, days, photographers };
    },
    async photographers(query: { cursor?: string | undefined; limit: number }) {
      const filter = { after: decodeCursor(query.cursor), limit: query.limit + 1 };
      const rows = await payeeBalances(db, 'photographer', await held(), filter);
      return toPage(
        rows,
        query.limit,
        (row) => ({ at: row.createdAt, id: row.id }),
        (row) => ({ photographerId: row.id, ...balanceView(row) }),
      );
    },
    /** A payout of this viewer's own, or any for an admin; everybody else: resource.not_found. */
    async ownPayout(id: string, viewer: Viewer) {
      const row = await payouts.find(id);
      if (!row) throw new AppError('resource.not_found');
      if (viewer.role === 'admin') return row;
      const kind = row.photographer_id ? 'photographer' : 'organizer';
      const mine = await payeeOf(db, viewer.userId, kind);
      if (!mine || mine !== (row.photographer_id ?? row.organizer_id)) throw new AppError('resource.not_found');
      return row;
    },
    statement: async (row: PayoutRow) =>
      renderStatement(row, await statementLines(db, row.id), await settings.get('seller')),
    /** Every certificate of a month in one PDF, in order. Throws resource.not_found when there is none. */
    async certificatesOf(month: string) {
      const { items } = await taxes.report(month);
      const payoutsOfMonth: NumberedPayout[] = [];
      for (const { payoutId, certificateNumber: number } of items) {
        const row = await payouts.find(payoutId);
        if (row) payoutsOfMonth.push({ row, number });
      }
      if (payoutsOfMonth.length === 0) throw new AppError('resource.not_found');
      return renderCertificates(`Withholding tax certificates ${month}`, payoutsOfMonth);
    },
    /** The attachment of a month's return as CSV. */
    withholdingFile: async (month: string, form: 'pnd3' | 'pnd53') =>
      withholdingCsv((await taxes.report(month)).items, form),
    /** Throws resource.not_found when no tax was withheld, or nothing is paid. */
    certificate(row: PayoutRow) {
      const number = certificateNumber(row);
      if (!number || row.status !== 'paid') throw new AppError('resource.not_found');
      const title = `Withholding tax certificate ${number}`;
      return { fileName: `${number}.pdf`, stream: renderCertificates(title, [{ row, number }]) };
    },
    /** A photographer's or organizer's own earnings; nothing for who is neither. */
    async mine(viewer: Viewer, query: RangeQuery) {
      const range = reports.rangeOf(query, clock.now());
      const first: PayeeKind = viewer.role === 'organizer' ? 'organizer' : 'photographer';
      const second: PayeeKind = first === 'organizer' ? 'photographer' : 'organizer';
      const firstId = await payeeOf(db, viewer.userId, first);
      const id = firstId ?? (await payeeOf(db, viewer.userId, second));
      if (!id) return { ...range, ...nobody, days: [], events: [], payouts: [] };
      const kind = firstId ? first : second;
      const filter = kind === 'photographer' ? { photographerId: id } : { organizerId: id };
      const earned = (figures: { photographerSatang: number; organizerSatang: number; photos: number }) => ({
        earnedSatang: kind === 'photographer' ? figures.photographerSatang : figures.organizerSatang,
        photos: figures.photos,
      });
      const [balance] = await payeeBalances(db, kind, await held(), { id });
      const days = await reports.byDay(db, range, filter);
      const byEvent = await reports.byEvent(db, range, filter);
      return {
        ...range,
        ...balanceView(balance!),
        days: days.map((each) => ({ day: each.day, ...earned(each) })),
        events: byEvent.map((each) => ({
          eventId: each.eventId,
          eventName: each.eventName,
          eventNameEn: each.eventNameEn,
          ...earned(each),
        })),
        payouts: await payouts.ofPayee(kind, id),
      };
    },
  };
}
