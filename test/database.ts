import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface TestDatabase {
  url: string;
  /** Ends every connection to it and removes it. */
  drop(): Promise<void>;
}

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(
    `${name} is not set: run through \`npm test -- FILE\`, or start test/services.ts --keep and export what it prints`,
  );
}

async function withAdmin(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: required('TEST_DATABASE_URL') });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** A database of one's own, a copy of the migrated template (about 0.1 s). `empty: true`: without any table. */
export async function createTestDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const template = options.empty ? 'template1' : required('TEST_TEMPLATE_DATABASE');
  await withAdmin((client) => client.query(`create database ${name} template ${template} strategy file_copy`));
  const url = new URL(required('TEST_DATABASE_URL'));
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => withAdmin((client) => client.query(`drop database if exists ${name} with (force)`)),
  };
}
