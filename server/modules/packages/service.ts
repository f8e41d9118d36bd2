import { AppError } from '#contracts/errors.ts';
import type { PackageView } from '#contracts/http/packages.ts';
import type { PricedPackage } from '#contracts/pricing.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { Db, DbOrTrx } from '#server/platform/db.ts';
import { followSinglePrice } from './price-rules.ts';
import * as repository from './repository.ts';

export interface PackageInput {
  kind: PackageView['kind'];
  nameTh: string;
  nameEn: string;
  photoCount?: number | null | undefined;
  priceSatang: number;
  isActive?: boolean | undefined;
  sortOrder?: number | undefined;
}
type Changes = { [K in keyof PackageInput]?: PackageInput[K] | undefined };
export type EventPackageInput =
  | {
      packageId: string;
      priceSatang?: number | null | undefined;
      isActive?: boolean | undefined;
      sortOrder?: number | undefined;
    }
  | PackageInput;

/** The part of the events service that packages need. */
interface Events {
  requireKnown(db: DbOrTrx, idOrSlug: string, viewer: Viewer | null): Promise<{ id: string }>;
}
export type PackagesService = ReturnType<typeof createPackagesService>;

const view = (row: repository.PackageRow): PackageView => ({
  id: row.id,
  kind: row.kind,
  nameTh: row.name_th,
  nameEn: row.name_en,
  photoCount: row.photo_count,
  priceSatang: row.price_satang,
  listPriceSatang: row.price_satang,
  isGlobal: row.is_global,
  isActive: row.is_active,
  sortOrder: row.sort_order,
  eventId: null,
});
const offerView = (row: repository.OfferRow): PackageView => ({
  ...view(row),
  priceSatang: row.event_price_satang,
  eventId: row.event_id,
});

const countOf = (kind: PackageView['kind'], photoCount: number | null | undefined) =>
  kind === 'unlimited' ? null : kind === 'single' ? 1 : (photoCount ?? null);

export function createPackagesService({ db, events }: { db: Db; events: Events }) {
  async function requirePackage(trx: DbOrTrx, id: string) {
    const row = await repository.find(trx, id);
    if (!row) throw new AppError('package.not_found');
    return row;
  }
  async function create(trx: DbOrTrx, input: PackageInput, isGlobal: boolean) {
    return repository.insert(trx, {
      kind: input.kind,
      name_th: input.nameTh,
      name_en: input.nameEn,
      photo_count: countOf(input.kind, input.photoCount),
      price_satang: input.priceSatang,
      is_global: isGlobal,
      is_active: input.isActive ?? true,
      sort_order: input.sortOrder ?? 0,
    });
  }
  const oneOffer = async (trx: DbOrTrx, eventId: string, packageId: string) => {
    const offer = (await repository.listOffers(trx, [eventId], true)).find((each) => each.id === packageId);
    if (!offer) throw new AppError('package.not_found');
    return offerView(offer);
  };

  return {
    async list(all: boolean): Promise<PackageView[]> {
      return (await repository.listGlobal(db, all)).map(view);
    },
    async listForEvent(idOrSlug: string, viewer: Viewer | null, all: boolean): Promise<PackageView[]> {
      const event = await events.requireKnown(db, idOrSlug, viewer);
      return (await repository.listOffers(db, [event.id], all)).map(offerView);
    },
    create: (input: PackageInput): Promise<PackageView> =>
      db.transaction().execute(async (trx) => {
        const row = await create(trx, input, true);
        await followSinglePrice(trx);
        return view(row);
      }),
    async update(id: string, changes: Changes): Promise<PackageView> {
      const before = await requirePackage(db, id);
      const kind = changes.kind ?? before.kind;
      const photoCount = countOf(kind, changes.photoCount ?? before.photo_count);
      if (kind === 'bundle' && (photoCount ?? 0) < 2) {
        const errors = [{ path: 'body.photoCount', message: 'a bundle needs 2 or more' }];
        throw new AppError('request.invalid', { errors });
      }
      const next = {
        kind,
        photo_count: photoCount,
        name_th: changes.nameTh ?? before.name_th,
        name_en: changes.nameEn ?? before.name_en,
        price_satang: changes.priceSatang ?? before.price_satang,
        is_active: changes.isActive ?? before.is_active,
        sort_order: changes.sortOrder ?? before.sort_order,
      };
      return db.transaction().execute(async (trx) => {
        const row = await repository.update(trx, id, next);
        await followSinglePrice(trx);
        return view(row);
      });
    },
    async remove(id: string): Promise<void> {
      await requirePackage(db, id);
      if (await repository.isSold(db, id)) throw new AppError('package.in_use');
      await db.transaction().execute(async (trx) => {
        await repository.remove(trx, id);
        await followSinglePrice(trx);
      });
    },
    /** Offers an existing package at an event (own price, switched off), or makes one for that event alone. */
    async setForEvent(eventIdOrSlug: string, viewer: Viewer, input: EventPackageInput): Promise<PackageView> {
      const event = await events.requireKnown(db, eventIdOrSlug, viewer);
      return db.transaction().execute(async (trx) => {
        const isExisting = 'packageId' in input;
        const row = isExisting ? await requirePackage(trx, input.packageId) : await create(trx, input, false);
        await repository.offerAtEvent(trx, {
          event_id: event.id,
          package_id: row.id,
          price_satang: isExisting ? (input.priceSatang ?? null) : null,
          is_active: input.isActive ?? true,
          sort_order: input.sortOrder ?? row.sort_order,
        });
        await followSinglePrice(trx, event.id);
        return oneOffer(trx, event.id, row.id);
      });
    },
    /** The active offers of these events as quote() takes them. */
    async pricedFor(trx: DbOrTrx, eventIds: readonly string[]): Promise<PricedPackage[]> {
      return (await repository.listOffers(trx, eventIds)).map((row) => ({
        id: row.id,
        kind: row.kind,
        photoCount: row.photo_count,
        priceSatang: row.event_price_satang,
        eventId: row.event_id,
      }));
    },
    async exists(trx: DbOrTrx, id: string): Promise<boolean> {
      return (await repository.find(trx, id)) !== undefined;
    },
  };
}
