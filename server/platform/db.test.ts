import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { createTestDatabase } from '#test/database.ts';
import { isDatabaseAway } from './db.ts';

describe('a database that went away', () => {
  const error = (fields: object, message = '') => Object.assign(new Error(message), fields);
  it('is told from other services that are away, and from queries that are wrong', () => {
    const away = [
      error({ code: '57P01' }, 'terminating connection due to administrator command'),
      error({ code: '57P03' }, 'the database system is starting up'),
      error({ code: 'ECONNREFUSED', port: 5432 }),
      error({}, 'Connection terminated unexpectedly'),
      error({}, 'timeout exceeded when trying to connect'),
      new Error('could not store', { cause: error({ code: '08006' }) }),
      error({ errors: [error({ code: 'ECONNREFUSED', port: 5432 })] }),
    ];
    const others = [
      error({ code: 'ECONNREFUSED', port: 25 }),
      error({ code: '23505' }),
      error({ code: '40P01' }),
      error({}, 'no such photo'),
      undefined,
    ];
    assert.deepEqual(
      away.map((each) => isDatabaseAway(each, 5432)),
      away.map(() => true),
    );
    assert.deepEqual(
      others.map((each) => isDatabaseAway(each, 5432)),
      others.map(() => false),
    );
  });
});

describe('a connection that the database ends in the middle of a transaction', () => {
  it('fails that transaction, not the process', async () => {
    const database = await createTestDatabase();
    const { db } = database;
    try {
      const work = db.transaction().execute(async (trx) => {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
        await sql`set local idle_in_transaction_session_timeout = '20ms'`.execute(trx);
        for (let isThere = true; isThere; ) {
          const left = await sql`select 1 from pg_stat_activity where pid = ${rows[0]!.pid}`.execute(db);
          isThere = left.rows.length > 0;
        }
        await sql`select 1`.execute(trx);
      });
      await assert.rejects(work, /terminat|idle-in-transaction|not queryable/i);
      const { rows } = await sql<{ one: number }>`select 1 as one`.execute(db);
      assert.equal(rows[0]!.one, 1);
    } finally {
      await database.drop();
    }
  });
});
