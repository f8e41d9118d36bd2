import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Request, Response } from 'express';
import type { Checkpoint, PullAnswer, Reset } from '#contracts/sync/documents.ts';
import type { Db } from '#server/platform/db.ts';
import type { OlderVersion, Readable } from './collection.ts';

/** Full pages of a shared scope may be this old: what changed since comes at the end. */
const fullPageMs = 3_000;
/** A page that nothing was changed in is kept for as long as this: what documents show of other things has no revision of theirs. */
const longestMs = 10 * 60_000;
/** More changes than this are not compared with what is kept. */
const mostChanges = 500;
const cacheBytes = 32 * 1024 * 1024;
const beginning: Checkpoint = { revision: 0, id: '' };
const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);

export interface PullQuestion {
  readable: Readable<unknown>;
  version: OlderVersion<unknown>;
  /** Collection and version: what the answer looks like. */
  form: string;
  given: ({ [K in keyof Checkpoint]: Checkpoint[K] | undefined } & Pick<Checkpoint, 'revision' | 'id'>) | undefined;
  limit: number;
}
/** Where an answer begins, and why from the start if not from the checkpoint. */
interface Start {
  after: Checkpoint;
  floor: number;
  reset: Reset | undefined;
}

interface Page {
  json: Buffer;
  ids: ReadonlySet<string>;
  last: Checkpoint | undefined;
  isFull: boolean;
  encoded: Map<string, Promise<Buffer>>;
}
interface Kept {
  /** Nothing of it changed up to here, */
  revision: number;
  /** as was known at this time. */
  at: number;
  madeAt: number;
  page: Promise<Page>;
  bytes: number;
}

