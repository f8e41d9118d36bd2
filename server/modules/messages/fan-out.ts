import { sql } from 'kysely';
import type { NoticeChannel, NoticeKind } from '#contracts/http/notices.ts';
import type { Trx } from '#server/platform/db.ts';
import { isLocked, shortTexts } from './short-texts.ts';
import type { TemplateKey } from './templates.ts';

export interface Target {
  channel: NoticeChannel;
  /** Told in the log: an address, or the host of a push service. */
  recipient: string;
  /** Added to the message's dedupe key, so that each device hears of it once. */
  suffix: string;
  pushSubscriptionId: string | null;
}
interface Reach {
  off: string[];
  line_user_id: string | null;
  devices: { id: string; endpoint: string }[];
}

/** Where a message goes: the address that was given, and the devices and the LINE account of its person, as they want it. */
export async function targetsOf(
  trx: Trx,
  message: { template: TemplateKey; userId: string | null; recipient: string | null },
): Promise<Target[]> {
  const kind = shortTexts[message.template]?.kind;
  const email: Target | undefined = message.recipient
    ? { channel: 'email', recipient: message.recipient, suffix: '', pushSubscriptionId: null }
    : undefined;
  if (!kind || !message.userId) return email ? [email] : [];
  const reach = await reachOf(trx, message.userId, kind);
  const isOn = (channel: NoticeChannel) => isLocked(kind, channel) || !reach.off.includes(channel);
  const targets: Target[] = email && isOn('email') ? [email] : [];
  if (isOn('push'))
    for (const { id, endpoint } of reach.devices)
      targets.push({
        channel: 'push',
        recipient: new URL(endpoint).host,
        suffix: `#push-${id}`,
        pushSubscriptionId: id,
      });
  if (isOn('line') && reach.line_user_id)
    targets.push({ channel: 'line', recipient: reach.line_user_id, suffix: '#line', pushSubscriptionId: null });
  return targets;
}

async function reachOf(trx: Trx, userId: string, kind: NoticeKind): Promise<Reach> {
  const { rows } = await sql<Reach>`
    select
      coalesce((select array_agg(channel) from notification_preferences
                where user_id = ${userId} and kind = ${kind} and not is_on), '{}') as off,
      (select line_user_id from line_links where user_id = ${userId} and blocked_at is null) as line_user_id,
      coalesce((select jsonb_agg(jsonb_build_object('id', id, 'endpoint', endpoint)) from push_subscriptions
                where user_id = ${userId} and (expires_at is null or expires_at > now())), '[]') as devices`.execute(
    trx,
  );
  return rows[0]!;
}
