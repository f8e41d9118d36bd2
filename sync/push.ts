import { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import { REFUSED_REVISION, type Replicated } from '#contracts/sync/documents.ts';
import { type Db, pgErrorCode, type Trx } from '#server/platform/db.ts';
import type { OlderVersion, PushRules, SyncContext } from './collection.ts';

const rows = z
  .array(z.object({ newDocumentState: z.looseObject({ id: z.uuid() }), assumedMasterState: z.unknown().optional() }))
  .max(500);

/**
 * Applies one batch in one transaction and answers the server's documents where it did not take the phone's: what was
 * changed meanwhile, what the rules refuse, what cannot be read. It never answers 403: that would end the replication.
 * A batch that is sent again (its answer was lost) finds its own effect and conflicts with nothing.
 */
export async function pushBatch<Doc extends { id?: string }>(
  db: Db,
  rules: PushRules<Doc>,
  version: OlderVersion<unknown>,
  context: SyncContext,
  body: unknown,
): Promise<unknown[]> {
  const parsed = rows.safeParse(body);
  if (!parsed.success) {
    const errors = parsed.error.issues
      .slice(0, 20)
      .map((issue) => ({ path: ['body', ...issue.path].join('.'), message: issue.message }));
    throw new AppError('request.invalid', { errors });
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(async (trx) => {
        await rules.lock(trx, context);
        const conflicts: Replicated<Doc>[] = [];
        for (const row of parsed.data) {
          const raise = version.raise ?? ((sent: unknown) => sent);
          const sent = raise(row.newDocumentState);
          const assumed = row.assumedMasterState === undefined ? undefined : raise(row.assumedMasterState);
          const conflict = await pushRow(trx, rules, context, row.newDocumentState.id, sent, assumed);
          if (conflict) conflicts.push(conflict);
        }
        return conflicts.map((conflict) => version.lower(conflict as never));
      });
    } catch (error) {
      const isDeadlock = pgErrorCode(error) === '40P01';
      if (!isDeadlock || attempt === 3) throw error;
    }
  }
}

/** The server's document when it stands against the phone's. */
async function pushRow<Doc extends { id?: string }>(
  trx: Trx,
  rules: PushRules<Doc>,
  context: SyncContext,
  id: string,
  sent: unknown,
  assumedMasterState: unknown,
): Promise<Replicated<Doc> | undefined> {
  const master = await rules.find(trx, context, id);
  const refusal = (document = master): Replicated<Doc> => ({
    ...(document ?? rules.tombstone(id)),
    revision: REFUSED_REVISION,
  });
  const wanted = rules.schema.safeParse(sent);
  if (!wanted.success || wanted.data.id !== id) return refusal();
  if (master && rules.isEqual(master, wanted.data)) return undefined;
  if (master) {
    const assumed = rules.schema.safeParse(assumedMasterState);
    if (!assumed.success || !rules.isEqual(master, assumed.data)) return master;
  } else if (wanted.data._deleted) return undefined;
  try {
    const now = await rules.apply(trx, context, wanted.data);
    if (now && rules.isEqual(now, wanted.data)) return undefined;
    return refusal(now);
  } catch (error) {
    if (error instanceof AppError && error.status < 500) return refusal();
    throw error;
  }
}
