import { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import { REFUSED_REVISION, type Replicated } from '#contracts/sync/documents.ts';
import { type Db, pgErrorCode, type Trx } from '#server/platform/db.ts';
import type { OlderVersion, PushRules, SyncContext } from './collection.ts';
import { decide } from './decide.ts';
import { changeKey, noteEffect, type SentRow, tookEffect } from './pushed.ts';

const rows = z
  .array(z.object({ newDocumentState: z.looseObject({ id: z.uuid() }), assumedMasterState: z.unknown().optional() }))
  .max(500);

export interface Push<Doc> {
  rules: PushRules<Doc>;
  version: OlderVersion<unknown>;
  context: SyncContext;
  /** The scope whose revisions the documents carry. */
  scope: string;
  /** What the device calls itself; without, a change that is sent again is known by its state alone. */
  device?: string | undefined;
}

/**
 * Applies one batch in one transaction and answers the server's documents where it did not take the phone's: what was
 * changed meanwhile, what the rules refuse, what cannot be read. It never answers 403: that would end the replication.
 * A change that is sent again (its answer was lost, or a copy of it was late) does nothing, whatever happened since.
 */
export async function pushBatch<Doc extends { id: string; revision: number }>(
  db: Db,
  push: Push<Doc>,
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
        await push.rules.lock(trx, push.context);
        const conflicts: Replicated<Doc>[] = [];
        for (const row of parsed.data) {
          const conflict = await pushRow(trx, push, row);
          if (conflict) conflicts.push(conflict);
        }
        return conflicts.map((conflict) => push.version.lower(conflict as never));
      });
    } catch (error) {
      const isDeadlock = pgErrorCode(error) === '40P01';
      if (!isDeadlock || attempt === 3) throw error;
    }
  }
}

/** The server's document when it stands against the phone's. */
async function pushRow<Doc extends { id: string; revision: number }>(
  trx: Trx,
  { rules, version, context, scope, device }: Push<Doc>,
  row: SentRow,
): Promise<Replicated<Doc> | undefined> {
  const { id } = row.newDocumentState;
  const raise = version.raise ?? ((sent: unknown) => sent);
  const master = await rules.find(trx, context, id);
  const refusal = (document = master): Replicated<Doc> => ({
    ...(document ?? rules.tombstone(id)),
    revision: REFUSED_REVISION,
  });
  const wanted = rules.schema.safeParse(raise(row.newDocumentState));
  if (!wanted.success || wanted.data.id !== id) return refusal();
  const assumed = row.assumedMasterState === undefined ? undefined : raise(row.assumedMasterState);
  const key = device === undefined ? undefined : changeKey(device, row);
  const verdict = decide({
    master,
    // Read after the row was found missing: what was forgotten until then counts.
    floor: master ? 0 : await floorOf(trx, scope),
    wanted: wanted.data,
    assumed: rules.schema.safeParse(assumed).data,
    isKnown: key !== undefined && (await tookEffect(trx, scope, key)),
    isSame: rules.isSame,
  });
  if (verdict.kind === 'conflict') return verdict.master;
  if (verdict.kind === 'overtaken') return refusal(verdict.master);
  try {
    const now = verdict.kind === 'same' ? wanted.data : await rules.apply(trx, context, wanted.data);
    if (!now || !rules.isSame(now, wanted.data)) return refusal(now);
    if (key) await noteEffect(trx, scope, key);
    return undefined;
  } catch (error) {
    if (error instanceof AppError && error.status < 500) return refusal();
    throw error;
  }
}

async function floorOf(trx: Trx, scope: string): Promise<number> {
  const query = trx.selectFrom('sync_scopes').select('floor_revision').where('scope', '=', scope);
  return (await query.executeTakeFirst())?.floor_revision ?? 0;
}
