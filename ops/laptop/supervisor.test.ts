import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadSecrets, lockDataDir, StartError } from './data-dir.ts';
import { capLog, openLog, tailOfLog } from './logs.ts';
import { makePlan } from './plan.ts';
import { rememberPorts, requirePort } from './ports.ts';
import { commandLine } from './processes.ts';
import { isBuilt, markBuilt, sourceHash } from './pwa-build.ts';
import { createSupervisor, type ProgramSpec, type Supervisor } from './supervisor.ts';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

describe('ops/laptop', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'px-laptop-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  describe('supervisor', () => {
    let said: string[];
    let supervisor: Supervisor;
    beforeEach(() => {
      said = [];
      supervisor = createSupervisor({ logDir: directory, say: (line) => said.push(line), onChange() {} });
    });
    afterEach(() => supervisor.stop());

    /** A Node program that writes its pid to a file at each start. */
    const program = (name: string, body: string): ProgramSpec => {
      const script = path.join(directory, `${name}.mjs`);
      const pids = path.join(directory, `${name}.pids`);
      writeFileSync(
        script,
        `import fs from 'node:fs'; fs.appendFileSync(${JSON.stringify(pids)}, process.pid + '\\n'); ${body}`,
      );
      return { name, kind: 'node', args: [script], env: process.env, cwd: path.resolve(import.meta.dirname, '../..') };
    };
    const pidsOf = (name: string): number[] => {
      const file = path.join(directory, `${name}.pids`);
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
    };

    it('starts a program again that was killed, says so, and stops it for good', async () => {
      const app = await supervisor.start(program('app', 'setInterval(() => {}, 1000);'));
      await until(() => pidsOf('app').length === 1);
      process.kill(pidsOf('app')[0]!, 'SIGKILL');
      await until(() => pidsOf('app').length === 2);
      assert.match(said[0]!, /app ended \(signal SIGKILL\); starting it again/);
      await app.stop();
      assert.equal(commandLine(pidsOf('app')[1]!), '');
      assert.equal(pidsOf('app').length, 2);
      assert.deepEqual(supervisor.running(), {});
    });

    it('gives up waiting for a program that keeps ending, with the last lines of its log', async () => {
      const app = await supervisor.start(program('broken', 'console.error("the reason"); process.exit(2);'));
      const waiting = supervisor.untilReady(app, async () => false, 15_000);
      await assert.rejects(waiting, (error: Error) => error instanceof StartError && /the reason/.test(error.message));
      await app.stop();
    });

    it('kills a program that does not stop when asked', async () => {
      const spec = { ...program('deaf', `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`), stopMs: 200 };
      const app = await supervisor.start(spec);
      await until(() => pidsOf('deaf').length === 1);
      await app.stop();
      assert.equal(commandLine(pidsOf('deaf')[0]!), '');
      assert.match(said.join(), /deaf did not stop in time/);
    });

    it('stops a foreign program through its guard with the signal it wants', async () => {
      const mark = path.join(directory, 'mark');
      const script = `trap 'echo got-usr1 > ${mark}; exit 0' USR1; while :; do sleep 0.05; done`;
      const spec: ProgramSpec = {
        name: 'foreign',
        kind: 'program',
        args: ['/bin/sh', '-c', script],
        env: process.env,
        stopSignal: 'SIGUSR1',
      };
      const foreign = await supervisor.start(spec);
      await sleep(200);
      await foreign.stop();
      assert.equal(readFileSync(mark, 'utf8').trim(), 'got-usr1');
    });

    it('takes all children along when it is killed itself', async () => {
      const children = ['tethered', 'guarded'];
      const tethered = program('tethered', 'setInterval(() => {}, 1000);');
      const guarded = path.join(directory, 'guarded.pids');
      const script = path.join(directory, 'parent.mjs');
      const module = path.join(import.meta.dirname, 'supervisor.ts');
      writeFileSync(
        script,
        `import { createSupervisor } from ${JSON.stringify(module)};
const supervisor = createSupervisor({ logDir: ${JSON.stringify(directory)}, say() {}, onChange() {} });
await supervisor.start({ ...${JSON.stringify({ ...tethered, env: {} })}, env: process.env });
await supervisor.start({ name: 'guarded', kind: 'program', env: process.env,
  args: ['/bin/sh', '-c', 'echo $$ > ${guarded}; exec sleep 600'] });`,
      );
      const parent = await supervisor.start({ ...tethered, name: 'parent', args: [script] });
      await until(() => children.every((name) => pidsOf(name).length === 1));
      process.kill(parent.pid!, 'SIGKILL');
      await until(() => children.every((name) => commandLine(pidsOf(name)[0]!) === ''));
      await parent.stop();
    });

    it('runs a task once and shows the end of its log when it fails', async () => {
      await supervisor.run(program('fine', ''));
      assert.equal(pidsOf('fine').length, 1);
      await assert.rejects(supervisor.run(program('bad', 'throw new Error("what went wrong");')), /what went wrong/);
    });
  });

  describe('data directory', () => {
    it('is taken by one supervisor at a time, and taken over from a dead one', async () => {
      const lock = await lockDataDir(directory, 'mocha');
      lock.update({ url: 'http://127.0.0.1:1', children: {} });
      const record = { pid: process.ppid, url: 'http://127.0.0.1:8080', children: { api: { pid: 1, marker: 'x' } } };
      writeFileSync(path.join(directory, 'run.json'), JSON.stringify(record));
      const marker = commandLine(process.ppid);
      await assert.rejects(lockDataDir(directory, marker, 0), /already runs on .*http:\/\/127\.0\.0\.1:8080/);
      const taken = await lockDataDir(directory, 'no process has this in its command line');
      assert.deepEqual(taken.leftover, record);
      taken.release();
      assert.equal(existsSync(path.join(directory, 'run.json')), false);
    });

    it('makes secrets once, for our eyes only', async () => {
      const secrets = loadSecrets(directory);
      assert.deepEqual(loadSecrets(directory), secrets);
      assert.equal(new Set(Object.values(secrets)).size, Object.keys(secrets).length);
      assert.equal((await stat(path.join(directory, 'secrets.json'))).mode & 0o777, 0o600);
    });

    it('remembers ports and replaces one that somebody took', async () => {
      const first = await rememberPorts(directory, ['a', 'b']);
      assert.deepEqual(await rememberPorts(directory, ['a', 'b']), first);
      const other = createServer().listen(first.a, '127.0.0.1');
      await once(other, 'listening');
      const second = await rememberPorts(directory, ['a', 'b']);
      other.close();
      assert.notEqual(second.a, first.a);
      assert.equal(second.b, first.b);
    });

    it('says in one sentence that the port is taken', async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo;
      await assert.rejects(
        requirePort(port, '127.0.0.1'),
        new RegExp(`^Error: Port ${port} is taken by another program`),
      );
      other.close();
      await requirePort(port, '127.0.0.1');
    });

    it('rotates a log that has grown and shows its end', async () => {
      const file = path.join(directory, 'some.log');
      writeFileSync(file, `${'x'.repeat(3 * 1024 * 1024)}\nlast line`);
      assert.equal(tailOfLog(file, 1), 'last line');
      closeSync(openLog(file));
      assert.equal((await stat(file)).size, 0);
      writeFileSync(file, Buffer.alloc(21 * 1024 * 1024));
      capLog(file);
      assert.deepEqual([(await stat(file)).size, (await stat(`${file}.1`)).size], [0, 21 * 1024 * 1024]);
    });

    it('builds the web app again only when its sources changed', () => {
      mkdirSync(path.join(directory, 'pwa', 'dist'), { recursive: true });
      writeFileSync(path.join(directory, 'pwa', 'index.html'), 'one');
      const before = sourceHash(directory);
      assert.equal(isBuilt(directory, before), false);
      markBuilt(directory, before);
      assert.equal(isBuilt(directory, sourceHash(directory)), true);
      writeFileSync(path.join(directory, 'pwa', 'index.html'), 'two');
      assert.equal(isBuilt(directory, sourceHash(directory)), false);
    });
  });

  describe('plan', () => {
    it('embeds everything on a bare machine and leaves out what has an address', () => {
      const bare = makePlan({}, []);
      assert.deepEqual([bare.port, bare.isDemo, bare.isDev, bare.url], [8080, true, false, 'http://127.0.0.1:8080']);
      assert.ok(Object.values(bare.embeds).every(Boolean));
      const given = makePlan(
        {
          DATABASE_URL: 'postgres://x',
          REDIS_URL: '',
          S3_ENDPOINT: 'http://s3',
          S3_ACCESS_KEY: 'a',
          S3_SECRET_KEY: 'b',
          SMTP_URL: 'smtp://x',
          PAYNOI_BASE_URL: 'http://x',
          PAYNOI_API_KEY: 'k',
          DEMO: '0',
        },
        ['--dev'],
      );
      assert.ok(Object.values(given.embeds).every((embedded) => !embedded));
      assert.deepEqual([given.isDemo, given.isDev], [false, true]);
    });

    it('names what is missing or wrong', () => {
      assert.throws(() => makePlan({ PORT: 'eighty' }, []), /PORT must be a number/);
      assert.throws(() => makePlan({ S3_ENDPOINT: 'http://s3' }, []), /S3_ACCESS_KEY and S3_SECRET_KEY must be set/);
      assert.throws(() => makePlan({ PAYNOI_BASE_URL: 'http://x' }, []), /PAYNOI_API_KEY must be set/);
      assert.throws(() => makePlan({ NODE_ENV: 'production' }, []), /never run/);
    });
  });
});
