import { AppError } from '#contracts/errors.ts';
import type { Viewer } from '#server/http/viewer.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import { lockEvent } from './repository.ts';

export type StaffRole = 'photographer' | 'organizer';

/** An event without an organizer gets the one on its staff: without it, the organizer's share would be the platform's. */
async function giveOrganizer(trx: Trx, eventId: string, staff: readonly { userId: string; role: StaffRole }[]) {
  const userIds = staff.filter((member) => member.role === 'organizer').map((member) => member.userId);
  if (userIds.length === 0) return;
  const organizer = await trx
    .selectFrom('organizers')
    .select('id')
    .where('user_id', 'in', userIds)
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst();
  if (!organizer) return;
  await trx
    .updateTable('events')
    .set({ organizer_id: organizer.id })
    .where('id', '=', eventId)
    .where('organizer_id', 'is', null)
    .execute();
}

/** Who photographs and who organizes an event. */
export function createStaff({ db }: { db: Db }) {
  async function listStaff(eventId: string) {
    const event = await db
      .selectFrom('events')
      .select('id')
      .where('id', '=', eventId)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (!event) throw new AppError('event.not_found');
    const rows = await db
      .selectFrom('event_staff')
      .innerJoin('users', 'users.id', 'event_staff.user_id')
      .leftJoin('photographers', 'photographers.user_id', 'users.id')
      .select(['users.id', 'users.name', 'users.email', 'event_staff.role', 'photographers.id as photographer_id'])
      .where('event_staff.event_id', '=', eventId)
      .orderBy('event_staff.role')
      .orderBy('users.name')
      .orderBy('users.id')
      .execute();
    return rows.map((row) => ({
      userId: row.id,
      name: row.name,
      email: row.email,
      role: row.role as StaffRole,
      photographerId: row.photographer_id,
    }));
  }
  return {
    listStaff,
    /** Replaces the whole staff. Photographers need the user role photographer (or admin); throws resource.not_found. */
    async setStaff(eventId: string, staff: readonly { userId: string; role: StaffRole }[], actor: Viewer) {
      await db.transaction().execute(async (trx) => {
        if (!(await lockEvent(trx, eventId))) throw new AppError('event.not_found');
        const wanted = [...new Map(staff.map((member) => [`${member.userId} ${member.role}`, member])).values()];
        const users = wanted.length
          ? await trx
              .selectFrom('users')
              .select(['id', 'role'])
              .where('id', 'in', [...new Set(wanted.map((member) => member.userId))])
              .where('deleted_at', 'is', null)
              .where('is_anonymous', '=', false)
              .execute()
          : [];
        const roleOf = new Map(users.map((user) => [user.id, user.role]));
        for (const { userId, role } of wanted) {
          const has = roleOf.get(userId);
          if (has === undefined) throw new AppError('resource.not_found', { userId });
          if (has !== role && has !== 'admin') {
            throw new AppError('request.invalid', {
              errors: [{ path: 'body.staff', message: `user ${userId} does not have the role ${role}` }],
            });
          }
        }
        await trx.deleteFrom('event_staff').where('event_id', '=', eventId).execute();
        if (wanted.length) {
          await trx
            .insertInto('event_staff')
            .values(
              wanted.map((member) => ({
                event_id: eventId,
                user_id: member.userId,
                role: member.role,
                assigned_by: actor.userId,
              })),
            )
            .execute();
        }
        await giveOrganizer(trx, eventId, wanted);
        await audit(trx, {
          actorId: actor.userId,
          action: 'event.staff',
          subjectKind: 'event',
          subjectId: eventId,
          details: { staff: wanted },
        });
      });
      return listStaff(eventId);
    },
  };
}
