import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { createDb, createPool, type Db, type Trx } from '#server/platform/db.ts';
import { createTestDatabase, type TestDatabase } from '#test/database.ts';
import { balanceOf, isBooked, post } from './ledger.ts';

const code = (expected: string) => (error: { code?: string }) => {
  assert.equal(error.code, expected);
  return true;
};
const appendOnly = code('23001');

describe('the ledger in the database', () => {
  let database: TestDatabase;
  let role: Db;
  const roleName = `app_${Date.now().toString(36)}`;
  before(async () => {
    database = await createTestDatabase();
    // The rights that an application needs, and no more: it owns nothing.
    for (const statement of [
      `create role ${roleName} login password 'app'`,
      `grant usage on schema public to ${roleName}`,
      `grant select, insert, update, delete on all tables in schema public to ${roleName}`,
      `grant usage on all sequences in schema public to ${roleName}`,
    ])
      await sql.raw(statement).execute(database.db);
    const url = new URL(database.url);
    url.username = roleName;
    url.password = 'app';
    role = createDb(createPool(url.href, 3));
  });
  after(async () => {
    await role?.destroy();
    await sql.raw(`drop owned by ${roleName}; drop role ${roleName}`).execute(database.db);
    await database.drop();
  });

  const sale = (trx: Trx, reference: string, satang = 100) =>
    post(trx, {
      kind: 'adjustment',
      reference,
      postings: [
        { account: 'bank', amountSatang: satang },
        { account: 'suspense', amountSatang: -satang },
      ],
    });
  const rows = (trx: Trx, reference: string) =>
    trx
      .insertInto('ledger_transactions')
      .values({ kind: 'adjustment', reference })
      .returning('id')
      .executeTakeFirstOrThrow();
  const posting = (trx: Trx, id: string, account: string, satang: number) =>
    sql`insert into ledger_postings (transaction_id, account_id, amount_satang)
      select ${id}, id, ${satang} from ledger_accounts where code = ${account}`.execute(trx);

  for (const who of ['application role', 'owner'] as const) {
    const db = () => (who === 'owner' ? database.db : role);
    describe(`as the ${who}`, () => {
      before(() =>
        db()
          .transaction()
          .execute((trx) => sale(trx, `first-${who}`)),
      );

      it('takes what adds up, and names an effect once', async () => {
        assert.equal(await isBooked(db(), 'adjustment', `first-${who}`), true);
        await assert.rejects(
          db()
            .transaction()
            .execute((trx) => sale(trx, `first-${who}`)),
          code('23505'),
        );
      });
      it('refuses at commit what does not add up, or has no postings', async () => {
        const unbalanced = db()
          .transaction()
          .execute(async (trx) => {
            const { id } = await rows(trx, 'unbalanced');
            await posting(trx, id, 'bank', 5);
            await posting(trx, id, 'suspense', -4);
          });
        await assert.rejects(unbalanced, code('23514'));
        await assert.rejects(
          db()
            .transaction()
            .execute((trx) => rows(trx, 'empty')),
          code('23514'),
        );
        assert.equal(await isBooked(db(), 'adjustment', 'unbalanced'), false);
      });
      it('refuses to change or remove anything', async () => {
        await assert.rejects(sql`update ledger_postings set amount_satang = amount_satang`.execute(db()), appendOnly);
        await assert.rejects(sql`delete from ledger_postings`.execute(db()), appendOnly);
        await assert.rejects(sql`update ledger_transactions set description = 'x'`.execute(db()), appendOnly);
        await assert.rejects(sql`delete from ledger_transactions where false`.execute(db()), appendOnly);
        const truncate = sql`truncate ledger_postings, ledger_transactions cascade`.execute(db());
        await assert.rejects(truncate, who === 'owner' ? appendOnly : code('42501'));
      });
      it('refuses to add to a transaction of before, even what adds up', async () => {
        const old = await db()
          .selectFrom('ledger_transactions')
          .select('id')
          .where('reference', '=', `first-${who}`)
          .executeTakeFirstOrThrow();
        const more = db()
          .transaction()
          .execute(async (trx) => {
            await posting(trx, old.id, 'bank', 7);
            await posting(trx, old.id, 'suspense', -7);
          });
        await assert.rejects(more, appendOnly);
      });
      it('cannot be talked out of it for a session', async () => {
        if (who === 'application role') {
          await assert.rejects(sql`set session_replication_role = replica`.execute(db()), code('42501'));
          await assert.rejects(sql`alter table ledger_postings disable trigger all`.execute(db()), code('42501'));
          return;
        }
        // A superuser restoring data switches ordinary triggers off like this; these stay on.
        await assert.rejects(
          db()
            .transaction()
            .execute(async (trx) => {
              await sql`set local session_replication_role = replica`.execute(trx);
              await sql`update ledger_postings set amount_satang = 1`.execute(trx);
            }),
          appendOnly,
        );
      });
      it('knows a balance as the sum of its postings', async () => {
        const before = await balanceOf(db(), 'bank');
        await db()
          .transaction()
          .execute((trx) => sale(trx, `more-${who}`, 250));
        assert.equal(await balanceOf(db(), 'bank'), before + 250);
      });
    });
  }

  it('refuses before it asks the database: what does not add up is a mistake of the code', async () => {
    const wrong = database.db
      .transaction()
      .execute((trx) =>
        post(trx, { kind: 'adjustment', reference: 'wrong', postings: [{ account: 'bank', amountSatang: 1 }] }),
      );
    await assert.rejects(wrong, RangeError);
  });
});
