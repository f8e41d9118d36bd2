import { type Selectable, sql } from 'kysely';
import type { Db } from '#server/platform/db.ts';
import type { Messages as MessagesTable } from '#server/platform/db-types.ts';
import type { Mailer } from '#server/platform/mail.ts';
import { type JobHandlers, UnrecoverableError } from '#server/platform/queue.ts';
import type { LineSender } from './line.ts';
import type { PushSender } from './push.ts';
import { Permanent, SubscriptionEnded } from './sending.ts';
import type { Messages } from './service.ts';
import type { Unsubscribes } from './unsubscribe.ts';

type Message = Selectable<MessagesTable>;
export interface SendingDeps {
  db: Db;
  messages: Messages;
  mailer: Mailer;
  mailDomain: string;
  push?: PushSender | undefined;
  line?: LineSender | undefined;
  publicUrl?: string;
  unsubscribes?: Unsubscribes;
}
/** Secrets of sign-in do not outlive their sending. */
const isSecret = (template: string) => template.startsWith('auth.');
const tries = 3;

/** An SMTP server's 5xx answer will not change by trying again. */
const isPermanent = (error: unknown) => {
  const code = (error as { responseCode?: number }).responseCode;
  return error instanceof Permanent || (code !== undefined && code >= 500);
};

/**
 * Sends one message over its channel: at least once as networks go, and never again once it is marked sent. Mail servers and
 * LINE can tell a repeat by an id made from the row's; a device shows a repeated push in the place of the first.
 */
export function messagesJobHandlers(deps: SendingDeps): JobHandlers {
  const { db, messages, push, line } = deps;

  async function sendPush(message: Message): Promise<string> {
    if (!push) throw new Permanent('web push is not set up');
    const device = message.push_subscription_id
      ? await db
          .selectFrom('push_subscriptions')
          .selectAll()
          .where('id', '=', message.push_subscription_id)
          .executeTakeFirst()
      : undefined;
    if (!device) throw new Permanent('the subscription ended');
    const payload = messages.shortMessage(message);
    try {
      const id = await push.send(device, payload, payload.kind === 'photos' || payload.kind === 'order');
      await db
        .updateTable('push_subscriptions')
        .set({ last_sent_at: sql<Date>`now()`, failed_at: null })
        .where('id', '=', device.id)
        .execute();
      return id;
    } catch (error) {
      if (error instanceof SubscriptionEnded)
        await db.deleteFrom('push_subscriptions').where('id', '=', device.id).execute();
      throw error;
    }
  }
  async function sendLine(message: Message): Promise<string> {
    if (!line) throw new Permanent('LINE is not set up');
    const { title, body, url } = messages.shortMessage(message);
    const text = [title, body, `${deps.publicUrl ?? ''}${url}`].filter(Boolean).join('\n');
    return line.push(message.recipient, text, message.id);
  }
  async function send(message: Message): Promise<string> {
    if (message.channel === 'push') return sendPush(message);
    if (message.channel === 'line') return sendLine(message);
    const end = deps.unsubscribes?.linksFor(message, new Date());
    const mail = await messages.renderMessage(message, end?.page);
    const messageId = `<${message.id}@${deps.mailDomain}>`;
    return deps.mailer.send({ to: message.recipient, ...mail, messageId, unsubscribeUrl: end?.oneClick });
  }

  return {
    async 'send-message'({ messageId }, { attempt }) {
      const message = await db
        .updateTable('messages')
        .set({ attempts: sql<number>`attempts + 1` })
        .where('id', '=', messageId)
        .where('status', '!=', 'sent')
        .returningAll()
        .executeTakeFirst();
      if (!message) return;
      const note = (values: { status: 'sent' | 'failed' | 'queued'; provider_id?: string; error: string | null }) =>
        db
          .updateTable('messages')
          .set({
            ...values,
            ...(values.status === 'sent' && { sent_at: sql<Date>`now()` }),
            ...(values.status === 'sent' && isSecret(message.template) && { payload: '{}' }),
          })
          .where('id', '=', messageId)
          .where('status', '!=', 'sent')
          .execute();
      try {
        const id = await send(message);
        await note({ status: 'sent', provider_id: id, error: null });
      } catch (error) {
        const text = (error instanceof Error ? error.message : String(error)).slice(0, 500);
        const isOver = isPermanent(error) || attempt >= tries;
        await note({ status: isOver ? 'failed' : 'queued', error: text });
        // A device that is gone is no fault that anybody has to look at.
        if (error instanceof SubscriptionEnded) return;
        throw isPermanent(error) ? new UnrecoverableError(text) : error;
      }
    },
  };
}
