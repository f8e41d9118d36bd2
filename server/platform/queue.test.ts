import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '#test/database.ts';
import { createListener, type Listener } from './listener.ts';
import { createLogger } from './logger.ts';
import { enqueue, startOutboxRelay } from './outbox.ts';
import { createQueues, type Queues, UnrecoverableError } from './queue.ts';

const logger = createLogger('silent', 'test');
const uuid = () => randomUUID();

async function until(check: () => boolean | Promise<boolean>, what: string, timeoutMs = 15_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

for (const backend of ['PostgreSQL', 'Redis'] as const) {
  describe(`queues on ${backend}`, function () {
    this.timeout(60_000);
    let database: TestDatabase;
    let listener: Listener;
    const open: Queues[] = [];
    const settings = () => {
      if (backend === 'PostgreSQL') return { databaseUrl: database.url };
      assert.ok(process.env.TEST_REDIS_URL, 'TEST_REDIS_URL is not set: run through `npm test`');
      const url = new URL(process.env.TEST_REDIS_URL);
      url.pathname = '/9';
      return { databaseUrl: database.url, redisUrl: url.href };
    };
    const start = () => {
      const queues = createQueues(settings(), { logger });
      open.push(queues);
      return queues;
    };
    before(async () => {
      database = await createTestDatabase();
      listener = await createListener(database.url, ['outbox'], logger);
    });
    afterEach(async () => {
      await Promise.all(open.splice(0).map((queues) => queues.close()));
    });
    after(async () => {
      await listener.close();
      await database.drop();
    });

    it('works on each job once, whatever is added twice', async () => {
      const queues = start();
      const done: string[] = [];
      queues.consume('high', { 'match-search': async ({ searchId }) => void done.push(searchId) }, 3);
      const ids = Array.from({ length: 20 }, uuid);
      const items = ids.map((searchId) => ({ name: 'match-search' as const, key: searchId, payload: { searchId } }));
      await Promise.all([queues.addMany(items), queues.addMany(items)]);
      await until(() => new Set(done).size === 20, '20 jobs');
      assert.equal(done.length, 20);
    });

    it('keeps what cannot be done as a dead letter, which can be retried', async () => {
      const queues = start();
      let broken = true;
      const searchId = uuid();
      queues.consume(
        'high',
        {
          'match-search': async () => {
            if (broken) throw new UnrecoverableError('poison');
          },
        },
        1,
      );
      await queues.addMany([{ name: 'match-search', key: searchId, payload: { searchId } }]);
      const mine = async () => (await queues.failed('high')).find((job) => job.id === `match-search-${searchId}`);
      await until(async () => (await mine()) !== undefined, 'a dead letter');
      assert.equal((await mine())?.reason, 'poison');
      broken = false;
      assert.equal(await queues.retry('high', `match-search-${searchId}`), true);
      await until(async () => (await mine()) === undefined, 'the retry');
      assert.equal(await queues.retry('high', 'match-search-none'), false);
    });

    it('refuses a payload that does not fit without trying three times', async () => {
      const queues = start();
      let calls = 0;
      queues.consume('high', { 'match-search': async () => void calls++ }, 1);
      const key = uuid();
      await queues.addMany([{ name: 'match-search', key, payload: { searchId: 'nonsense' } }]);
      await until(
        async () => (await queues.failed('high')).some((job) => job.id === `match-search-${key}`),
        'a dead letter',
      );
      assert.equal(calls, 0);
    });

    it('carries what a committed transaction wrote to the outbox, and nothing of one that failed', async () => {
      const queues = start();
      const done: string[] = [];
      queues.consume('high', { 'match-search': async ({ searchId }) => void done.push(searchId) }, 2);
      const relay = startOutboxRelay({ db: database.db, queues, listener, logger });
      const [kept, lost] = [uuid(), uuid()];
      await database.db
        .transaction()
        .execute(async (trx) => {
          await enqueue(trx, 'match-search', lost, { searchId: lost });
          throw new Error('roll back');
        })
        .catch(() => {});
      for (let i = 0; i < 2; i++) {
        await database.db.transaction().execute((trx) => enqueue(trx, 'match-search', kept, { searchId: kept }));
      }
      await until(() => done.includes(kept), 'the job');
      await relay.stop();
      assert.deepEqual(done, [kept]);
      const rows = await database.db.selectFrom('outbox').select(['key', 'relayed_at']).execute();
      assert.deepEqual(
        rows.map((row) => [row.key, row.relayed_at !== null]),
        [[kept, true]],
      );
    });

    it('repeats a schedule and keeps one of it', async () => {
      const queues = start();
      let ticks = 0;
      queues.consume('low', { 'sweep-photos': async () => void ticks++ }, 1);
      await queues.schedule('sweep-photos', 200, {});
      await queues.schedule('sweep-photos', 200, {});
      await until(() => ticks >= 2, 'two ticks');
    });
  });
}
