import { sql } from 'kysely';
import type { MessageToSend } from '#server/modules/messages/service.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import type { JobHandlers } from '#server/platform/queue.ts';

/** A person is told of new photos at most this often for one search. */
const pauseMs = 15 * 60_000;
/** What is found within this time of the search itself, the person sees on the page. */
const first = '1 minute';

interface Due {
  search_id: string;
  user_id: string;
  email: string | null;
  locale: 'th' | 'en';
  found: number;
  told: number | null;
  slug: string;
  name: string;
  name_en: string | null;
}

/** "New photos of you": what open searches found after their person looked, told each once. */
export function arrivalsJobHandlers(deps: {
  db: Db;
  messages: { queue(trx: Trx, message: MessageToSend): Promise<void> };
  publicUrl: string;
  clock?: Clock;
}): JobHandlers {
  const { db, messages, publicUrl } = deps;
  const clock = deps.clock ?? systemClock;

  async function tell(due: Due, at: Date): Promise<void> {
    await db.transaction().execute(async (trx) => {
      // The row of the telling is the lock: two sweeps at once tell once.
      const { rows } = await sql<{ told: number }>`
        insert into search_tellings as t (search_id, told_photos, told_at) values (${due.search_id}, ${due.found}, ${at})
        on conflict (search_id) do update set told_photos = excluded.told_photos, told_at = excluded.told_at
          where t.told_photos = ${due.told ?? -1}
        returning told_photos as told`.execute(trx);
      if (rows.length === 0) return;
      const count = due.found - (due.told ?? 0);
      await messages.queue(trx, {
        template: 'photos.found',
        dedupeKey: `photos.found-${due.search_id}-${due.found}`,
        userId: due.user_id,
        recipient: due.email,
        language: due.locale,
        payload: {
          photoCount: count,
          eventNameTh: due.name,
          eventNameEn: due.name_en ?? due.name,
          link: `${publicUrl}/e/${due.slug}/find`,
        },
      });
    });
  }

  return {
    'sweep-notices': async () => {
      const now = clock.now();
      // The first look: what was found then needs no telling.
      await sql`insert into search_tellings (search_id, told_photos, told_at)
        select s.id, (select count(*) from face_matches m where m.search_id = s.id and m.band = 'sure'
                        and m.created_at <= s.finished_at + interval '${sql.raw(first)}'), s.finished_at
        from face_searches s
        where s.status = 'done' and s.finished_at < ${now}::timestamptz - interval '${sql.raw(first)}' and s.open_until > ${now}
          and not exists (select 1 from search_tellings t where t.search_id = s.id)
        on conflict do nothing`.execute(db);
      const { rows } = await sql<Due>`
        select s.id as search_id, s.user_id, case when u.is_anonymous then null else u.email end as email, u.locale,
          t.told_photos as told, e.slug, e.name, e.name_en,
          (select count(*)::int from face_matches m join photos p on p.id = m.photo_id
             where m.search_id = s.id and m.band = 'sure' and p.deleted_at is null and p.status = 'approved') as found
        from face_searches s
        join search_tellings t on t.search_id = s.id
        join users u on u.id = s.user_id
        join events e on e.id = s.event_id
        where s.status = 'done' and s.open_until > ${now} and t.told_at < ${new Date(now.getTime() - pauseMs)}
          and u.deleted_at is null and e.deleted_at is null
          and exists (select 1 from face_matches m where m.search_id = s.id and m.band = 'sure' and m.created_at > t.told_at)
        order by t.told_at limit 500`.execute(db);
      for (const due of rows.filter((row) => row.found > (row.told ?? 0))) await tell(due, now);
    },
  };
}
