import { sql } from 'kysely';
import type { DbOrTrx } from '#server/platform/db.ts';

/**
 * The descriptor spaces in which photos of an event must be described now: the one it is searched in, the one it is going to,
 * and those in which somebody's open search or "hide me" still waits for photos. The first is the event's own.
 */
export async function neededSpaces(db: DbOrTrx, eventId: string): Promise<string[]> {
  const { rows } = await sql<{ engine: string; place: number }>`
    select engine, min(place) as place from (
      select face_engine as engine, 0 as place from events where id = ${eventId}
      union all
      select to_engine, 1 from face_engine_changes where event_id = ${eventId} and status = 'running'
      union all
      select engine, 2 from face_searches
        where event_id = ${eventId} and status in ('queued', 'done') and descriptor is not null and open_until > now()
      union all
      select engine, 3 from face_opt_outs
        where event_id = ${eventId} and status in ('requested', 'confirmed') and descriptor is not null
          and (expires_at is null or expires_at > now())
    ) s where engine is not null group by engine order by place, engine`.execute(db);
  return rows.map(({ engine }) => engine);
}
