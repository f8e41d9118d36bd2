/**
 * Replication (RxDB HTTP protocol) at /api/sync/{collection}/{pull,push,stream}?v={schema version}[&eventId=…]:
 *
 * pull    GET  ?checkpoint={"revision":0,"id":""}&limit=200 (or ?revision=0&id=&scope=) -> PullAnswer
 * push    POST [{newDocumentState, assumedMasterState?}] -> array of the server's documents that conflicted (never 403); `device=…`
 *         (what the sender calls itself, the same as long as it keeps its documents) lets the server know a change that is sent again
 * stream  GET  server-sent events, each `data: RESYNC` ("pull now"); comments as heartbeat
 *
 * `eventId` is needed for photos. `v` may be the current version or one that is still served beside it; 426 sync.schema_outdated:
 * the app is too old. All of a page's streams in one connection: /api/live, see LiveMessage.
 */
export interface Checkpoint {
  revision: number;
  id: string;
  /** Whose revisions these are. The server starts over when it is another's (a guest who became a user, a restored server). */
  scope?: string;
  /** Deletions up to this revision were forgotten when the pull from the start began, and need not be known. 0 when absent. */
  floor?: number;
}
export type Replicated<Doc> = Doc & { _deleted: boolean };
/**
 * Why the server started over, though the question had a checkpoint. `expired`: deletions after it are forgotten, so what the answers
 * from the start do not hold is gone. `foreign`: it is another scope's or from a future that a restore undid, so what the answers do
 * not hold the server never had.
 */
export type Reset = 'expired' | 'foreign';
export interface PullAnswer<Doc> {
  documents: Replicated<Doc>[];
  /** Echo of the question's when nothing is new; null at the very beginning. */
  checkpoint: Checkpoint | null;
  reset?: Reset;
}
export interface PushRow<Doc> {
  newDocumentState: Replicated<Doc>;
  assumedMasterState?: Replicated<Doc> | undefined;
}
/**
 * `revision` of a document that the server answers because it refuses what the phone wants (a photo that is not for sale any
 * more), or because that took effect once and others came after it: there is nothing to merge, asking again changes nothing.
 */
export const REFUSED_REVISION = -1;
/** What a conflict is made of; see RxDB's conflict handler. */
export interface Conflict<Doc> {
  newDocumentState: Replicated<Doc>;
  assumedMasterState?: Replicated<Doc> | undefined;
  realMasterState: Replicated<Doc>;
}

/**
 * `revision` of what a person decides on a device (in, out), until the server has numbered it: negative and each its own, also through merges.
 * So what was taken out and put in again does not look as if nobody had touched it, and what the server told (its numbers are positive) is not
 * taken for a decision. Apps before this one said 0 for "in", and left the number as it was for "out".
 */
export const newDecision = (): number => -2 - Math.floor(Math.random() * 2 ** 50);

/** Whether this device decided something after what it knows of the server, even if the states look alike. */
export function isDecided<Doc extends { revision: number }>({
  newDocumentState: mine,
  assumedMasterState: base,
}: Conflict<Doc>): boolean {
  if (mine.revision > 0 || mine.revision === REFUSED_REVISION) return false;
  return !base || mine.revision !== base.revision || mine._deleted !== base._deleted;
}

/**
 * Whether a row that replication wants to push is nothing but what the server told. RxDB reads what changed first and what the server is assumed to
 * have second, maybe after another push; what it is told meanwhile it writes in two steps, too. So it takes one state of the server for a change of
 * another one. It must not be sent: a line that somebody has just taken out would be put in again by a device that only looks on.
 */
export function isTold<Doc extends { revision: number }>({
  newDocumentState: mine,
  assumedMasterState: base,
}: PushRow<Doc>): boolean {
  return (mine.revision > 0 || mine.revision === REFUSED_REVISION) && mine.revision !== base?.revision;
}

/**
 * GET /api/live?follow=notices,events@0,cart_items@0,photos@0:{event id}: one stream of server-sent events for all that a page follows
 * (a browser opens six connections to an address, photos want them). `of` is the followed thing as it was asked for.
 *
 * event `sync`     Nudge: something is new. At the beginning with the scope and its revision; who has pulled that far need not.
 * event `docs`     LiveDocuments: what is new, of collections that are the same for everybody
 * event `refused`  Refusal: not followed; the rest of the stream is
 * event `notice`   as /api/notices/stream
 * event `replaced` the person has too many open pages, this one gave way: do not come back at once
 */
export interface Nudge {
  of: string;
  revision?: number;
  scope?: string;
}
export interface LiveDocuments<Doc = unknown> {
  of: string;
  /** Complete for who has everything up to this revision. Anybody else pulls. */
  from: number;
  documents: Replicated<Doc>[];
  checkpoint: Checkpoint;
}
export interface Refusal {
  of: string;
  code: string;
}
export const followed = (collection: string, version: number, eventId?: string): string =>
  `${collection}@${version}${eventId ? `:${eventId}` : ''}`;
