import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '#test/database.ts';
import { createListener, type Listener } from './listener.ts';
import { createLogger } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';
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
    const start = (
      options: {
        limitMs?: number;
        awayMs?: number;
        backoffMs?: number;
        metrics?: Metrics;
        onStuck?: (jobId: string) => void;
      } = {},
    ) => {
      const queues = createQueues(settings(), { logger, ...options });
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

    it('puts a job off by seconds, using up no attempt, when the database was away', async () => {
      const queues = start({ awayMs: 50 });
      const searchId = uuid();
      const attempts: number[] = [];
      queues.consume(
        'high',
        {
          'match-search': async (payload, { attempt }) => {
            if (payload.searchId !== searchId) return;
            attempts.push(attempt);
            if (attempts.length < 3) throw new Error('Connection terminated unexpectedly');
          },
        },
        1,
      );
      await queues.addMany([{ name: 'match-search', key: searchId, payload: { searchId } }]);
      await until(() => attempts.length === 3, 'the third time', 20_000);
      assert.deepEqual(attempts, [1, 1, 1]);
    });

    it('tries three times, then keeps a dead letter with the reason; every run is counted', async () => {
      const metrics = createMetrics('test');
      const queues = start({ backoffMs: 30, metrics });
      const [fails, recovers] = [uuid(), uuid()];
      const attempts: Record<string, number[]> = { [fails]: [], [recovers]: [] };
      queues.consume(
        'high',
        {
          'match-search': async ({ searchId }, { attempt }) => {
            attempts[searchId]?.push(attempt);
            if (searchId === fails || (searchId === recovers && attempt === 1)) throw new Error('the store is away');
          },
        },
        2,
      );
      await queues.addMany(
        [fails, recovers].map((searchId) => ({ name: 'match-search' as const, key: searchId, payload: { searchId } })),
      );
      const dead = async () => (await queues.failed('high')).find((job) => job.id === `match-search-${fails}`);
      await until(async () => (await dead()) !== undefined && attempts[recovers]!.length === 2, 'all attempts');
      assert.deepEqual(attempts, { [fails]: [1, 2, 3], [recovers]: [1, 2] });
      assert.deepEqual([(await dead())?.reason, (await dead())?.attempts], ['the store is away', 3]);
      const told = await metrics.registry.metrics();
      for (const line of [
        /job_failures_total\{job="match-search",kind="retried",[^}]*\} 3\n/,
        /job_failures_total\{job="match-search",kind="final",[^}]*\} 1\n/,
        /job_duration_seconds_count\{[^}]*outcome="failed"[^}]*\} 4\n/,
        /job_duration_seconds_count\{[^}]*outcome="done"[^}]*\} [1-9]/,
        /job_wait_seconds_count\{[^}]*job="match-search"[^}]*\} [1-9]/,
      ])
        assert.match(told, line);
    });

    it('shares jobs between several workers, each done by one of them, while one of them hangs', async () => {
      const [one, two, hung] = [start(), start(), start()];
      const done = new Map<string, string>();
      const take =
        (name: string) =>
        async ({ searchId }: { searchId: string }) => {
          assert.equal(done.has(searchId), false);
          done.set(searchId, name);
          // long enough for the other to get its share
          await database.db.selectFrom('outbox').select('id').limit(1).execute();
        };
      const stuck = uuid();
      let isHanging = false;
      hung.consume(
        'high',
        {
          'match-search': ({ searchId }) => {
            if (searchId !== stuck) return take('hung')({ searchId });
            isHanging = true;
            return new Promise<void>(() => {});
          },
        },
        1,
      );
      await hung.addMany([{ name: 'match-search', key: stuck, payload: { searchId: stuck } }]);
      await until(() => isHanging, 'the hanging job');
      one.consume('high', { 'match-search': take('one') }, 1);
      two.consume('high', { 'match-search': take('two') }, 1);
      const ids = Array.from({ length: 60 }, uuid);
      await one.addMany(
        ids.map((searchId) => ({ name: 'match-search' as const, key: searchId, payload: { searchId } })),
      );
      await until(() => ids.every((id) => done.has(id)), '60 jobs');
      assert.deepEqual(new Set(ids.map((id) => done.get(id))), new Set(['one', 'two']));
      open.splice(open.indexOf(hung), 1);
      await hung.close(20);
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
      // What an earlier test left may still run.
      const count = ({ searchId }: { searchId: string }) => void (searchId === 'nonsense' && calls++);
      queues.consume('high', { 'match-search': async (payload) => count(payload) }, 1);
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

    it('gives up waiting for a job that takes too long, tells of it, and goes on with the next', async () => {
      const stuck: string[] = [];
      const queues = start({ limitMs: 150, onStuck: (jobId) => stuck.push(jobId) });
      const [hangs, good] = [uuid(), uuid()];
      let signal: AbortSignal | undefined;
      let isDone = false;
      queues.consume(
        'high',
        {
          'match-search': ({ searchId }, context) => {
            if (searchId !== hangs) isDone = true;
            else signal = context.signal;
            return searchId === hangs ? new Promise<void>(() => {}) : Promise.resolve();
          },
        },
        1,
      );
      for (const searchId of [hangs, good])
        await queues.addMany([{ name: 'match-search', key: searchId, payload: { searchId } }]);
      await until(() => isDone, 'the next job');
      assert.deepEqual(stuck, [`match-search-${hangs}`]);
      assert.equal(signal?.aborted, true);
      assert.equal((await queues.counts()).high.delayed, 1, 'it is tried again after a minute');
    });

    it('hands back what does not end when the process stops, to be taken up at once', async () => {
      const [first, second] = [start(), start()];
      const searchId = uuid();
      let isRunning = false;
      const attempts: number[] = [];
      first.consume(
        'high',
        {
          'match-search': () => {
            isRunning = true;
            return new Promise<void>(() => {});
          },
        },
        1,
      );
      await first.addMany([{ name: 'match-search', key: searchId, payload: { searchId } }]);
      await until(() => isRunning, 'the job');
      open.splice(open.indexOf(first), 1);
      await first.close(50);
      second.consume('high', { 'match-search': async (_payload, context) => void attempts.push(context.attempt) }, 1);
      // Long before its lock would run out.
      await until(() => attempts.length > 0, 'the other process', 8_000);
      assert.deepEqual(attempts, [1], 'it costs none of the three attempts');
    });

    it('keeps jobs in the outbox while their queue is full, other queues go on', async () => {
      const queues = start();
      const low = (count: number) =>
        Array.from({ length: count }, () => {
          const photoId = uuid();
          return { name: 'describe-photo' as const, key: photoId, payload: { photoId } };
        });
      await queues.addMany(low(5));
      assert.deepEqual(await queues.full(5), ['low']);
      const [waits, goes] = [uuid(), uuid()];
      await database.db.transaction().execute(async (trx) => {
        await enqueue(trx, 'describe-photo', waits, { photoId: waits });
        await enqueue(trx, 'match-search', goes, { searchId: goes });
      });
      const relay = startOutboxRelay({ db: database.db, queues, listener, logger, queueLimit: 5 });
      const isRelayed = async (key: string) =>
        (await database.db.selectFrom('outbox').select('relayed_at').where('key', '=', key).executeTakeFirstOrThrow())
          .relayed_at !== null;
      await until(() => isRelayed(goes), 'the other queue');
      assert.equal(await isRelayed(waits), false);
      // A job without priority overtakes hundreds of those that have one.
      const eventId = uuid();
      await queues.addMany([{ name: 'group-faces', key: eventId, payload: { eventId } }]);
      const order: string[] = [];
      queues.consume(
        'low',
        {
          'describe-photo': async ({ photoId }) => void order.push(photoId),
          'group-faces': async () => void order.push(eventId),
          'sweep-photos': async () => {},
        },
        1,
      );
      await until(() => order.includes(waits), 'the waiting one, once there is room');
      assert.equal(order[0], eventId);
      assert.equal(order.length, 7);
      await relay.stop();
    });

    it('retries and forgets dead letters', async () => {
      const queues = start();
      let broken = true;
      let done = 0;
      queues.consume(
        'high',
        {
          'match-search': async () => {
            if (broken) throw new UnrecoverableError('poison');
            done++;
          },
        },
        2,
      );
      const ids = [uuid(), uuid(), uuid()];
      await queues.addMany(
        ids.map((searchId) => ({ name: 'match-search' as const, key: searchId, payload: { searchId } })),
      );
      const mine = async () =>
        (await queues.failed('high', 100)).filter((job) => ids.some((id) => job.id.endsWith(id)));
      await until(async () => (await mine()).length === 3, 'dead letters');
      assert.equal(await queues.discard('high', `match-search-${ids[0]}`), true);
      assert.equal(await queues.discard('high', `match-search-${ids[0]}`), false);
      broken = false;
      assert.ok((await queues.retryAll('high')) >= 2);
      await until(async () => done >= 2 && (await mine()).length === 0, 'the retries');
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