/** Answers pulls. Pages of shared scopes are read, written and compressed once for all who ask for the same. */
export function createPuller(db: Db, now: () => number = () => performance.now()) {
  const kept = new Map<string, Kept>();
  let keptBytes = 0;

  async function read({ readable, version, limit }: PullQuestion, { after, floor, reset }: Start): Promise<Page> {
    const documents = (await readable.pull(db, after, limit)) as { revision: number; id: string; _deleted: boolean }[];
    const last = documents.at(-1);
    const reached = last ? { revision: last.revision, id: last.id } : after;
    const answer: PullAnswer<unknown> = {
      documents: documents.map((doc) => version.lower(doc)) as PullAnswer<unknown>['documents'],
      checkpoint:
        reached.revision > 0 || reset
          ? { ...reached, scope: readable.scope, ...((floor > 0 || reset) && { floor }) }
          : null,
      ...(reset && { reset }),
    };
    return {
      json: Buffer.from(JSON.stringify(answer)),
      ids: new Set(documents.map(({ id }) => id)),
      last: last && reached,
      isFull: documents.length === limit,
      encoded: new Map(),
    };
  }

  function forget(key: string): void {
    keptBytes -= kept.get(key)?.bytes ?? 0;
    kept.delete(key);
  }
  let lastChanges: { key: string; ids: Promise<string[] | null> } | undefined;
  /** What changed in a shared scope between two revisions; null: too much to say. */
  function changesOf(
    { scope, pull }: PullQuestion['readable'],
    since: number,
    until: number,
  ): Promise<string[] | null> {
    const key = `${scope} ${since} ${until}`;
    if (lastChanges?.key !== key) {
      const ids = pull(db, { revision: since, id: '' }, mostChanges + 1).then((documents) =>
        documents.length > mostChanges ? null : documents.map((document) => (document as unknown as { id: string }).id),
      );
      // Who asked hears of the failure; the next one asks anew.
      ids.catch(() => {
        if (lastChanges?.key === key) lastChanges = undefined;
      });
      lastChanges = { key, ids };
    }
    return lastChanges.ids;
  }
  /** A full page that none of the changes since touches would be read again as it is: documents only ever move to the end. */
  async function isUntouched(question: PullQuestion, found: Kept, page: Page, revision: number): Promise<boolean> {
    if (!page.isFull || now() - found.madeAt > longestMs) return false;
    const changes = await changesOf(question.readable, found.revision, revision);
    return changes !== null && !changes.some((id) => page.ids.has(id));
  }

  async function shared(question: PullQuestion, start: Start, revision: number): Promise<Page> {
    const { after, floor, reset } = start;
    const { readable, form, limit } = question;
    const key = [form, readable.scope, readable.shared?.state, after.revision, after.id, limit, floor, reset].join(
      '\n',
    );
    const found = kept.get(key);
    if (found) {
      if (found.revision === revision) return found.page;
      const page = await found.page;
      if (page.isFull && now() - found.at < fullPageMs) return page;
      if (revision > found.revision && (await isUntouched(question, found, page, revision))) {
        found.revision = Math.max(found.revision, revision);
        found.at = now();
        return page;
      }
      if (kept.get(key) === found) forget(key);
      else return shared(question, start, revision);
    }
    const at = now();
    const made: Kept = { revision, at, madeAt: at, page: read(question, start), bytes: 0 };
    kept.set(key, made);
    try {
      const page = await made.page;
      // What its encodings and ids take is about half as much.
      if (kept.get(key) === made) {
        made.bytes = Math.ceil(page.json.length * 1.5);
        keptBytes += made.bytes;
      }
    } catch (error) {
      if (kept.get(key) === made) forget(key);
      throw error;
    }
    for (const oldest of kept.keys()) {
      if (keptBytes <= cacheBytes) break;
      forget(oldest);
    }
    return made.page;
  }

  function encode(page: Page, encoding: 'br' | 'gzip', isShared: boolean): Promise<Buffer> {
    const known = page.encoded.get(encoding);
    if (known) return known;
    // Ids, times and colours are chance: a page of 1,000 photos takes 33 ms at quality 5 and 2 ms at 2, and is as small.
    const quality = isShared ? 2 : 1;
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: page.json.length,
    };
    const encoded = encoding === 'br' ? brotli(page.json, { params }) : gzipped(page.json, { level: quality });
    page.encoded.set(encoding, encoded);
    return encoded;
  }

  async function startOf({ readable: { scope }, given }: PullQuestion): Promise<Start & { revision: number }> {
    const row = await db
      .selectFrom('sync_scopes')
      .select(['revision', 'floor_revision'])
      .where('scope', '=', scope)
      .executeTakeFirst();
    const { revision, floor_revision: floor } = row ?? { revision: 0, floor_revision: 0 };
    const fromStart = (reset?: Reset) => ({ revision, after: beginning, floor, reset });
    if (!given || given.revision === 0) return fromStart();
    const isForeign = given.scope !== undefined && given.scope !== scope;
    if (isForeign || given.revision > revision) return fromStart('foreign');
    const knownFloor = given.floor ?? 0;
    if (given.revision < floor && knownFloor < floor) return fromStart('expired');
    return { revision, after: { revision: given.revision, id: given.id }, floor: knownFloor, reset: undefined };
  }

  return async function answerPull(req: Request, res: Response, question: PullQuestion): Promise<void> {
    const { revision, ...start } = await startOf(question);
    const isShared = question.readable.shared !== undefined;
    const page = await (isShared ? shared(question, start, revision) : read(question, start));
    res.setHeader('Cache-Control', 'no-store');
    res.setHeader('Content-Type', 'application/json; charset=utf-8');
    const encoding = page.json.length > 1024 ? req.acceptsEncodings('br', 'gzip', 'identity') : 'identity';
    if (encoding !== 'br' && encoding !== 'gzip') {
      res.end(page.json);
      return;
    }
    // Who got a full page asks for the next one: it is made while this one travels and is stored there.
    if (isShared && page.isFull && page.last)
      void shared(question, { after: page.last, floor: start.floor, reset: undefined }, revision)
        .then((next) => encode(next, encoding, true))
        .catch(() => {});
    const body = await encode(page, encoding, isShared);
    res.setHeader('Content-Encoding', encoding);
    res.vary('Accept-Encoding');
    res.setHeader('Content-Length', body.length);
    res.end(body);
  };
}
