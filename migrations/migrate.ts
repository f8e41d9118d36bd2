import { readdir } from 'node:fs/promises';
import { Kysely, type Migration, type MigrationResultSet, Migrator, PostgresDialect } from 'kysely';
import pg from 'pg';

/** Every `YYYYMMDD_*.ts` beside this file, by name. */
async function loadMigrations(): Promise<Record<string, Migration>> {
  const files = (await readdir(import.meta.dirname)).filter((name) => /^\d{8}_\w+\.ts$/.test(name)).sort();
  const migrations: Record<string, Migration> = {};
  for (const file of files) {
    migrations[file.replace(/\.ts$/, '')] = (await import(`./${file}`)) as Migration;
  }
  return migrations;
}

async function withMigrator<T>(databaseUrl: string, work: (migrator: Migrator) => Promise<T>): Promise<T> {
  const db = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: databaseUrl, max: 2 }) }),
  });
  try {
    return await work(new Migrator({ db, provider: { getMigrations: loadMigrations } }));
  } finally {
    await db.destroy();
  }
}

function raise({ error, results }: MigrationResultSet): string[] {
  if (error) throw error;
  return (results ?? []).map((result) => `${result.direction} ${result.migrationName} ${result.status}`);
}

/** Brings the database to the newest schema; answers one line per migration that ran. Safe to run twice or in parallel. */
export const migrateUp = (databaseUrl: string): Promise<string[]> =>
  withMigrator(databaseUrl, async (migrator) => raise(await migrator.migrateToLatest()));

/** Takes back the newest migration. */
export const migrateDown = (databaseUrl: string): Promise<string[]> =>
  withMigrator(databaseUrl, async (migrator) => raise(await migrator.migrateDown()));

/** Takes back every migration. All data is lost. */
export const migrateDownAll = (databaseUrl: string): Promise<string[]> =>
  withMigrator(databaseUrl, async (migrator) => {
    const applied = (await migrator.getMigrations()).filter((m) => m.executedAt).length;
    const lines: string[] = [];
    for (let i = 0; i < applied; i++) lines.push(...raise(await migrator.migrateDown()));
    return lines;
  });
