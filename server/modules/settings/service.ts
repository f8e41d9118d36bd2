import { sql } from 'kysely';
import { AppError } from '#contracts/errors.ts';
import {
  defaultSetting,
  type SettingKey,
  type SettingValue,
  settingKeys,
  settingSchemas,
} from '#contracts/settings.ts';
import { audit } from '#server/platform/audit.ts';
import { type Db, type DbOrTrx, isUniqueViolation } from '#server/platform/db.ts';

export type Settings = ReturnType<typeof createSettingsService>;
interface Change {
  key: SettingKey;
  value: Record<string, unknown>;
  version?: number | undefined;
}

/** A stored value that an older version wrote and today's schema refuses counts as not set. */
function parse<K extends SettingKey>(key: K, stored: unknown): SettingValue<K> {
  const result = settingSchemas[key].safeParse(stored ?? {});
  return (result.success ? result.data : defaultSetting(key)) as SettingValue<K>;
}

export function createSettingsService({ db }: { db: Db }) {
  async function list(executor: DbOrTrx) {
    const rows = await executor.selectFrom('settings').selectAll().execute();
    return settingKeys.map((key) => {
      const row = rows.find((candidate) => candidate.key === key);
      return {
        key,
        value: parse(key, row?.value) as Record<string, unknown>,
        version: row?.version ?? 0,
        updatedAt: row?.updated_at.toISOString() ?? null,
      };
    });
  }
  return {
    /** The value that holds now, complete with defaults. */
    async get<K extends SettingKey>(key: K, executor: DbOrTrx = db): Promise<SettingValue<K>> {
      const row = await executor.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
      return parse(key, row?.value);
    },
    /** Several at once, in one statement. */
    async getAll<K extends SettingKey>(keys: readonly K[]): Promise<{ [Key in K]: SettingValue<Key> }> {
      const rows = await db
        .selectFrom('settings')
        .select(['key', 'value'])
        .where('key', 'in', [...keys])
        .execute();
      const stored = new Map(rows.map((row) => [row.key, row.value]));
      return Object.fromEntries(keys.map((key) => [key, parse(key, stored.get(key))])) as {
        [Key in K]: SettingValue<Key>;
      };
    },
    list: () => list(db),
    /** All or none. Throws settings.invalid with what is wrong, resource.conflict for an outdated version. */
    async put(actorId: string, changes: Change[]) {
      const errors: { path: string; message: string }[] = [];
      const parsed = changes.map((change, index) => {
        const result = settingSchemas[change.key].strict().safeParse(change.value);
        for (const issue of result.error?.issues ?? [])
          errors.push({ path: ['body.items', index, 'value', ...issue.path].join('.'), message: issue.message });
        return { ...change, value: result.data };
      });
      if (new Set(changes.map((change) => change.key)).size < changes.length)
        errors.push({ path: 'body.items', message: 'a key appears twice' });
      if (errors.length > 0) throw new AppError('settings.invalid', { errors });
      return db.transaction().execute(async (trx) => {
        for (const { key, value, version } of parsed.sort((a, b) => a.key.localeCompare(b.key))) {
          const current = await trx
            .selectFrom('settings')
            .select(['version', 'value'])
            .where('key', '=', key)
            .forUpdate()
            .executeTakeFirst();
          if (version !== undefined && version !== (current?.version ?? 0))
            throw new AppError('resource.conflict', { key });
          const values = { value: JSON.stringify(value), updated_by: actorId };
          if (current) {
            await trx
              .updateTable('settings')
              .set({ ...values, version: current.version + 1, updated_at: sql<Date>`now()` })
              .where('key', '=', key)
              .execute();
          } else {
            try {
              await trx
                .insertInto('settings')
                .values({ key, ...values })
                .execute();
            } catch (error) {
              throw isUniqueViolation(error) ? new AppError('resource.conflict', { key }) : error;
            }
          }
          await audit(trx, {
            actorId,
            action: 'settings.change',
            subjectKind: 'setting',
            subjectId: key,
            details: { from: current?.value ?? null, to: value },
          });
        }
        return list(trx);
      });
    },
  };
}
