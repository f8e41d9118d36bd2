import type { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import type { AnnouncementView, announcementInput } from '#contracts/http/events.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db, DbOrTrx, Trx } from '#server/platform/db.ts';
import { lockEvent } from './repository.ts';

type Payload = { subject: string; body: string; link: string };
/** `queue` of the messages module: one row and one job per message, once per dedupeKey. */
export type Announce = (
  trx: Trx,
  message: {
    template: 'event.announcement';
    dedupeKey: string;
    userId: string | null;
    recipient: string | null;
    language: 'th' | 'en';
    payload: Payload;
    otherPayload: Payload;
  },
) => Promise<unknown>;

type Audience = z.output<typeof announcementInput>['audience'];
interface Person {
  user_id: string | null;
  /** null: a guest, who reads it in the app or as a push message. */
  email: string | null;
  locale: string;
}
/** So many stand on an event's page at most: the newest. */
const shownOnPage = 20;

/** Each person once; buyers by their address. */
async function recipients(trx: Trx, eventId: string, audience: Audience): Promise<Person[]> {
  if (audience === 'page') return [];
  if (audience === 'buyers') {
    return trx
      .selectFrom('orders')
      .innerJoin('order_items', 'order_items.order_id', 'orders.id')
      .select(['orders.user_id', 'orders.email', 'orders.locale'])
      .distinctOn('orders.email')
      .where('order_items.event_id', '=', eventId)
      .where('orders.status', 'in', ['paid', 'partially_refunded'])
      .orderBy('orders.email')
      .orderBy('orders.placed_at', 'desc')
      .execute();
  }
  const people = await trx
    .selectFrom('users')
    .select(['users.id as user_id', 'users.email', 'users.locale', 'users.is_anonymous'])
    .where('users.deleted_at', 'is', null)
    .$if(audience === 'staff', (q) =>
      q.where('users.id', 'in', (eb) => eb.selectFrom('event_staff').select('user_id').where('event_id', '=', eventId)),
    )
    .$if(audience === 'searchers', (q) =>
      q.where('users.id', 'in', (eb) =>
        eb
          .selectFrom('face_searches')
          .select('user_id')
          .where('event_id', '=', eventId)
          .where('status', '<>', 'withdrawn'),
      ),
    )
    .execute();
  return people.map(({ is_anonymous, ...person }) => ({ ...person, email: is_anonymous ? null : person.email }));
}

const rows = (db: DbOrTrx) =>
  db
    .selectFrom('event_announcements')
    .select(['id', 'subject_th', 'subject_en', 'body_th', 'body_en', 'created_at'])
    .select(['audience', 'recipient_count', 'on_page'])
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc');
type Row = Awaited<ReturnType<ReturnType<typeof rows>['executeTakeFirstOrThrow']>>;
const view = (row: Row): AnnouncementView => ({
  id: row.id,
  subjectTh: row.subject_th,
  subjectEn: row.subject_en,
  bodyTh: row.body_th,
  bodyEn: row.body_en,
  createdAt: row.created_at.toISOString(),
});
const adminView = (row: Row) => ({
  ...view(row),
  audience: row.audience as Audience,
  recipientCount: row.recipient_count,
  onPage: row.on_page,
});

export function createAnnouncements({
  db,
  messages,
  publicUrl,
}: {
  db: Db;
  messages: { queue: Announce };
  publicUrl: string;
}) {
  return {
    /** Stores the announcement and queues one message per recipient, all in one transaction. */
    async announce(eventId: string, input: z.output<typeof announcementInput>, actor: Viewer) {
      return db.transaction().execute(async (trx) => {
        const event = await lockEvent(trx, eventId);
        if (!event) throw new AppError('event.not_found');
        const body = input.body ?? input.message;
        const link = `${publicUrl}/e/${event.slug}`;
        const th: Payload = {
          subject: input.subjectTh ?? input.subject ?? event.name,
          body: input.bodyTh ?? body ?? input.bodyEn!,
          link,
        };
        const en: Payload = {
          subject: input.subjectEn ?? input.subject ?? event.name_en ?? event.name,
          body: input.bodyEn ?? body ?? input.bodyTh!,
          link,
        };
        const people = await recipients(trx, eventId, input.audience);
        const { id } = await trx
          .insertInto('event_announcements')
          .values({
            event_id: eventId,
            author_id: actor.userId,
            subject_th: th.subject,
            subject_en: en.subject,
            body_th: th.body,
            body_en: en.body,
            audience: input.audience,
            recipient_count: people.length,
            on_page: input.onPage || input.audience === 'page',
          })
          .returning('id')
          .executeTakeFirstOrThrow();
        for (const person of people) {
          const isThai = person.locale === 'th';
          await messages.queue(trx, {
            template: 'event.announcement',
            dedupeKey: `announcement-${id}-${person.email ?? person.user_id}`,
            userId: person.user_id,
            recipient: person.email,
            language: isThai ? 'th' : 'en',
            payload: isThai ? th : en,
            otherPayload: isThai ? en : th,
          });
        }
        await audit(trx, {
          actorId: actor.userId,
          action: 'event.announce',
          subjectKind: 'event',
          subjectId: eventId,
          details: { announcementId: id, audience: input.audience, recipients: people.length },
        });
        return { id, recipientCount: people.length };
      });
    },
    async onPage(eventId: string): Promise<AnnouncementView[]> {
      const found = await rows(db)
        .where('event_id', '=', eventId)
        .where('on_page', '=', true)
        .limit(shownOnPage)
        .execute();
      return found.map(view);
    },
    async all(eventId: string) {
      return (await rows(db).where('event_id', '=', eventId).limit(200).execute()).map(adminView);
    },
    /** Throws resource.not_found. */
    async show(id: string, onPage: boolean, actor: Viewer) {
      return db.transaction().execute(async (trx) => {
        await trx.updateTable('event_announcements').set({ on_page: onPage }).where('id', '=', id).execute();
        const row = await rows(trx).where('id', '=', id).executeTakeFirst();
        if (!row) throw new AppError('resource.not_found');
        await audit(trx, {
          actorId: actor.userId,
          action: 'event.announcement_page',
          subjectKind: 'event_announcement',
          subjectId: id,
          details: { onPage },
        });
        return adminView(row);
      });
    },
  };
}
