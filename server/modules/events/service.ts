import { sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import type { EventChange, EventInput, EventStatus, EventView } from '#contracts/http/events.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { audit } from '#server/platform/audit.ts';
import type { Cache } from '#server/platform/cache.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import { type Db, type DbOrTrx, isUniqueViolation, pgErrorCode, type Trx } from '#server/platform/db.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import { nextRevision, scopes } from '#server/platform/sync-revision.ts';
import { createEventAccess } from './access.ts';
import { type Announce, createAnnouncements } from './announcements.ts';
import { invalid, readEventInput } from './input.ts';
import { canMove, isPublicStatus } from './machine.ts';
import type { EventRow, EventWithCover } from './repository.ts';
import * as repository from './repository.ts';
import { anotherSlug, slugFrom } from './slug.ts';
import { createStaff } from './staff.ts';
import { eventStatistics } from './statistics.ts';
import { eventView, isSalesOpen } from './view.ts';

export { accessCookie, eventAccessOf } from './access.ts';
export { isPublicStatus, publicStatuses } from './machine.ts';
export { type EventRow, type EventWithCover, pullEvents } from './repository.ts';
export { anotherSlug, slugFrom } from './slug.ts';
export { isSalesOpen } from './view.ts';

export type EventsService = ReturnType<typeof createEventsService>;
export interface EventsDeps {
  db: Db;
  cache: Cache;
  /** LINK_SECRET: signs access tokens, keys the hashes of access codes. */
  linkSecret: string;
  messages: { queue: Announce };
  /** For links in announcements; without it they lead to the first page. */
  publicUrl?: string;
  clock?: Clock;
}
type Who = Viewer | null | undefined;

export interface ListQuery {
  cursor?: string | undefined;
  limit: number;
  q?: string | undefined;
  category?: string | undefined;
  status?: string | undefined;
  when?: 'upcoming' | 'past' | undefined;
  all?: string | undefined;
}

export function createEventsService(deps: EventsDeps) {
  const { db, cache } = deps;
  const clock = deps.clock ?? systemClock;
  const access = createEventAccess(deps.linkSecret);

  async function isStaff(at: DbOrTrx, eventId: string, userId: string, role?: 'photographer' | 'organizer') {
    const roles = await repository.staffRoles(at, eventId, userId);
    return role ? roles.includes(role) : roles.length > 0;
  }
  /** Admins, and staff of the event. */
  const mayManage = async (at: DbOrTrx, eventId: string, viewer: Who): Promise<boolean> =>
    !!viewer && !viewer.isGuest && (viewer.role === 'admin' || (await isStaff(at, eventId, viewer.userId)));

  /** The event if the viewer may know of it (its photos may still be locked); throws event.not_found. */
  async function requireKnown(at: DbOrTrx, idOrSlug: string, viewer: Who): Promise<EventWithCover> {
    const event = await repository.findEvent(at, idOrSlug);
    if (!event) throw new AppError('event.not_found');
    if (!isPublicStatus(event.status) && !(await mayManage(at, event.id, viewer)))
      throw new AppError('event.not_found');
    return event;
  }
  async function isLocked(at: DbOrTrx, event: EventRow, viewer: Who, given: readonly string[]): Promise<boolean> {
    if (event.access_mode !== 'code' || !event.access_code_hash) return false;
    if (access.opens(given, event.id, event.access_code_hash, clock.now())) return false;
    return !(await mayManage(at, event.id, viewer));
  }
  /**
   * The event if the viewer may see what is in it. `given`: access tokens of the request (`eventAccessOf(req)`).
   * Throws event.not_found, event.access_code_required.
   */
  async function requireVisible(at: DbOrTrx, idOrSlug: string, viewer: Who, given: readonly string[] = []) {
    const event = await requireKnown(at, idOrSlug, viewer);
    if (await isLocked(at, event, viewer, given)) throw new AppError('event.access_code_required');
    return event;
  }

  /** Approved photos of each event, at most a minute old. */
  async function photoCounts(eventIds: readonly string[]): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    const known = await Promise.all(eventIds.map((id) => cache.get(`event-photos.${id}`).catch(() => null)));
    const missing: string[] = [];
    for (const [index, id] of eventIds.entries()) {
      const value = known[index];
      if (value === null || value === undefined) missing.push(id);
      else counts.set(id, Number(value));
    }
    const counted = await repository.countApproved(db, missing);
    for (const id of missing) {
      counts.set(id, counted.get(id) ?? 0);
      await cache.set(`event-photos.${id}`, String(counts.get(id)), 60).catch(() => {});
    }
    return counts;
  }
  async function views(rows: EventWithCover[], viewer: Who, given: readonly string[]): Promise<EventView[]> {
    const counts = await photoCounts(rows.map((row) => row.id));
    const asStaff = viewer && !viewer.isGuest && viewer.role !== 'customer';
    return Promise.all(
      rows.map(async (row) =>
        eventView(row, {
          now: clock.now(),
          photoCount: counts.get(row.id) ?? 0,
          isLocked: await isLocked(db, row, viewer, given),
          withManage: !!asStaff && (await mayManage(db, row.id, viewer)),
        }),
      ),
    );
  }
  const viewOf = async (id: string, viewer: Who): Promise<EventView> => {
    const [view] = await views([await requireKnown(db, id, viewer)], viewer, []);
    return view!;
  };

  async function list(query: ListQuery, viewer: Who, given: readonly string[] = [], photographedBy?: string) {
    const cursor = decodeCursor(query.cursor);
    const isAdmin = viewer?.role === 'admin';
    const visible =
      photographedBy || (query.all && isAdmin) || (query.status && isAdmin)
        ? 'all'
        : query.all && viewer
          ? { staff: viewer.userId }
          : 'public';
    const opened = access.opened(given, clock.now());
    const rows = await repository.listEvents(db, { ...query, cursor, visible, opened, photographedBy }, clock.now());
    const shown = await views(rows.slice(0, query.limit), viewer, given);
    const page = toPage(
      rows,
      query.limit,
      (row) => ({ at: row.starts_at, id: row.id }),
      (row) => row.id,
    );
    return { items: shown, nextCursor: page.nextCursor };
  }

  /** Runs one change of an event under its row lock, with the next revision and a line in the audit trail. */
  async function change(
    id: string,
    actor: Viewer,
    action: string,
    work: (trx: Trx, before: EventRow) => Promise<Record<string, unknown> | undefined>,
  ) {
    await translating(() =>
      db.transaction().execute(async (trx) => {
        const before = await repository.lockEvent(trx, id);
        if (!before) throw new AppError('event.not_found');
        const details = await work(trx, before);
        if (!details) return;
        await audit(trx, { actorId: actor.userId, action, subjectKind: 'event', subjectId: id, details });
        const revision = await nextRevision(trx, scopes.events());
        await trx.updateTable('events').set({ revision, updated_at: clock.now() }).where('id', '=', id).execute();
      }),
    );
  }

  async function checkCover(trx: Trx, eventId: string, coverPhotoId: string | null | undefined) {
    if (!coverPhotoId) return;
    const photo = await trx
      .selectFrom('photos')
      .select('id')
      .where('id', '=', coverPhotoId)
      .where('event_id', '=', eventId)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (!photo) throw invalid('coverPhotoId', 'not a photo of this event');
  }

  const recordStatus = (trx: Trx, eventId: string, from: string | null, to: string, actorId: string, reason?: string) =>
    trx
      .insertInto('event_status_changes')
      .values({ event_id: eventId, from_status: from, to_status: to, actor_id: actorId, reason: reason ?? null })
      .execute();

  async function insert(input: EventInput, slug: string, actor: Viewer): Promise<string> {
    return db.transaction().execute(async (trx) => {
      if (input.coverPhotoId) throw invalid('coverPhotoId', 'not a photo of this event');
      const columns = readEventInput(input, undefined, access, clock.now());
      const row = await trx
        .insertInto('events')
        .values({
          ...columns,
          name: input.name,
          slug,
          status: input.status ?? 'planning',
          created_by: actor.userId,
          face_engine: sql<string>`coalesce((select engine from face_engines where is_default), 'faceapi-128-r1')`,
        })
        .returning(['id', 'status'])
        .executeTakeFirstOrThrow();
      await recordStatus(trx, row.id, null, row.status, actor.userId);
      await audit(trx, { actorId: actor.userId, action: 'event.create', subjectKind: 'event', subjectId: row.id });
      const revision = await nextRevision(trx, scopes.events());
      await trx.updateTable('events').set({ revision }).where('id', '=', row.id).execute();
      return row.id;
    });
  }

  const announcements = createAnnouncements({ db, messages: deps.messages, publicUrl: deps.publicUrl ?? '' });

  return {
    access,
    isStaff,
    mayManage,
    requireKnown,
    requireVisible,
    /** The event whoever asks; null when there is none. */
    find: async (id: string): Promise<EventRow | null> => (await repository.findEvent(db, id)) ?? null,
    isSalesOpen,
    isPublicStatus,
    views,
    list,
    announce: announcements.announce,
    showAnnouncement: announcements.show,
    ...createStaff({ db }),

    async get(idOrSlug: string, viewer: Who, given: readonly string[] = []): Promise<EventView> {
      const [view] = await views([await requireKnown(db, idOrSlug, viewer)], viewer, given);
      return view!;
    },

    /** Throws event.not_found, event.access_code_required. */
    async announcementsOnPage(id: string, viewer: Who, given: readonly string[]) {
      return announcements.onPage((await requireVisible(db, id, viewer, given)).id);
    },
    async allAnnouncements(id: string, viewer: Viewer) {
      return announcements.all((await requireKnown(db, id, viewer)).id);
    },

    /** Throws event.slug_taken for a slug that was asked for; one made from the name gets a suffix instead. */
    async create(input: EventInput, actor: Viewer): Promise<EventView> {
      let slug = input.slug ?? slugFrom(input.name, 'event');
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await viewOf(await translating(() => insert(input, slug, actor)), actor);
        } catch (error) {
          const isTaken = error instanceof AppError && error.code === 'event.slug_taken';
          if (!isTaken || input.slug || attempt === 4) throw error;
          slug = anotherSlug(slug);
        }
      }
    },

    async update(id: string, input: EventChange, actor: Viewer): Promise<EventView> {
      await change(id, actor, 'event.update', async (trx, before) => {
        await checkCover(trx, id, input.coverPhotoId);
        const columns = readEventInput(input, before, access, clock.now());
        await trx
          .updateTable('events')
          .set({ ...columns, name: input.name ?? before.name, slug: input.slug ?? before.slug })
          .where('id', '=', id)
          .execute();
        // Phones that replicated the photos of an event hear of every one when the mode decides anew who sees them.
        if (columns.access_mode !== before.access_mode) {
          const revision = await nextRevision(trx, scopes.eventPhotos(id));
          await trx.updateTable('photos').set({ revision }).where('event_id', '=', id).execute();
        }
        return { fields: Object.keys(input) };
      });
      return viewOf(id, actor);
    },

    async setStatus(id: string, to: EventStatus, reason: string | undefined, actor: Viewer): Promise<EventView> {
      await change(id, actor, 'event.status', async (trx, before) => {
        const from = before.status as EventStatus;
        if (from === to) return undefined;
        if (!canMove(from, to)) throw new AppError('event.transition', { from, to });
        await trx.updateTable('events').set({ status: to }).where('id', '=', id).where('status', '=', from).execute();
        await recordStatus(trx, id, from, to, actor.userId, reason);
        return { from, to };
      });
      return viewOf(id, actor);
    },

    /** Leaves a tombstone for the phones; throws event.has_sales. */
    async remove(id: string, actor: Viewer): Promise<void> {
      await change(id, actor, 'event.delete', async (trx) => {
        if (await repository.hasSales(trx, id)) throw new AppError('event.has_sales');
        await trx
          .updateTable('events')
          // The short address becomes free for another event.
          .set({ deleted_at: clock.now(), slug: `deleted-${id}` })
          .where('id', '=', id)
          .execute();
        return {};
      });
    },

    /** Throws event.access_code_required when the code is not right (or the event has none). */
    async unlock(idOrSlug: string, code: string, viewer: Who) {
      const event = await requireKnown(db, idOrSlug, viewer);
      if (event.access_mode !== 'code' || !event.access_code_hash || !access.fits(code, event.access_code_hash)) {
        throw new AppError('event.access_code_required');
      }
      return { eventId: event.id, ...access.issue(event.id, event.access_code_hash, clock.now()) };
    },

    /** Admins, and organizers of the event; throws event.not_found for others. */
    async statistics(id: string, viewer: Viewer) {
      const event = await requireKnown(db, id, viewer);
      const allowed = viewer.role === 'admin' || (await isStaff(db, event.id, viewer.userId, 'organizer'));
      if (!allowed) throw new AppError('event.not_found');
      return eventStatistics(db, event);
    },
  };
}

/** Violated keys of the events table as the errors they mean. */
async function translating<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isUniqueViolation(error, 'events_slug_key')) throw new AppError('event.slug_taken', {}, { cause: error });
    if (pgErrorCode(error) === '23503') throw invalid('organizerId', 'no such organizer');
    throw error;
  }
}
