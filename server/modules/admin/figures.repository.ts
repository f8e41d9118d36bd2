import { sql } from 'kysely';
import type { Db } from '#server/platform/db.ts';

/** Days are Bangkok's: [start of `from`, start of the day after `to`). Dates as 'YYYY-MM-DD'. */
const zone = sql.lit('Asia/Bangkok');
const startOf = (date: string) => sql<Date>`(${date}::date::timestamp at time zone ${zone})`;
const startAfter = (date: string) => sql<Date>`((${date}::date + 1)::timestamp at time zone ${zone})`;

export async function bangkokToday(db: Db): Promise<string> {
  const { rows } = await sql<{
    today: string;
  }>`select to_char(now() at time zone ${zone}, 'YYYY-MM-DD') as today`.execute(db);
  return rows[0]!.today;
}

/** Sales count when they are paid, refunds notwithstanding (they are on the revenue pages). */
export async function today(db: Db, date: string) {
  const { rows } = await sql<{
    salesSatang: number;
    orders: number;
    photosUploaded: number;
    photosPending: number;
    searches: number;
    refunds: number;
    paymentReviews: number;
    privacyRequests: number;
  }>`
    with span as (select ${startOf(date)} as since, ${startAfter(date)} as until),
      paid as (select coalesce(sum(o.total_satang), 0)::bigint as satang, count(*) as orders
        from orders o, span where o.paid_at >= span.since and o.paid_at < span.until)
    select paid.satang as "salesSatang", paid.orders,
      (select count(*) from photos p, span where p.created_at >= span.since and p.created_at < span.until) as "photosUploaded",
      (select count(*) from photos p where p.status = 'pending' and p.deleted_at is null) as "photosPending",
      (select count(*) from face_searches s, span where s.created_at >= span.since and s.created_at < span.until) as searches,
      (select count(*) from refunds where status in ('requested', 'approved')) as refunds,
      (select count(*) from payments where review is not null and review_resolution is null) as "paymentReviews",
      (select count(*) from privacy_requests where status in ('received', 'in_progress')) as "privacyRequests"
    from paid`.execute(db);
  return rows[0]!;
}

export async function salesByHour(db: Db, date: string) {
  const { rows } = await sql<{ hour: number; salesSatang: number; orders: number }>`
    select h.hour, coalesce(sum(o.total_satang), 0)::bigint as "salesSatang", count(o.id) as orders
    from generate_series(0, 23) as h(hour)
    left join orders o on o.paid_at >= ${startOf(date)} and o.paid_at < ${startAfter(date)}
      and extract(hour from o.paid_at at time zone ${zone}) = h.hour
    group by h.hour order by h.hour`.execute(db);
  return rows;
}

export async function perDay(db: Db, from: string, to: string) {
  const within = (column: string) =>
    sql`${sql.ref(column)} >= ${startOf(from)} and ${sql.ref(column)} < ${startAfter(to)}`;
  const day = (column: string) => sql`(${sql.ref(column)} at time zone ${zone})::date`;
  const { rows } = await sql<{
    date: string;
    salesSatang: number;
    orders: number;
    photos: number;
    faces: number;
    searches: number;
    users: number;
  }>`
    with days as (select d::date as day from generate_series(${from}::date, ${to}::date, interval '1 day') d),
      o as (select ${day('paid_at')} as day, sum(total_satang) as satang, count(*) as n from orders where ${within('paid_at')} group by 1),
      p as (select ${day('created_at')} as day, count(*) as n from photos where ${within('created_at')} group by 1),
      f as (select ${day('created_at')} as day, count(*) as n from faces where ${within('created_at')} group by 1),
      s as (select ${day('created_at')} as day, count(*) as n from face_searches where ${within('created_at')} group by 1),
      u as (select ${day('created_at')} as day, count(*) as n from users where not is_anonymous and ${within('created_at')} group by 1)
    select to_char(days.day, 'YYYY-MM-DD') as date, coalesce(o.satang, 0)::bigint as "salesSatang",
      coalesce(o.n, 0)::bigint as orders, coalesce(p.n, 0)::bigint as photos, coalesce(f.n, 0)::bigint as faces,
      coalesce(s.n, 0)::bigint as searches, coalesce(u.n, 0)::bigint as users
    from days left join o using (day) left join p using (day) left join f using (day) left join s using (day)
      left join u using (day)
    order by days.day`.execute(db);
  return rows;
}

/** People who searched in the range, and how many of them paid for something in it. */
export async function conversion(db: Db, from: string, to: string) {
  const { rows } = await sql<{ searchers: number; buyers: number }>`
    with searchers as (select distinct user_id from face_searches
      where created_at >= ${startOf(from)} and created_at < ${startAfter(to)})
    select count(*) as searchers, count(*) filter (where exists (select 1 from orders o where o.user_id = s.user_id
      and o.paid_at >= ${startOf(from)} and o.paid_at < ${startAfter(to)})) as buyers
    from searchers s`.execute(db);
  return rows[0]!;
}

export const outboxWaiting = async (db: Db): Promise<number> =>
  (
    await db
      .selectFrom('outbox')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('relayed_at', 'is', null)
      .executeTakeFirstOrThrow()
  ).count;

/** Photos that were given up, the last ones first; they can be tried again. */
export async function photosGivenUp(db: Db) {
  const rows = await db
    .selectFrom('photos as p')
    .innerJoin('events as e', 'e.id', 'p.event_id')
    .select(['p.id', 'p.event_id', 'p.file_name', 'e.name', 'p.updated_at'])
    .where('p.failure_code', '=', 'gave_up')
    .where('p.deleted_at', 'is', null)
    .orderBy('p.updated_at', 'desc')
    .limit(100)
    .execute();
  return rows.map((row) => ({
    photoId: row.id,
    eventId: row.event_id,
    fileName: row.file_name,
    eventName: row.name,
    givenUpAt: row.updated_at.toISOString(),
  }));
}
