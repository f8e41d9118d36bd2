import assert from 'node:assert/strict';
import type { Request, Response } from 'express';
import type { Checkpoint, PullAnswer } from '#contracts/sync/documents.ts';
import { nextRevision } from '#server/platform/sync-revision.ts';
import { createTestDatabase } from '#test/database.ts';
import { createPuller } from './pull.ts';

interface Doc {
  id: string;
  revision: number;
  text: string;
  _deleted: boolean;
}

describe('sync: pages of a shared scope', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database?.drop());

  it('are kept while nothing in them changes, however much changes elsewhere, and are never older than a moment', async () => {
    const { db } = database;
    const scope = 'photos.test';
    const docs = new Map<string, Doc>();
    const clock = { ms: 0 };
    let reads: string[] = [];
    const write = async (id: string, text: string): Promise<void> => {
      const revision = await db.transaction().execute((trx) => nextRevision(trx, scope));
      docs.set(id, { id, revision, text, _deleted: false });
    };
    const readable = {
      scope,
      shared: { state: '', now: async () => '' },
      async pull(_: unknown, after: Checkpoint, limit: number) {
        reads.push(`${after.revision}/${limit}`);
        const above = [...docs.values()].filter(({ revision }) => revision > after.revision);
        return above.sort((a, b) => a.revision - b.revision).slice(0, limit);
      },
    };
    const pull = createPuller(db, () => clock.ms);
    /** Everything, page by page, in the order it came: a phone keeps the last of each id. */
    async function pullAll(): Promise<string[]> {
      const seen = new Map<string, string>();
      let given: Checkpoint | undefined;
      for (;;) {
        const answer = await new Promise<PullAnswer<Doc>>((resolve, reject) => {
          const res = { setHeader() {}, vary() {}, end: (body: Buffer) => resolve(JSON.parse(body.toString())) };
          const req = { acceptsEncodings: () => 'identity' };
          const question = { readable, version: { lower: (doc: unknown) => doc }, form: 'test', given, limit: 2 };
          pull(req as unknown as Request, res as unknown as Response, question as never).catch(reject);
        });
        for (const { id, text } of answer.documents) seen.set(id, text);
        if (answer.documents.length < 2) return [...seen].map(([id, text]) => `${id} ${text}`).sort();
        given = answer.checkpoint!;
      }
    }
    for (const id of ['a', 'b', 'c', 'd', 'e']) await write(id, 'first');
    assert.deepEqual(await pullAll(), ['a first', 'b first', 'c first', 'd first', 'e first']);
    assert.deepEqual(reads, ['0/2', '2/2', '4/2']);

    reads = [];
    clock.ms += 60_000;
    await write('e', 'second');
    assert.deepEqual(await pullAll(), ['a first', 'b first', 'c first', 'd first', 'e second']);
    assert.deepEqual(reads, ['5/501', '4/2'], 'what changed, and the page of what changed');

    reads = [];
    clock.ms += 60_000;
    await write('a', 'third');
    assert.deepEqual(await pullAll(), ['a third', 'b first', 'c first', 'd first', 'e second']);
    assert.ok(reads.includes('0/2'), 'the page that had it is read anew');

    reads = [];
    clock.ms += 11 * 60_000;
    await write('f', 'first');
    await pullAll();
    assert.ok(reads.includes('0/2'), 'none is kept for ever');
  });
});
