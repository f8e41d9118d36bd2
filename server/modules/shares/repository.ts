import { type SqlBool, sql } from 'kysely';
import type { DbOrTrx } from '#server/platform/db.ts';

/** Pages that stand: shared, still bought, and of a photo that may be shown. */
const standing = (db: DbOrTrx) =>
  db
    .selectFrom('photo_shares as s')
    .innerJoin('photos as p', 'p.id', 's.photo_id')
    .innerJoin('events as e', 'e.id', 'p.event_id')
    .where('s.revoked_at', 'is', null)
    .where('p.deleted_at', 'is', null)
    .where('p.status', '=', 'approved')
    .where('e.deleted_at', 'is', null)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('download_grants as g')
          .select('g.id')
          .whereRef('g.photo_id', '=', 's.photo_id')
          .whereRef('g.user_id', '=', 's.user_id')
          .where('g.revoked_at', 'is', null),
      ),
    )
    // Who asked to be hidden at the event is on no public page, whoever bought the photo.
    .where(sql<SqlBool>`not exists (select 1 from faces f where f.photo_id = p.id and f.hidden_at is not null)`);

export const findStanding = (db: DbOrTrx, tokenHash: Buffer) =>
  standing(db)
    .innerJoin('photographers as a', 'a.id', 'p.photographer_id')
    .leftJoin('photo_files as f', (join) => join.onRef('f.photo_id', '=', 'p.id').on('f.kind', '=', 'clean'))
    .select(['s.id', 'p.id as photo_id', 'p.width', 'p.height', 'p.placeholder_color', 'p.taken_at'])
    .select(['e.slug', 'e.name', 'e.name_en', 'e.starts_at', 'e.face_search_enabled', 'e.status'])
    .select(['a.display_name', 'f.object_key', 'f.created_at as file_created_at'])
    .where('s.token_hash', '=', tokenHash)
    .executeTakeFirst();

export const listStanding = (db: DbOrTrx, userId: string) =>
  standing(db)
    .select(['s.id', 's.photo_id', 's.created_at'])
    .where('s.user_id', '=', userId)
    .orderBy('s.created_at', 'desc')
    .orderBy('s.id')
    .execute();

/** What decides whether the user may share the photo; undefined: no such photo. */
export const findForSharing = (db: DbOrTrx, userId: string, photoId: string) =>
  db
    .selectFrom('photos as p')
    .select((eb) => [
      'p.id',
      sql<boolean>`p.status = 'approved' and p.deleted_at is null and not exists (
        select 1 from faces f where f.photo_id = p.id and f.hidden_at is not null)`.as('may_be_shown'),
      eb
        .exists(
          eb
            .selectFrom('download_grants as g')
            .select('g.id')
            .whereRef('g.photo_id', '=', 'p.id')
            .where('g.user_id', '=', userId)
            .where('g.revoked_at', 'is', null),
        )
        .as('is_bought'),
    ])
    .where('p.id', '=', photoId)
    .executeTakeFirst();

/** The live row of the user and the photo: the one that is there, else `row`. */
export async function keep(db: DbOrTrx, row: { id: string; user_id: string; photo_id: string; token_hash: Buffer }) {
  await db
    .insertInto('photo_shares')
    .values(row)
    .onConflict((c) => c.doNothing())
    .execute();
  return db
    .selectFrom('photo_shares')
    .select(['id', 'photo_id', 'created_at'])
    .where('user_id', '=', row.user_id)
    .where('photo_id', '=', row.photo_id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
}

export const revoke = (db: DbOrTrx, userId: string, photoId: string, at: Date) =>
  db
    .updateTable('photo_shares')
    .set({ revoked_at: at })
    .where('user_id', '=', userId)
    .where('photo_id', '=', photoId)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();

/** Pages of a guest become those of the account; where both have one of a photo, the account's stays. */
export async function move(db: DbOrTrx, from: string, to: string): Promise<void> {
  await db
    .updateTable('photo_shares')
    .set({ revoked_at: sql<Date>`now()` })
    .where('user_id', '=', from)
    .where('revoked_at', 'is', null)
    .where('photo_id', 'in', (eb) =>
      eb.selectFrom('photo_shares').select('photo_id').where('user_id', '=', to).where('revoked_at', 'is', null),
    )
    .execute();
  await db.updateTable('photo_shares').set({ user_id: to }).where('user_id', '=', from).execute();
}
