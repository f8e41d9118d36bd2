import { sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import type { OwnPrice } from '#contracts/http/coupons.ts';
import { ownPriceProblem } from '#contracts/own-price.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db, DbOrTrx, Trx } from '#server/platform/db.ts';
import { nextRevision, scopes } from '#server/platform/sync-revision.ts';

interface Events {
  requireKnown(db: DbOrTrx, idOrSlug: string, viewer: Viewer | null): Promise<{ id: string }>;
  isStaff(db: DbOrTrx, eventId: string, userId: string, role?: 'photographer' | 'organizer'): Promise<boolean>;
}
export type PriceRulesService = ReturnType<typeof createPriceRulesService>;

const ownPhotographer = (db: DbOrTrx, userId: string) =>
  db.selectFrom('photographers').select('id').where('user_id', '=', userId).executeTakeFirst();

/** The columns of a photo that carry its own price; `percent` follows the single price of its event. */
const columnsFor = (price: OwnPrice, from: 'photo' | 'rule') => ({
  price_from: price.kind === 'standard' ? null : from,
  discount_bp: price.kind === 'percent' ? price.percentBp : null,
  price_satang:
    price.kind === 'standard'
      ? null
      : price.kind === 'free'
        ? 0
        : price.kind === 'price'
          ? price.priceSatang
          : sql<number>`discounted(event_single_price(photos.event_id), ${price.percentBp}::integer)`,
});

/**
 * After a single package changed: discounted photos follow it. All events when no id is given. Photos whose price does not
 * move are left alone.
 */
export async function followSinglePrice(trx: Trx, eventId?: string): Promise<void> {
  const stale = await trx
    .selectFrom('photos')
    .select('event_id')
    .distinct()
    .where('discount_bp', 'is not', null)
    .$if(eventId !== undefined, (q) => q.where('event_id', '=', eventId!))
    .where(sql<boolean>`price_satang is distinct from discounted(event_single_price(event_id), discount_bp)`)
    .orderBy('event_id')
    .execute();
  for (const { event_id } of stale) {
    const revision = await nextRevision(trx, scopes.eventPhotos(event_id));
    await trx
      .updateTable('photos')
      .set({
        price_satang: sql<number>`discounted(event_single_price(event_id), discount_bp)`,
        revision,
        updated_at: sql<Date>`now()`,
      })
      .where('event_id', '=', event_id)
      .where('discount_bp', 'is not', null)
      .where(sql<boolean>`price_satang is distinct from discounted(event_single_price(event_id), discount_bp)`)
      .execute();
  }
}

/**
 * Free, discounted and fixed prices of photos. A rule holds for the photos of one photographer at an event, or for all of it
 * (the photographer's own goes before), for those there and those to come. A price set on a photo itself stays. Photographers
 * set what the event lets them (contracts/own-price.ts); the bounds count when a price is set.
 */
export function createPriceRulesService({ db, events }: { db: Db; events: Events }) {
  async function list(eventId: string, viewer: Viewer) {
    const mine = viewer.role === 'admin' ? undefined : await ownPhotographer(db, viewer.userId);
    if (viewer.role === 'admin') await events.requireKnown(db, eventId, viewer);
    else if (!(await events.isStaff(db, eventId, viewer.userId, 'photographer'))) throw new AppError('event.not_found');
    const rows = await db
      .selectFrom('price_rules as r')
      .leftJoin('photographers as p', 'p.id', 'r.photographer_id')
      .select(['r.photographer_id', 'p.display_name', 'r.kind', 'r.percent_bp', 'r.price_satang', 'r.updated_at'])
      .where('r.event_id', '=', eventId)
      .$if(viewer.role !== 'admin', (q) =>
        q.where((eb) => eb.or([eb('r.photographer_id', 'is', null), eb('r.photographer_id', '=', mine?.id ?? null)])),
      )
      .orderBy('p.display_name', (o) => o.asc().nullsFirst())
      .execute();
    const items = rows.map((row) => ({
      photographerId: row.photographer_id,
      photographerName: row.display_name,
      kind: row.kind as 'free' | 'percent' | 'price',
      percentBp: row.percent_bp,
      priceSatang: row.price_satang,
      updatedAt: row.updated_at.toISOString(),
    }));
    return { items, ownPrices: await boundsOf(db, eventId) };
  }
  /** What photographers may set at an event. */
  async function boundsOf(at: DbOrTrx, eventId: string) {
    const row = await at
      .selectFrom('events')
      .select(['own_prices as isAllowed', 'own_price_min_satang as minSatang', 'own_price_max_satang as maxSatang'])
      .select(sql<number | null>`event_single_price(id)`.as('singleSatang'))
      .where('id', '=', eventId)
      .executeTakeFirst();
    if (!row) throw new AppError('event.not_found');
    return row;
  }
  /** Admins set what they want. Throws price_rule.not_allowed, price_rule.bounds. */
  async function requireAllowed(at: DbOrTrx, eventId: string, viewer: Viewer, price: OwnPrice): Promise<void> {
    if (viewer.role === 'admin') return;
    const bounds = await boundsOf(at, eventId);
    const problem = ownPriceProblem(price, bounds, bounds.singleSatang);
    if (problem)
      throw new AppError(`price_rule.${problem}`, { minSatang: bounds.minSatang, maxSatang: bounds.maxSatang });
  }
  /** Whose photos the rule is for: a photographer's own, or whom the admin names. */
  async function subject(eventId: string, viewer: Viewer, asked: string | null | undefined): Promise<string | null> {
    if (viewer.role === 'admin') {
      await events.requireKnown(db, eventId, viewer);
      if (!asked) return null;
      const found = await db.selectFrom('photographers').select('id').where('id', '=', asked).executeTakeFirst();
      if (!found) throw new AppError('resource.not_found');
      return asked;
    }
    if (!(await events.isStaff(db, eventId, viewer.userId, 'photographer'))) throw new AppError('event.not_found');
    const mine = await ownPhotographer(db, viewer.userId);
    if (!mine || (asked && asked !== mine.id)) throw new AppError('price_rule.not_yours');
    return mine.id;
  }
  async function write(trx: Trx, eventId: string, photographerId: string | null, price: OwnPrice, by: string) {
    const same = trx
      .deleteFrom('price_rules')
      .where('event_id', '=', eventId)
      .where('photographer_id', photographerId ? '=' : 'is', photographerId);
    await same.execute();
    if (price.kind === 'standard') return;
    await trx
      .insertInto('price_rules')
      .values({
        event_id: eventId,
        photographer_id: photographerId,
        kind: price.kind,
        percent_bp: price.kind === 'percent' ? price.percentBp : null,
        price_satang: price.kind === 'price' ? price.priceSatang : null,
        created_by: by,
      })
      .execute();
  }
  /** The photos that follow a rule: without a price of their own, and not under a closer rule. */
  async function applyRule(trx: Trx, eventId: string, photographerId: string | null, price: OwnPrice): Promise<number> {
    const closest = await trx
      .selectFrom('price_rules')
      .selectAll()
      .where('event_id', '=', eventId)
      .where('photographer_id', 'is', null)
      .executeTakeFirst();
    // Without the photographer's own rule the event's holds again.
    const effective =
      price.kind === 'standard' && photographerId && closest
        ? ({ kind: closest.kind, percentBp: closest.percent_bp, priceSatang: closest.price_satang } as OwnPrice)
        : price;
    const revision = await nextRevision(trx, scopes.eventPhotos(eventId));
    const result = await trx
      .updateTable('photos')
      .set({ ...columnsFor(effective, 'rule'), revision, updated_at: sql<Date>`now()` })
      .where('event_id', '=', eventId)
      .where('deleted_at', 'is', null)
      .where((eb) =>
        eb.or([eb('price_from', '=', 'rule'), eb.and([eb('price_from', 'is', null), eb('price_satang', 'is', null)])]),
      )
      .$if(photographerId !== null, (q) => q.where('photographer_id', '=', photographerId!))
      .$if(photographerId === null, (q) =>
        q.where('photographer_id', 'not in', (eb) =>
          eb
            .selectFrom('price_rules as r')
            .select((e) => e.ref('r.photographer_id').$notNull().as('id'))
            .where('r.event_id', '=', eventId)
            .where('r.photographer_id', 'is not', null),
        ),
      )
      .executeTakeFirst();
    return Number(result.numUpdatedRows);
  }

  return {
    list,
    async set(eventId: string, viewer: Viewer, input: { photographerId?: string | null | undefined; price: OwnPrice }) {
      const photographerId = await subject(eventId, viewer, input.photographerId);
      const changedPhotos = await db.transaction().execute(async (trx) => {
        await trx.selectFrom('events').select('id').where('id', '=', eventId).forUpdate().execute();
        await requireAllowed(trx, eventId, viewer, input.price);
        await write(trx, eventId, photographerId, input.price, viewer.userId);
        const details = { photographerId, ...input.price };
        await audit(trx, {
          actorId: viewer.userId,
          action: 'event.price_rule',
          subjectKind: 'event',
          subjectId: eventId,
          details,
        });
        return applyRule(trx, eventId, photographerId, input.price);
      });
      return { ...(await list(eventId, viewer)), changedPhotos };
    },
    /** Sets the own price of some photos; `standard` lets the packages decide again, and a rule that is set later. */
    setPhotos: (viewer: Viewer, photoIds: readonly string[], price: OwnPrice) =>
      db.transaction().execute(async (trx) => {
        const rows = await trx
          .selectFrom('photos')
          .innerJoin('photographers', 'photographers.id', 'photos.photographer_id')
          .select(['photos.id', 'photos.event_id', 'photographers.user_id'])
          .where('photos.id', 'in', [...photoIds])
          .where('photos.deleted_at', 'is', null)
          .execute();
        const visible = viewer.role === 'admin' ? rows : rows.filter((row) => row.user_id === viewer.userId);
        if (visible.length < new Set(photoIds).size) {
          if (rows.length > visible.length) throw new AppError('price_rule.not_yours');
          throw new AppError('photo.not_found');
        }
        let changedPhotos = 0;
        for (const eventId of [...new Set(rows.map((row) => row.event_id))].sort()) {
          await requireAllowed(trx, eventId, viewer, price);
          const ids = rows.filter((row) => row.event_id === eventId).map((row) => row.id);
          const revision = await nextRevision(trx, scopes.eventPhotos(eventId));
          const result = await trx
            .updateTable('photos')
            .set({ ...columnsFor(price, 'photo'), revision, updated_at: sql<Date>`now()` })
            .where('id', 'in', ids)
            .executeTakeFirst();
          changedPhotos += Number(result.numUpdatedRows);
        }
        await audit(trx, {
          actorId: viewer.userId,
          action: 'photo.price',
          subjectKind: 'photo',
          subjectId: rows[0]!.id,
          details: { photos: changedPhotos, ...price },
        });
        return { changedPhotos };
      }),
  };
}
