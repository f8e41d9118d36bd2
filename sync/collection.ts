import type { z } from 'zod';
import type { Checkpoint, Replicated } from '#contracts/sync/documents.ts';
import type { Viewer } from '#server/http/viewer.ts';
import type { Db, Trx } from '#server/platform/db.ts';

/** Who asks for what: the session, the event of a collection that is per event, access tokens of events. */
export interface SyncContext {
  viewer: Viewer | null;
  eventId: string | undefined;
  eventAccess: readonly string[];
}

export interface PushRules<Doc> {
  /** A document as a phone may send it. Anything else of it is answered with the server's document. */
  schema: z.ZodType<Replicated<Doc>>;
  /** Keeps every other writer of this scope out until the transaction ends. */
  lock(trx: Trx, context: SyncContext): Promise<void>;
  /** The server's document, tombstones too; undefined when there never was one. */
  find(trx: Trx, context: SyncContext, id: string): Promise<Replicated<Doc> | undefined>;
  isEqual(a: Replicated<Doc>, b: Replicated<Doc>): boolean;
  /** Applies what the phone wants as far as the rules allow, and answers what then is; throws AppError where they do not. */
  apply(trx: Trx, context: SyncContext, wanted: Replicated<Doc>): Promise<Replicated<Doc> | undefined>;
  /** The answer for a document that the server does not keep. */
  tombstone(id: string): Replicated<Doc>;
}

/** One replicated collection: who reads what of it, and how a change is applied. */
export interface SyncCollection<Doc> {
  name: string;
  version: number;
  /** Phones with an older schema are told to reload. */
  oldestVersion: number;
  access: 'public' | 'session';
  /** The scope whose revisions it follows; throws AppError when the context may not read it. */
  scope(context: SyncContext): Promise<string>;
  /**
   * At most `limit` documents above the checkpoint in (revision, id) order; fewer mean that there are no more. From the very
   * start (revision 0) no tombstones: there is nothing to delete yet.
   */
  pull(db: Db, context: SyncContext, after: Checkpoint, limit: number): Promise<Replicated<Doc>[]>;
  push?: PushRules<Doc>;
}

/** A collection whose document type nobody outside it needs to know. */
// biome-ignore lint/suspicious/noExplicitAny: documents of any collection go through one router
export type AnyCollection = SyncCollection<any>;
