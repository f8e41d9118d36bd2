import { randomInt } from 'node:crypto';
import { sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import { type NoticeChannel, type NoticeKind, noticeChannels, noticeKinds } from '#contracts/http/notices.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { LineSender } from '#server/modules/messages/line.ts';
import type { PushSender } from '#server/modules/messages/push.ts';
import { isLocked } from '#server/modules/messages/short-texts.ts';
import type { Unsubscribes } from '#server/modules/messages/unsubscribe.ts';
import { type Clock, systemClock } from '#server/platform/clock.ts';
import { sha256Hex } from '#server/platform/crypto.ts';
import type { Db, Trx } from '#server/platform/db.ts';
import type { Logger } from '#server/platform/logger.ts';
import { notify } from '#server/platform/notify.ts';

export type ChannelsService = ReturnType<typeof createChannelsService>;
interface Deps {
  db: Db;
  push?: PushSender | undefined;
  line?: LineSender | undefined;
  unsubscribes?: Unsubscribes | undefined;
  clock?: Clock;
  logger?: Logger;
}
const codeMs = 15 * 60_000;
/** LINE knows the person's language, we do not yet: both. */
const lineReplies = {
  linked:
    'เชื่อมกับ ThePixStock แล้ว เราจะแจ้งข่าวภาพของคุณทางนี้ ปิดได้ทุกเมื่อที่หน้า บัญชี → การแจ้งเตือน\nLinked with ThePixStock. News of your photos comes here. Switch it off at any time under Account → Notifications.',
  unknown:
    'รหัสนี้ใช้ไม่ได้หรือหมดอายุแล้ว เปิด บัญชี → การแจ้งเตือน เพื่อรับรหัสใหม่\nThis code is not valid any more. Open Account → Notifications for a new one.',
};
/** Devices of one person; the oldest gives way. */
const maxDevices = 12;
/** Without letters that look like others. */
const letters = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';
const makeCode = () => `TPS-${Array.from({ length: 8 }, () => letters[randomInt(letters.length)]).join('')}`;

/** Where a person hears of things: devices with web push, a linked LINE account, and what they want on each. */
export function createChannelsService({ db, push, line, unsubscribes, clock = systemClock, logger }: Deps) {
  const deviceView = (row: { id: string; endpoint: string; user_agent: string | null; created_at: Date }) => ({
    id: row.id,
    service: new URL(row.endpoint).host,
    endpointHash: sha256Hex(row.endpoint),
    userAgent: row.user_agent,
    createdAt: row.created_at.toISOString(),
  });
  const devicesOf = (userId: string) =>
    db
      .selectFrom('push_subscriptions')
      .select(['id', 'endpoint', 'user_agent', 'created_at'])
      .where('user_id', '=', userId)
      .orderBy('created_at', 'desc')
      .execute();
  const linkOf = (userId: string) =>
    db.selectFrom('line_links').select('blocked_at').where('user_id', '=', userId).executeTakeFirst();

  return {
    async push(viewer: Viewer) {
      return { publicKey: push?.publicKey ?? null, devices: (await devicesOf(viewer.userId)).map(deviceView) };
    },
    /** Throws push.unavailable, push.endpoint. An endpoint is one browser: whoever is signed in there now gets its messages. */
    async subscribe(
      viewer: Viewer,
      input: { endpoint: string; expirationTime?: number | null | undefined; keys: { p256dh: string; auth: string } },
      userAgent: string | undefined,
    ) {
      if (!push) throw new AppError('push.unavailable');
      if (!push.isAllowed(input.endpoint)) throw new AppError('push.endpoint');
      const values = {
        user_id: viewer.userId,
        p256dh: input.keys.p256dh.replace(/=+$/, ''),
        auth: input.keys.auth.replace(/=+$/, ''),
        user_agent: userAgent?.slice(0, 300) ?? null,
        expires_at: input.expirationTime ? new Date(input.expirationTime) : null,
        failed_at: null,
      };
      return db.transaction().execute(async (trx) => {
        const row = await trx
          .insertInto('push_subscriptions')
          .values({ endpoint: input.endpoint, ...values })
          .onConflict((c) => c.column('endpoint').doUpdateSet(values))
          .returning(['id', 'endpoint', 'user_agent', 'created_at'])
          .executeTakeFirstOrThrow();
        await sql`delete from push_subscriptions where id in (select id from push_subscriptions
          where user_id = ${viewer.userId} and id <> ${row.id} order by created_at desc offset ${maxDevices - 1})`.execute(
          trx,
        );
        return deviceView(row);
      });
    },
    async unsubscribe(viewer: Viewer, which: { endpoint: string } | { id: string }): Promise<void> {
      await db
        .deleteFrom('push_subscriptions')
        .where('user_id', '=', viewer.userId)
        .where((eb) => ('id' in which ? eb('id', '=', which.id) : eb('endpoint', '=', which.endpoint)))
        .execute();
    },

    async preferences(viewer: Viewer) {
      const set = await db
        .selectFrom('notification_preferences')
        .select(['kind', 'channel', 'is_on'])
        .where('user_id', '=', viewer.userId)
        .execute();
      const isPayee = viewer.role !== 'customer';
      const items = noticeKinds
        .filter((kind) => kind !== 'earnings' || isPayee)
        .flatMap((kind) =>
          noticeChannels.map((channel) => ({
            kind,
            channel,
            isOn:
              isLocked(kind, channel) ||
              (set.find((each) => each.kind === kind && each.channel === channel)?.is_on ?? true),
            canChange: !isLocked(kind, channel),
          })),
        );
      const [devices, link] = [await devicesOf(viewer.userId), await linkOf(viewer.userId)];
      return {
        items,
        channels: {
          email: viewer.email !== null,
          push: devices.length > 0,
          line: link !== undefined && !link.blocked_at,
        },
      };
    },
    async setPreferences(
      viewer: Viewer,
      items: readonly { kind: NoticeKind; channel: NoticeChannel; isOn: boolean }[],
    ) {
      const changeable = items.filter((item) => !isLocked(item.kind, item.channel));
      // The last word on a kind and channel counts.
      const last = new Map(changeable.map((item) => [`${item.kind} ${item.channel}`, item]));
      if (last.size > 0) {
        await db
          .insertInto('notification_preferences')
          .values(
            [...last.values()].map((item) => ({
              user_id: viewer.userId,
              kind: item.kind,
              channel: item.channel,
              is_on: item.isOn,
            })),
          )
          .onConflict((c) =>
            c
              .columns(['user_id', 'kind', 'channel'])
              .doUpdateSet({ is_on: sql<boolean>`excluded.is_on`, updated_at: sql<Date>`now()` }),
          )
          .execute();
      }
      return this.preferences(viewer);
    },

    /** What a link of an e-mail is about; with `end` no more e-mails of that kind come. Throws auth.token_invalid. */
    async unsubscribeLink(token: string, end: boolean) {
      const about = unsubscribes?.read(token, clock.now());
      if (!about) throw new AppError('auth.token_invalid');
      const { userId, kind } = about;
      if (end)
        // Somebody erased meanwhile gets no mail anyway.
        await sql`insert into notification_preferences (user_id, kind, channel, is_on)
          select id, ${kind}, 'email', false from users where id = ${userId} and deleted_at is null
          on conflict (user_id, kind, channel) do update set is_on = false, updated_at = now()`.execute(db);
      const set = await db
        .selectFrom('notification_preferences')
        .select('is_on')
        .where('user_id', '=', userId)
        .where('kind', '=', kind)
        .where('channel', '=', 'email')
        .executeTakeFirst();
      return { kind, isOn: set?.is_on ?? true };
    },

    async line(viewer: Viewer) {
      const link = await linkOf(viewer.userId);
      return {
        isAvailable: line !== undefined,
        isLinked: link !== undefined,
        isBlocked: Boolean(link?.blocked_at),
        accountId: line?.accountId ?? null,
      };
    },
    /** Throws line.unavailable. A new code ends the one before. */
    async lineCode(viewer: Viewer) {
      if (!line) throw new AppError('line.unavailable');
      const code = makeCode();
      const expiresAt = new Date(clock.now().getTime() + codeMs);
      await db
        .insertInto('line_link_codes')
        .values({ code, user_id: viewer.userId, expires_at: expiresAt })
        .onConflict((c) => c.column('user_id').doUpdateSet({ code, expires_at: expiresAt }))
        .execute();
      const openUrl = line.accountId
        ? `https://line.me/R/oaMessage/${encodeURIComponent(line.accountId)}/?${encodeURIComponent(code)}`
        : null;
      return { code, openUrl, expiresAt: expiresAt.toISOString() };
    },
    async unlinkLine(viewer: Viewer): Promise<void> {
      await notify(db, viewer.userId, { type: 'line.changed' });
      await db.deleteFrom('line_links').where('user_id', '=', viewer.userId).execute();
      await db.deleteFrom('line_link_codes').where('user_id', '=', viewer.userId).execute();
    },
    /** Events of the Messaging API. Throws webhook.signature, line.unavailable. Repeats change nothing. */
    async lineEvents(
      rawBody: Buffer,
      signature: string,
      events: readonly {
        type: string;
        source?: { userId?: string | undefined } | undefined;
        replyToken?: string | undefined;
        message?: { type: string; text?: string | undefined } | undefined;
      }[],
    ): Promise<void> {
      if (!line) throw new AppError('line.unavailable');
      if (!line.isSigned(rawBody, signature)) throw new AppError('webhook.signature');
      for (const { type, source, message, replyToken } of events) {
        const lineUserId = source?.userId;
        if (!lineUserId) continue;
        if (type === 'unfollow' || type === 'follow') {
          const blocked = type === 'unfollow' ? clock.now() : null;
          await db.transaction().execute(async (trx) => {
            const changed = await trx
              .updateTable('line_links')
              .set({ blocked_at: blocked })
              .where('line_user_id', '=', lineUserId)
              .returning('user_id')
              .executeTakeFirst();
            if (changed) await notify(trx, changed.user_id, { type: 'line.changed' });
          });
        }
        const code = type === 'message' ? /TPS-[A-Z0-9]{8}/.exec(message?.text?.toUpperCase() ?? '')?.[0] : undefined;
        if (!code) continue;
        const outcome = await db.transaction().execute((trx) => link(trx, code, lineUserId));
        // Not waited for: LINE wants its answer at once, and the page says it too.
        if (replyToken)
          line.reply(replyToken, lineReplies[outcome]).catch((err) => logger?.warn({ err }, 'no reply on LINE'));
      }
    },
    /** What the guest set up goes with them. */
    async joinGuest(trx: Trx, guestId: string, userId: string): Promise<void> {
      await trx.updateTable('push_subscriptions').set({ user_id: userId }).where('user_id', '=', guestId).execute();
      await sql`insert into notification_preferences (user_id, kind, channel, is_on)
        select ${userId}, kind, channel, is_on from notification_preferences where user_id = ${guestId}
        on conflict do nothing`.execute(trx);
    },
  };

  /** One LINE account is one person here, and the other way round: a newer link ends the older ones. */
  async function link(trx: Trx, code: string, lineUserId: string): Promise<keyof typeof lineReplies> {
    const found = await trx
      .deleteFrom('line_link_codes')
      .where('code', '=', code)
      .where('expires_at', '>', clock.now())
      .returning('user_id')
      .executeTakeFirst();
    if (!found) {
      // LINE may deliver an event twice, and the code is used up by the first.
      const linked = await trx
        .selectFrom('line_links')
        .select('user_id')
        .where('line_user_id', '=', lineUserId)
        .executeTakeFirst();
      return linked ? 'linked' : 'unknown';
    }
    const ended = await trx
      .deleteFrom('line_links')
      .where((eb) => eb.or([eb('user_id', '=', found.user_id), eb('line_user_id', '=', lineUserId)]))
      .returning('user_id')
      .execute();
    await trx.insertInto('line_links').values({ user_id: found.user_id, line_user_id: lineUserId }).execute();
    for (const userId of new Set([found.user_id, ...ended.map((row) => row.user_id)]))
      await notify(trx, userId, { type: 'line.changed' });
    return 'linked';
  }
}
