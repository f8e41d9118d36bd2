import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Db } from '#server/platform/db.ts';
import { createTestDatabase, type TestDatabase } from '#test/database.ts';
import { insertEvent } from '#test/worker.ts';
import { createQuarantine, MAX_STRIKES } from './quarantine.ts';

describe('worker-ai/quarantine', () => {
  let database: TestDatabase;
  let db: Db;
  let owner: Awaited<ReturnType<typeof insertEvent>>;
  const never = () => new Promise<void>(() => {});

  async function addPhoto(): Promise<string> {
    const { id } = await db
      .insertInto('photos')
      .values({
        event_id: owner.eventId,
        photographer_id: owner.photographerId,
        sha256: Buffer.from(crypto.getRandomValues(new Uint8Array(32))),
        file_name: 'a.jpg',
        content_type: 'image/jpeg',
        bytes: 1,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }
  const strikes = async (id: string) =>
    (await db.selectFrom('photos').select('index_attempts').where('id', '=', id).executeTakeFirstOrThrow())
      .index_attempts;
  const started = (run: (work: () => Promise<void>) => Promise<unknown>) =>
    new Promise<void>((resolve) => {
      void run(() => {
        resolve();
        return never();
      });
    });

  before(async () => {
    database = await createTestDatabase();
    db = database.db;
    owner = await insertEvent(db);
  });
  after(() => database?.drop());

  it('gives up a photo whose runs never end, and counts no run that ends or was cut off by a stop', async () => {
    const poison = await addPhoto();
    for (let run = 0; run < MAX_STRIKES; run++) {
      // Each a process of its own, which dies.
      await started((work) => createQuarantine({ db }).run(poison, work));
      assert.equal(await strikes(poison), run + 1);
    }
    const calls: string[] = [];
    assert.equal(await createQuarantine({ db }).run(poison, async () => void calls.push(poison)), 'given_up');
    assert.deepEqual(calls, []);

    const good = await addPhoto();
    const quarantine = createQuarantine({ db });
    assert.equal(await quarantine.run(good, async () => {}), 'done');
    await assert.rejects(
      quarantine.run(good, () => Promise.reject(new Error('store is away'))),
      /store is away/,
    );
    assert.equal(await strikes(good), 0);
    await started((work) => quarantine.run(good, work));
    assert.equal(await strikes(good), 1);
    await quarantine.forgive();
    assert.equal(await strikes(good), 0);
  });

  it('tries a suspect alone: nobody beside it is torn down with it', async () => {
    const suspect = await addPhoto();
    await db.updateTable('photos').set({ index_attempts: 2 }).where('id', '=', suspect).execute();
    const quarantine = createQuarantine({ db });
    const order: string[] = [];
    const turn = async (id: string, name: string) => {
      await quarantine.run(id, async () => {
        order.push(`${name} in`);
        await strikes(id);
        order.push(`${name} out`);
      });
    };
    const [a, b, c] = [await addPhoto(), await addPhoto(), await addPhoto()];
    await Promise.all([turn(a, 'a'), turn(b, 'b'), turn(suspect, 'suspect'), turn(c, 'c')]);
    const at = order.indexOf('suspect in');
    assert.equal(order[at + 1], 'suspect out');
    assert.equal(order.length, 8);
  });
});

describe('worker-ai/watchdog', function () {
  this.timeout(30_000);
  it('ends a process whose main thread hangs, and no other', async () => {
    const module = path.resolve(import.meta.dirname, 'watchdog.ts');
    const run = async (then: string) => {
      const code = `const { startWatchdog } = await import(${JSON.stringify(module)});
        const dog = startWatchdog(400);
        await new Promise((resolve) => setTimeout(resolve, 1200));
        ${then}`;
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
        stdio: 'ignore',
      });
      const [status, signal] = await once(child, 'exit');
      return { status, signal };
    };
    const [hung, fine] = await Promise.all([run('for (;;);'), run('await dog.stop();')]);
    assert.deepEqual(hung, { status: null, signal: 'SIGKILL' });
    assert.deepEqual(fine, { status: 0, signal: null });
  });
});
