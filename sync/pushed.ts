import { createHash } from 'node:crypto';
import { REFUSED_REVISION } from '#contracts/sync/documents.ts';
import type { Trx } from '#server/platform/db.ts';

/** A row of a push as it came. */
export interface SentRow {
  newDocumentState: { id: string; [field: string]: unknown };
  assumedMasterState?: unknown;
}

/**
 * Names one change of one device: the same when it is sent again, after a reload too; another one for whatever the person does next. A decision
 * (`newDecision`) is known by its number, whatever it was merged with meanwhile; anything else by its state and what it was based on.
 */
export function changeKey(device: string, { newDocumentState, assumedMasterState }: SentRow): Buffer {
  const { id, revision, _deleted } = newDocumentState;
  const based = (assumedMasterState as { revision?: unknown } | null | undefined)?.revision ?? null;
  const isDecision = typeof revision === 'number' && revision < REFUSED_REVISION;
  const name = isDecision
    ? [device, id, revision, _deleted]
    : [device, based, Object.entries(newDocumentState).sort(([a], [b]) => (a < b ? -1 : 1))];
  return createHash('sha256').update(JSON.stringify(name)).digest();
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
