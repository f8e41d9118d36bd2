import type { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
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
  /** Whether both say the same, whatever their revisions. */
  isSame(a: Replicated<Doc>, b: Replicated<Doc>): boolean;
  /** Applies what the phone wants as far as the rules allow, and answers what then is; throws AppError where they do not. */
  apply(trx: Trx, context: SyncContext, wanted: Replicated<Doc>): Promise<Replicated<Doc> | undefined>;
  /** The answer for a document that the server does not keep. */
  tombstone(id: string): Replicated<Doc>;
}

/** An older schema version that is still served, so that an app and the server need not change in the same moment. */
export interface OlderVersion<Doc> {
  /** A document of today as that version has it. */
  lower(doc: Replicated<Doc>): unknown;
  /** What a phone of that version sends, as today's; for collections with push rules. */
  raise?(sent: unknown): unknown;
}

/** What somebody may read of a collection. */
export interface Readable<Doc> {
  /** The scope whose revisions it follows. */
  scope: string;
  /**
   * The documents are the same for everybody who may read the scope as long as `state` is the same: answers are shared, and streams carry
   * the documents themselves. Absent: a person's own.
   */
  shared?: {
    state: string;
    /** The state now, without asking who is looking; null: nobody may any more. */
    now(): Promise<string | null>;
  };
  /**
   * At most `limit` documents above the checkpoint in (revision, id) order; fewer mean that there are no more. From the very
   * start (revision 0) no tombstones: there is nothing to delete yet.
   */
  pull(db: Db, after: Checkpoint, limit: number): Promise<Replicated<Doc>[]>;
}

/** One replicated collection: who reads what of it, and how a change is applied. */
export interface SyncCollection<Doc> {
  name: string;
  version: number;
  /** By version. Phones with a version that is neither this one nor here are told to reload. */
  older?: Readonly<Record<number, OlderVersion<Doc>>>;
  access: 'public' | 'session';
  /** Throws AppError when the context may not read it. */
  open(context: SyncContext): Promise<Readable<Doc>>;
  push?: PushRules<Doc>;
}

/** A collection whose document type nobody outside it needs to know. */
// biome-ignore lint/suspicious/noExplicitAny: documents of any collection go through one router
export type AnyCollection = SyncCollection<any>;

/**
 * How documents of this version look and are read; the current one when none is named. Throws sync.schema_outdated, and
 * sync.schema_unknown for a newer one than this server's (it is about to be replaced).
 */
export function versionOf(collection: AnyCollection, version = collection.version): OlderVersion<unknown> {
  if (version > collection.version) throw new AppError('sync.schema_unknown', { version: collection.version });
  if (version === collection.version) return { lower: (doc) => doc, raise: (sent) => sent };
  const older = collection.older?.[version];
  if (!older) throw new AppError('sync.schema_outdated', { version: collection.version });
  return older;
}
