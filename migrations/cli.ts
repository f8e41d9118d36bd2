import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { migrateDown, migrateDownAll, migrateUp } from './migrate.ts';
import { readSchema, schemaDocument } from './schema-doc.ts';

// npm run db:migrate | db:rollback | db:types | db:docs. DATABASE_URL says which database; else the one of a running `npm start`.
const databaseUrl = process.env.DATABASE_URL;
if (!databaseUrl) {
  console.error(
    'Set DATABASE_URL to the database to migrate, e.g. postgres://user:password@127.0.0.1:5432/thepixstock',
  );
  process.exit(1);
}

function generateTypes(): void {
  const out = 'server/platform/db-types.ts';
  const args = [
    '--dialect',
    'postgres',
    '--url',
    databaseUrl!,
    '--out-file',
    out,
    '--exclude-pattern',
    '(kysely_*|bullmq*)',
  ];
  args.push('--date-parser', 'timestamp', '--type-mapping', '{"int8":"number"}');
  const { status } = spawnSync('node_modules/.bin/kysely-codegen', args, { stdio: 'inherit' });
  process.exit(status ?? 1);
}

async function writeDocument(): Promise<string[]> {
  await writeFile('docs/schema.md', schemaDocument((await readSchema(databaseUrl!)).foreignKeys));
  return ['docs/schema.md'];
}

const commands: Record<string, () => Promise<string[]> | undefined> = {
  up: () => migrateUp(databaseUrl),
  down: () => migrateDown(databaseUrl),
  'down-all': () => migrateDownAll(databaseUrl),
  docs: writeDocument,
  types: () => void generateTypes(),
};
const command = commands[process.argv[2] ?? ''];
if (!command) {
  console.error(`usage: cli.ts ${Object.keys(commands).join(' | ')}`);
  process.exit(1);
}
for (const line of (await command()) ?? []) console.log(line);
