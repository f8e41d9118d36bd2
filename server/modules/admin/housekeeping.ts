import { sql } from 'kysely';
import type { Settings } from '#server/modules/settings/service.ts';
import type { Db } from '#server/platform/db.ts';
import { enqueue } from '#server/platform/outbox.ts';
import type { JobHandlers } from '#server/platform/queue.ts';
import { forgetDeletions, forgetScopesOfGone } from './tombstones.ts';

/** What a guest may own; one who owns none of it, and did not come back, is removed. */
const ownedTables = [
  'orders',
  'favorites',
  'uploads',
  'download_grants',
  'face_feedback',
  'face_opt_outs',
  'privacy_requests',
  'push_subscriptions',
] as const;
const batch = 1000;

/** Removes what has had its time. Every step stands alone and may run again. */
export function housekeepingJobHandlers(deps: { db: Db; settings: Settings }): JobHandlers {
  const { db } = deps;

  async function removeExpired(): Promise<Record<string, number>> {
    const steps = {
      sessions: sql`delete from sessions where expires_at < now()`,
      verifications: sql`delete from verifications where expires_at < now()`,
      idempotencyKeys: sql`delete from idempotency_keys where expires_at < now()`,
      syncPushes: sql`delete from sync_pushes where applied_at < now() - interval '30 days'`,
      outbox: sql`delete from outbox where relayed_at < now() - interval '7 days'`,
      loginAttempts: sql`delete from login_attempts where created_at < now() - interval '30 days'`,
      // Addresses and browsers in kept rows lose their use before the rows do.
      consentTraces: sql`update consents set ip_address = null, user_agent = null
        where ip_address is not null and created_at < now() - interval '3 years'`,
      // The last word to somebody erased keeps no address once it is delivered.
      farewells: sql`update messages set recipient = 'erased@erased.invalid', payload = '{}'
        where template = 'privacy.decided' and status <> 'queued' and recipient <> 'erased@erased.invalid'
          and created_at < now() - interval '30 days'`,
      notices: sql`delete from notices where created_at < now() - interval '90 days'`,
      // A browser said how long it takes messages; it subscribes anew by itself.
      pushSubscriptions: sql`delete from push_subscriptions where expires_at < now()`,
      lineCodes: sql`delete from line_link_codes where expires_at < now()`,
      auditTraces: sql`update audit_logs set ip_address = null
        where ip_address is not null and created_at < now() - interval '1 year'`,
    };
    const removed: Record<string, number> = {};
    for (const [name, statement] of Object.entries(steps)) {
      const result = await statement.execute(db);
      removed[name] = Number(result.numAffectedRows ?? 0);
    }
    return removed;
  }
  async function removeGuests(): Promise<number> {
    const { guestDays } = await deps.settings.get('privacy');
    const ownsNothing = sql.join(
      ownedTables.map((table) => sql`not exists (select 1 from ${sql.table(table)} o where o.user_id = u.id)`),
      sql` and `,
    );
    const result = await sql`
      delete from users where id in (
        select u.id from users u
        where u.is_anonymous and u.updated_at < now() - make_interval(days => ${guestDays})
          and not exists (select 1 from sessions s where s.user_id = u.id and s.expires_at > now()
            and s.updated_at > now() - make_interval(days => ${guestDays}))
          and not exists (select 1 from carts c join cart_items i on i.cart_id = c.id
            where c.user_id = u.id and i.updated_at > now() - make_interval(days => ${guestDays}))
          and not exists (select 1 from face_searches f where f.user_id = u.id
            and (f.descriptor is not null or f.image_key is not null))
          -- consents are evidence: their giver stays, nameless, as long as they count
          and not exists (select 1 from consents c where c.user_id = u.id and c.created_at > now() - interval '3 years')
          and ${ownsNothing}
        limit ${batch})`.execute(db);
    return Number(result.numAffectedRows ?? 0);
  }
  /** Messages whose job was lost with its queue; sending them twice is prevented by their status. */
  async function sendForgotten(): Promise<number> {
    const hour = new Date().toISOString().slice(0, 13);
    return db.transaction().execute(async (trx) => {
      const forgotten = await trx
        .selectFrom('messages')
        .select('id')
        .where('status', '=', 'queued')
        .where('created_at', '<', sql<Date>`now() - interval '20 minutes'`)
        .where('created_at', '>', sql<Date>`now() - interval '2 days'`)
        .limit(batch)
        .execute();
      for (const { id } of forgotten) await enqueue(trx, 'send-message', `${id}-${hour}`, { messageId: id });
      return forgotten.length;
    });
  }
  return {
    async 'sweep-housekeeping'(_payload, { logger }) {
      const removed = await removeExpired();
      const guests = await removeGuests();
      const resent = await sendForgotten();
      const tombstones = await forgetDeletions(db);
      const scopes = await forgetScopesOfGone(db);
      logger.info({ removed, guests, resent, tombstones, scopes }, 'housekeeping done');
    },
  };
}
