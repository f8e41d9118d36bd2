import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { migrateUp } from '#migrations/migrate.ts';
import { createDb, createPool } from '#server/platform/db.ts';

/** The server that `npm test` started; a developer sets it to any PostgreSQL they may create databases on. */
function adminUrl(): string {
  const url = process.env.TEST_DATABASE_URL;
  if (!url) throw new Error('TEST_DATABASE_URL is not set: run through `npm test -- FILE…` or set it');
  return url;
}
function urlOf(database: string): string {
  const url = new URL(adminUrl());
  url.pathname = `/${database}`;
  return url.href;
}
async function withAdmin<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: adminUrl() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Migrated once per state of the migrations; every test database is a copy of it. */
async function template(client: pg.Client): Promise<string> {
  const folder = path.resolve(import.meta.dirname, '../migrations');
  const hash = createHash('sha256');
  for (const file of (await readdir(folder)).filter((name) => /^\d{8}/.test(name)).sort()) {
    hash.update(await readFile(path.join(folder, file)));
  }
  const name = `template_${hash.digest('hex').slice(0, 16)}`;
  const exists = async () => (await client.query('select 1 from pg_database where datname = $1', [name])).rowCount;
  if (await exists()) return name;
  const building = `building_${randomBytes(6).toString('hex')}`;
  await client.query(`create database ${building}`);
  await migrateUp(urlOf(building));
  await client.query(`alter database ${building} rename to ${name}`);
  return name;
}

export type TestDatabase = Awaited<ReturnType<typeof createTestDatabase>>;

/** A migrated database of its own for one test file; call `drop()` in `after`. */
export async function createTestDatabase() {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await withAdmin(async (client) => {
    // One maker at a time: a template must not be connected to while it is copied.
    await client.query('select pg_advisory_lock(7421)');
    await client.query(`create database ${name} template ${await template(client)}`);
    await client.query('select pg_advisory_unlock(7421)');
  });
  const url = urlOf(name);
  const pool = createPool(url, 10);
  const db = createDb(pool);
  return {
    url,
    pool,
    db,
    async drop() {
      await db.destroy();
      await withAdmin((client) => client.query(`drop database if exists ${name} with (force)`));
    },
  };
}
