/**
 * Replication (RxDB HTTP protocol) at /api/sync/{collection}/{pull,push,stream}?v={schema version}[&eventId=…]:
 *
 * pull    GET  ?checkpoint={"revision":0,"id":""}&limit=200 (or ?revision=0&id=&scope=) -> PullAnswer
 * push    POST [{newDocumentState, assumedMasterState?}] -> array of the server's documents that conflicted (never 403)
 * stream  GET  server-sent events, each `data: RESYNC` ("pull now"); comments as heartbeat
 *
 * `eventId` is needed for photos. 426 sync.schema_outdated: the app is too old for `v`.
 */
export interface Checkpoint {
  revision: number;
  id: string;
  /** Whose revisions these are. The server starts over when it is another's (a guest who became a user, a restored server). */
  scope?: string;
}
export type Replicated<Doc> = Doc & { _deleted: boolean };
export interface PullAnswer<Doc> {
  documents: Replicated<Doc>[];
  /** Echo of the question's when nothing is new; null at the very beginning. */
  checkpoint: Checkpoint | null;
}
export interface PushRow<Doc> {
  newDocumentState: Replicated<Doc>;
  assumedMasterState?: Replicated<Doc> | undefined;
}
/**
 * `revision` of a document that the server answers because it refuses what the phone wants (a photo that is not for sale any
 * more): there is nothing to merge, asking again would be refused again.
 */
export const REFUSED_REVISION = -1;
/** What a conflict is made of; see RxDB's conflict handler. */
export interface Conflict<Doc> {
  newDocumentState: Replicated<Doc>;
  assumedMasterState?: Replicated<Doc> | undefined;
  realMasterState: Replicated<Doc>;
}
