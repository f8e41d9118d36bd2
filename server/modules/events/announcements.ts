import type { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import type { announcementInput } from '#contracts/http/events.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import { lockEvent } from './repository.ts';

/** `queue` of the messages module: one row and one job per message, once per dedupeKey. */
export type Announce = (
  trx: Trx,
  message: {
    template: 'event.announcement';
    dedupeKey: string;
    userId: string | null;
    recipient: string;
    language: 'th' | 'en';
    payload: { subject: string; body: string };
  },
) => Promise<unknown>;

type Audience = 'buyers' | 'searchers' | 'staff';

/** One line per address: user (if any), e-mail, language. */
function recipients(trx: Trx, eventId: string, audience: Audience) {
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
  const people = trx
    .selectFrom('users')
    .select(['users.id as user_id', 'users.email', 'users.locale'])
    .where('users.is_anonymous', '=', false)
    .where('users.deleted_at', 'is', null);
  if (audience === 'staff') {
    return people
      .where('users.id', 'in', (eb) => eb.selectFrom('event_staff').select('user_id').where('event_id', '=', eventId))
      .execute();
  }
  return people
    .where('users.id', 'in', (eb) =>
      eb
        .selectFrom('face_searches')
        .select('user_id')
        .where('event_id', '=', eventId)
        .where('status', '<>', 'withdrawn'),
    )
    .execute();
}

export function createAnnouncements({ db, messages }: { db: Db; messages: { queue: Announce } }) {
  return {
    /** Stores the announcement and queues one message per recipient, all in one transaction. */
    async announce(eventId: string, input: z.output<typeof announcementInput>, actor: Viewer) {
      return db.transaction().execute(async (trx) => {
        const event = await lockEvent(trx, eventId);
        if (!event) throw new AppError('event.not_found');
        const body = input.body ?? input.message;
        const bodyTh = input.bodyTh ?? body ?? input.bodyEn!;
        const bodyEn = input.bodyEn ?? body ?? input.bodyTh!;
        const subjectTh = input.subjectTh ?? input.subject ?? event.name;
        const subjectEn = input.subjectEn ?? input.subject ?? event.name_en ?? event.name;
        const people = await recipients(trx, eventId, input.audience);
        const { id } = await trx
          .insertInto('event_announcements')
          .values({
            event_id: eventId,
            author_id: actor.userId,
            subject_th: subjectTh,
            subject_en: subjectEn,
            body_th: bodyTh,
            body_en: bodyEn,
            audience: input.audience,
            recipient_count: people.length,
          })
          .returning('id')
          .executeTakeFirstOrThrow();
        for (const person of people) {
          const isThai = person.locale === 'th';
          await messages.queue(trx, {
            template: 'event.announcement',
            dedupeKey: `announcement-${id}-${person.email}`,
            userId: person.user_id,
            recipient: person.email,
            language: isThai ? 'th' : 'en',
            payload: { subject: isThai ? subjectTh : subjectEn, body: isThai ? bodyTh : bodyEn },
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
  };
}
