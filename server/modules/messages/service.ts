import { type Expression, type SqlBool, sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import type { PushPayload } from '#contracts/http/notices.ts';
import { audit } from '#server/platform/audit.ts';
import type { Db, DbOrTrx, Trx } from '#server/platform/db.ts';
import { isUniqueViolation } from '#server/platform/db.ts';
import { notify } from '#server/platform/notify.ts';
import { enqueue } from '#server/platform/outbox.ts';
import { decodeCursor, toPage } from '#server/platform/pages.ts';
import { targetsOf } from './fan-out.ts';
import { fillPlain, type Payload, render, variablesIn } from './render.ts';
import { type ShortText, shortTexts } from './short-texts.ts';
import { isTemplateKey, type TemplateKey, type TemplateText, templateKeys, templateOf } from './templates.ts';

export type Language = 'th' | 'en';
export type Messages = ReturnType<typeof createMessagesService>;
export interface MessageToSend {
  template: TemplateKey;
  /** Names the effect: a second message with the same key is not sent. */
  dedupeKey: string;
  userId: string | null;
  /** An e-mail address; null for who has none: devices and LINE only. */
  recipient: string | null;
  language: Language;
  payload: Payload;
  /** The values in the other language, where they are words themselves. */
  otherPayload?: Payload;
}
export { messagesJobHandlers } from './jobs.ts';

function shortOf(text: ShortText, payload: Payload, language: Language) {
  const link = text.linkVariable ? String(payload[text.linkVariable] ?? '') : '';
  const url = URL.canParse(link) ? new URL(link) : undefined;
  return {
    title: fillPlain(text[language].title, payload, language).slice(0, 120),
    body: fillPlain(text[language].body, payload, language).slice(0, 500),
    url: url ? url.pathname + url.search : text.path,
  };
}

export function createMessagesService(deps: { db: Db }) {
  const { db } = deps;

  async function textOf(executor: DbOrTrx, key: TemplateKey, language: Language): Promise<TemplateText> {
    const custom = await executor
      .selectFrom('email_templates')
      .select(['subject', 'body'])
      .where('key', '=', key)
      .where('language', '=', language)
      .executeTakeFirst();
    return custom ?? templateOf(key)[language];
  }
  function requireKey(key: string): TemplateKey {
    if (!isTemplateKey(key)) throw new AppError('resource.not_found');
    return key;
  }
  /** A text may use the variables of its template only, and has its link, without which it is of no use; throws settings.invalid. */
  function requireVariables(key: TemplateKey, text: TemplateText): void {
    const known = templateOf(key).variables;
    const used = new Set(variablesIn(`${text.subject}\n${text.body}`));
    const problems = [...used]
      .filter((name) => !known.includes(name))
      .map((name) => `no variable {{${name}}} in ${key}`);
    if (known.includes('link') && !variablesIn(text.body).includes('link')) problems.push('the text needs {{link}}');
    if (problems.length === 0) return;
    throw new AppError('settings.invalid', {
      errors: problems.map((message) => ({ path: 'body.body', message })),
    });
  }
  async function view(executor: DbOrTrx, key: TemplateKey, language: Language) {
    const custom = await executor
      .selectFrom('email_templates')
      .selectAll()
      .where('key', '=', key)
      .where('language', '=', language)
      .executeTakeFirst();
    const text = custom ?? templateOf(key)[language];
    return {
      key,
      language,
      subject: text.subject,
      body: text.body,
      variables: [...templateOf(key).variables],
      isCustom: custom !== undefined,
      version: custom?.version ?? 0,
      updatedAt: custom?.updated_at.toISOString() ?? null,
    };
  }

  /** What is short enough for a phone's notice can also be read in the app, in both languages. */
  async function keepNotice(trx: Trx, message: MessageToSend): Promise<void> {
    const text = shortTexts[message.template];
    if (!text || !message.userId) return;
    const valuesIn = (language: Language) =>
      language === message.language ? message.payload : (message.otherPayload ?? message.payload);
    const [th, en] = (['th', 'en'] as const).map((language) => shortOf(text, valuesIn(language), language));
    const kept = await trx
      .insertInto('notices')
      .values({
        user_id: message.userId,
        kind: text.kind,
        dedupe_key: message.dedupeKey,
        title_th: th!.title,
        title_en: en!.title,
        body_th: th!.body,
        body_en: en!.body,
        // A link's secret is for who has only the link.
        path: th!.url.split('?')[0]!,
      })
      .onConflict((c) => c.doNothing())
      .returning('id')
      .executeTakeFirst();
    if (kept) await notify(trx, message.userId, { type: 'inbox.changed' });
  }

  return {
    /**
     * Writes the message down, to be read in the app, and has it sent after commit: by e-mail, and to the devices and the LINE
     * account of its person as they want it. The same dedupeKey again does nothing.
     */
    async queue(trx: Trx, message: MessageToSend): Promise<void> {
      await keepNotice(trx, message);
      for (const target of await targetsOf(trx, message)) {
        const row = await trx
          .insertInto('messages')
          .values({
            channel: target.channel,
            template: message.template,
            dedupe_key: `${message.dedupeKey}${target.suffix}`,
            user_id: message.userId,
            recipient: target.recipient,
            push_subscription_id: target.pushSubscriptionId,
            language: message.language,
            payload: JSON.stringify(message.payload),
          })
          .onConflict((c) => c.column('dedupe_key').doNothing())
          .returning('id')
          .executeTakeFirst();
        if (row) await enqueue(trx, 'send-message', row.id, { messageId: row.id });
      }
    },
    async list(query: {
      cursor?: string | undefined;
      limit: number;
      status?: string | undefined;
      template?: string | undefined;
      channel?: string | undefined;
    }) {
      const after = decodeCursor(query.cursor);
      const rows = await db
        .selectFrom('messages')
        .selectAll()
        .where((eb) => {
          const all: Expression<SqlBool>[] = [];
          if (query.status) all.push(eb('status', '=', query.status));
          if (query.channel) all.push(eb('channel', '=', query.channel));
          if (query.template) all.push(eb('template', '=', query.template));
          if (after) all.push(sql<boolean>`(created_at, id) < (${after.at}, ${after.id}::uuid)`);
          return eb.and(all);
        })
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(query.limit + 1)
        .execute();
      return toPage(
        rows,
        query.limit,
        (row) => ({ at: row.created_at, id: row.id }),
        (row) => ({
          id: row.id,
          channel: row.channel as 'email' | 'push' | 'line',
          template: row.template,
          recipient: row.recipient,
          language: row.language as Language,
          status: row.status as 'queued' | 'sent' | 'failed',
          attempts: row.attempts,
          error: row.error,
          sentAt: row.sent_at?.toISOString() ?? null,
          createdAt: row.created_at.toISOString(),
        }),
      );
    },
    async listTemplates() {
      return Promise.all(
        templateKeys.flatMap((key) => (['th', 'en'] as const).map((language) => view(db, key, language))),
      );
    },
    /** `version` is the one that was edited; throws resource.conflict when another is current. */
    async setTemplate(
      actorId: string,
      name: string,
      language: Language,
      change: TemplateText & { version?: number | undefined },
    ) {
      const key = requireKey(name);
      requireVariables(key, change);
      return db.transaction().execute(async (trx) => {
        const current = await trx
          .selectFrom('email_templates')
          .select('version')
          .where('key', '=', key)
          .where('language', '=', language)
          .forUpdate()
          .executeTakeFirst();
        if (change.version !== undefined && change.version !== (current?.version ?? 0))
          throw new AppError('resource.conflict');
        const values = { subject: change.subject, body: change.body, updated_by: actorId };
        if (current) {
          await trx
            .updateTable('email_templates')
            .set({ ...values, version: current.version + 1, updated_at: sql<Date>`now()` })
            .where('key', '=', key)
            .where('language', '=', language)
            .execute();
        } else {
          try {
            await trx
              .insertInto('email_templates')
              .values({ key, language, ...values })
              .execute();
          } catch (error) {
            throw isUniqueViolation(error) ? new AppError('resource.conflict') : error;
          }
        }
        await audit(trx, {
          actorId,
          action: 'email_template.change',
          subjectKind: 'email_template',
          subjectId: `${key}/${language}`,
        });
        return view(trx, key, language);
      });
    },
    async resetTemplate(actorId: string, name: string, language: Language) {
      const key = requireKey(name);
      return db.transaction().execute(async (trx) => {
        await trx.deleteFrom('email_templates').where('key', '=', key).where('language', '=', language).execute();
        await audit(trx, {
          actorId,
          action: 'email_template.reset',
          subjectKind: 'email_template',
          subjectId: `${key}/${language}`,
        });
        return view(trx, key, language);
      });
    },
    preview(name: string, language: Language, text: TemplateText) {
      const key = requireKey(name);
      requireVariables(key, text);
      return render(text, templateOf(key).example, language);
    },
    /** What push and LINE say, and the path a tap leads to. */
    shortMessage(message: { template: string; language: string; payload: unknown; dedupe_key: string }): PushPayload {
      const key = requireKey(message.template);
      const text = shortTexts[key];
      if (!text) throw new AppError('resource.not_found');
      const lang = message.language as Language;
      return {
        ...shortOf(text, message.payload as Payload, lang),
        tag: message.dedupe_key.split('#')[0]!,
        kind: text.kind,
        lang,
      };
    },
    async renderMessage(message: { template: string; language: string; payload: unknown }, unsubscribeUrl?: string) {
      const key = requireKey(message.template);
      const language = message.language as Language;
      return render(await textOf(db, key, language), message.payload as Payload, language, unsubscribeUrl);
    },
  };
}
