import { type ExpressionBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import type { DbOrTrx, Trx } from '#server/platform/db.ts';
import type { DB, Events } from '#server/platform/db-types.ts';
import type { Cursor } from '#server/platform/pages.ts';
import { afterCheckpoint } from '#server/platform/sync-revision.ts';
import { publicStatuses } from './machine.ts';

export type EventRow = Selectable<Events>;
/** `shown_cover_id`: the chosen cover; for open events without one, their first approved photo. */
export type EventWithCover = EventRow & { shown_cover_id: string | null };

const shownCover = (eb: ExpressionBuilder<DB, 'events'>) =>
  eb.fn
    .coalesce(
      'events.cover_photo_id',
      eb
        .selectFrom('photos')
        .select('photos.id')
        .whereRef('photos.event_id', '=', 'events.id')
        .where('photos.status', '=', 'approved')
        .where('photos.deleted_at', 'is', null)
        .where('events.access_mode', '=', 'open')
        .orderBy(sql`coalesce(photos.taken_at, photos.created_at)`)
        .orderBy('photos.id')
        .limit(1),
    )
    .as('shown_cover_id');

export const selectEvents = (db: DbOrTrx) => db.selectFrom('events').selectAll('events').select(shownCover);

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** By id or slug; deleted ones are not there. */
export const findEvent = (db: DbOrTrx, idOrSlug: string): Promise<EventWithCover | undefined> =>
  selectEvents(db)
    .where(uuidPattern.test(idOrSlug) ? 'events.id' : 'events.slug', '=', idOrSlug.toLowerCase())
    .where('events.deleted_at', 'is', null)
    .executeTakeFirst();

export const lockEvent = (trx: Trx, id: string): Promise<EventRow | undefined> =>
  trx
    .selectFrom('events')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();

export interface EventFilter {
  cursor: Cursor | undefined;
  limit: number;
  q?: string | undefined;
  category?: string | undefined;
  status?: string | undefined;
  when?: 'upcoming' | 'past' | undefined;
  /** 'public', 'all', or also the events that this user is staff of. */
  visible: 'public' | 'all' | { staff: string };
  /** Events behind a code are listed for nobody but their staff and those who typed it. */
  opened?: readonly { eventId: string; code: string }[] | undefined;
  /** Only events that this user photographs. */
  photographedBy?: string | undefined;
}

const escapeLike = (text: string) => text.replace(/[\\%_]/g, (c) => `\\${c}`);

/** `limit + 1` rows, latest start first. */
export function listEvents(db: DbOrTrx, filter: EventFilter, now: Date): Promise<EventWithCover[]> {
  const { cursor, q, visible } = filter;
  return selectEvents(db)
    .where('events.deleted_at', 'is', null)
    .$if(visible !== 'all', (query) =>
      query.where((eb) =>
        eb.or([
          eb.and([
            eb('events.status', 'in', publicStatuses),
            eb.or([
              eb('events.access_mode', '<>', 'code'),
              ...(filter.opened ?? []).map(({ eventId, code }) =>
                eb.and([eb('events.id', '=', eventId), sql<SqlBool>`left(events.access_code_hash, 12) = ${code}`]),
              ),
            ]),
          ]),
          ...(typeof visible === 'object'
            ? [
                eb.exists(
                  eb
                    .selectFrom('event_staff')
                    .select('event_staff.event_id')
                    .whereRef('event_staff.event_id', '=', 'events.id')
                    .where('event_staff.user_id', '=', visible.staff),
                ),
              ]
            : []),
        ]),
      ),
    )
    .$if(filter.photographedBy !== undefined, (query) =>
      query.where('events.id', 'in', (eb) =>
        eb
          .selectFrom('event_staff')
          .select('event_id')
          .where('user_id', '=', filter.photographedBy!)
          .where('role', '=', 'photographer'),
      ),
    )
    .$if(filter.status !== undefined, (query) => query.where('events.status', '=', filter.status!))
    .$if(filter.category !== undefined, (query) => query.where('events.category', '=', filter.category!))
    .$if(filter.when === 'upcoming', (query) => query.where('events.ends_at', '>=', now))
    .$if(filter.when === 'past', (query) => query.where('events.ends_at', '<', now))
    .$if(!!q, (query) =>
      query.where((eb) =>
        eb.or(
          (['name', 'name_en', 'location', 'venue', 'description'] as const).map((column) =>
            eb(`events.${column}`, 'ilike', `%${escapeLike(q!)}%`),
          ),
        ),
      ),
    )
    .$if(cursor !== undefined, (query) =>
      query.where((eb) =>
        eb(eb.refTuple('events.starts_at', 'events.id'), '<', eb.tuple(cursor!.at, cursor!.id as never)),
      ),
    )
    .orderBy('events.starts_at', 'desc')
    .orderBy('events.id', 'desc')
    .limit(filter.limit + 1)
    .execute();
}

/** Approved photos of each event; events without any are absent. */
export async function countApproved(db: DbOrTrx, eventIds: readonly string[]): Promise<Map<string, number>> {
  if (eventIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('photos')
    .select((eb) => ['event_id', eb.fn.countAll<number>().as('count')])
    .where('event_id', 'in', eventIds)
    .where('status', '=', 'approved')
    .where('deleted_at', 'is', null)
    .groupBy('event_id')
    .execute();
  return new Map(rows.map((row) => [row.event_id, row.count]));
}

export async function hasSales(db: DbOrTrx, eventId: string): Promise<boolean> {
  const row = await db
    .selectFrom('order_items')
    .innerJoin('orders', 'orders.id', 'order_items.order_id')
    .select('order_items.id')
    .where('order_items.event_id', '=', eventId)
    .where('orders.status', 'not in', ['cancelled', 'expired'])
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Roles that the user has at the event. */
export async function staffRoles(db: DbOrTrx, eventId: string, userId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('event_staff')
    .select('role')
    .where('event_id', '=', eventId)
    .where('user_id', '=', userId)
    .union(
      db
        .selectFrom('events')
        .innerJoin('organizers', 'organizers.id', 'events.organizer_id')
        .select(sql<string>`'organizer'`.as('role'))
        .where('events.id', '=', eventId)
        .where('organizers.user_id', '=', userId),
    )
    .execute();
  return rows.map((row) => row.role);
}

/** Events above a checkpoint in (revision, id) order, whatever became of them; only public ones from the very start. */
export const pullEvents = (
  db: DbOrTrx,
  after: { revision: number; id: string },
  limit: number,
): Promise<EventWithCover[]> =>
  selectEvents(db)
    .where('events.revision', '>', 0)
    .where(afterCheckpoint('events', after))
    .$if(after.revision === 0, (query) =>
      query.where('events.deleted_at', 'is', null).where('events.status', 'in', publicStatuses),
    )
    .orderBy('events.revision')
    .orderBy('events.id')
    .limit(limit)
    .execute();
