import { createHash } from 'node:crypto';
import type { Trx } from '#server/platform/db.ts';

/** A row of a push as it came. */
export interface SentRow {
  newDocumentState: { id: string; [field: string]: unknown };
  assumedMasterState?: unknown;
}

/**
 * Names one change of one device: the same when it is sent again, after a reload too; another one for whatever the person does next, for that
 * differs in state, time or in what it was based on.
 */
export function changeKey(device: string, { newDocumentState, assumedMasterState }: SentRow): Buffer {
  const fields = Object.entries(newDocumentState).sort(([a], [b]) => (a < b ? -1 : 1));
  const based = (assumedMasterState as { revision?: unknown } | null | undefined)?.revision ?? null;
  return createHash('sha256')
    .update(JSON.stringify([device, based, fields]))
    .digest();
}

/** Whether that change took effect before. */
export async function tookEffect(trx: Trx, scope: string, key: Buffer): Promise<boolean> {
  const query = trx.selectFrom('sync_pushes').select('scope').where('scope', '=', scope).where('key', '=', key);
  return (await query.executeTakeFirst()) !== undefined;
}
export async function noteEffect(trx: Trx, scope: string, key: Buffer): Promise<void> {
  await trx
    .insertInto('sync_pushes')
    .values({ scope, key })
    .onConflict((c) => c.doNothing())
    .execute();
}
