import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '#test/database.ts';
import { migrateDown, migrateDownAll, migrateUp } from './migrate.ts';
import { areas, readSchema, schemaDocument } from './schema-doc.ts';

describe('migrations', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database.drop());

  const columns = async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query(
      `select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
       where table_schema = 'public' and table_name not like 'kysely%' order by 1, 2`,
    );
    const constraints = await client.query(
      `select conrelid::regclass::text as t, pg_get_constraintdef(oid) as d from pg_constraint
       where connamespace = 'public'::regnamespace and contype <> 'n' order by 1, 2`,
    );
    await client.end();
    return { columns: rows, constraints: constraints.rows };
  };

  it('run down one by one and up again to the same schema', async () => {
    const first = await columns();
    assert.ok(first.columns.length > 400);
    const stepped = await migrateDown(database.url);
    assert.equal(stepped.length, 1);
    await migrateDownAll(database.url);
    assert.equal((await columns()).columns.length, 0);
    await migrateUp(database.url);
    assert.deepEqual(await columns(), first);
    assert.deepEqual(await migrateUp(database.url), []);
  });

  it('runs once when two processes start together', async () => {
    await migrateDownAll(database.url);
    const results = await Promise.all([migrateUp(database.url), migrateUp(database.url)]);
    assert.equal(results.flat().length, new Set(results.flat()).size);
    assert.ok((await readSchema(database.url)).tables.length >= 56);
  });

  it('is what docs/schema.md describes, table by table', async () => {
    const { tables, foreignKeys } = await readSchema(database.url);
    assert.deepEqual(
      Object.values(areas)
        .flatMap((area) => Object.keys(area))
        .sort(),
      tables,
    );
    const committed = await readFile(path.resolve(import.meta.dirname, '../docs/schema.md'), 'utf8');
    assert.equal(committed, schemaDocument(foreignKeys), 'run `npm run db:docs`');
  });

  it('has an index behind every foreign key that a delete would scan', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<{ key: string }>(
      `select c.conrelid::regclass || '.' || a.attname as key from pg_constraint c
       join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
       where c.contype = 'f' and c.connamespace = 'public'::regnamespace and c.confdeltype = 'c'
         and not exists (select 1 from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = a.attnum)`,
    );
    await client.end();
    const allowed = new Set([
      // Small tables, or only deleted together with something that is indexed.
      'event_packages.event_id',
      'favorites.photo_id',
      'favorites.event_id',
      'uploads.event_id',
      'split_rules.event_id',
      'split_rules.photographer_id',
      'face_feedback.photo_id',
      'face_feedback.event_id',
      'face_searches.event_id',
      'cart_items.event_id',
      'consents.withdraws_id',
      'download_grants.order_item_id',
    ]);
    assert.deepEqual(
      rows.map((row) => row.key).filter((key) => !allowed.has(key)),
      [],
    );
  });
});
