import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { migrateUp } from '#migrations/migrate.ts';
import { createDb, createPool } from '#server/platform/db.ts';

export type TestDatabase = Awaited<ReturnType<typeof createTestDatabase>>;

/** The server that `npm test` started; or any other on which one may create databases. */
function adminUrl(): string {
  const url = process.env.TEST_DATABASE_URL;
  if (url) return url;
  throw new Error(
    'TEST_DATABASE_URL is not set: run through `npm test -- FILE`, or start test/services.ts --keep and export what it prints',
  );
}

function urlOf(database: string): string {
  const url = new URL(adminUrl());
  url.pathname = `/${database}`;
  return url.href;
}

async function withAdmin(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl() });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** Name of the migrated database that test databases are copies of; made once per state of the migrations. */
async function template(client: pg.Client): Promise<string> {
  const folder = path.resolve(import.meta.dirname, '../migrations');
  const hash = createHash('sha256');
  for (const file of (await readdir(folder)).filter((name) => /^\d{8}/.test(name)).sort()) {
    hash.update(await readFile(path.join(folder, file)));
  }
  const name = `template_${hash.digest('hex').slice(0, 16)}`;
  const found = await client.query('select 1 from pg_database where datname = $1', [name]);
  if (found.rowCount) return name;
  const building = `building_${randomBytes(6).toString('hex')}`;
  await client.query(`create database ${building}`);
  await migrateUp(urlOf(building));
  await client.query(`alter database ${building} rename to ${name}`);
  return name;
}

/** A migrated database of one's own (about 0.1 s); `empty: true`: without any table. Call `drop()` in `after`. */
export async function createTestDatabase(options: { empty?: boolean } = {}) {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await withAdmin(async (client) => {
    // One maker at a time: a template must not be connected to while it is copied.
    await client.query('select pg_advisory_lock(7421)');
    await client.query(`create database ${name} template ${options.empty ? 'template1' : await template(client)}`);
  });
  const url = urlOf(name);
  const pool = createPool(url, 10);
  const db = createDb(pool);
  return {
    url,
    pool,
    db,
    /** Ends every connection to it and removes it. */
    async drop(): Promise<void> {
      await db.destroy();
      await withAdmin((client) => client.query(`drop database if exists ${name} with (force)`));
    },
  };
}
