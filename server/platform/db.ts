import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import type { DB } from './db-types.ts';

export type Db = Kysely<DB>;
export type Trx = Transaction<DB>;
/** Either; repositories take this. */
export type DbOrTrx = Db | Trx;

/** bigint columns are satang, byte counts and revisions: read as numbers, refused beyond 2^53. */
function parseBigint(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('bigint beyond the safe integer range');
  return value;
}

/** Types are set for this pool only, so that other users of `pg` (the queue) keep their own. */
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === pg.types.builtins.INT8 && format !== 'binary') return parseBigint;
    return pg.types.getTypeParser(oid, format as 'text');
  },
} as pg.CustomTypesConfig;

export function createPool(databaseUrl: string, max: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max,
    types,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 60_000,
  });
  // A broken idle connection is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {});
  // So would one that breaks between two queries of a transaction (the server ends those that stand still for too long): the next query says so.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

export function createDb(pool: pg.Pool): Db {
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
}

/** PostgreSQL error code of a failed query, e.g. '23505' for a unique violation; undefined for anything else. */
export function pgErrorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}
export const isUniqueViolation = (error: unknown, constraint?: string): boolean =>
  pgErrorCode(error) === '23505' &&
  (constraint === undefined || (error as { constraint?: string }).constraint === constraint);

const awayCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
/**
 * The database went away under the query, or was not there at all: asking again later may work. `port`: its own, since other services refuse
 * connections with the same error.
 */
export function isDatabaseAway(error: unknown, port: number): boolean {
  const {
    code,
    message,
    port: refusedBy,
    cause,
    errors,
  } = (error ?? {}) as NodeJS.ErrnoException & {
    port?: number;
    errors?: unknown[];
  };
  if (code && /^(08|57P|53300)/.test(code)) return true;
  if (code && awayCodes.has(code) && refusedBy === port) return true;
  if (/Connection terminated|timeout exceeded when trying to connect|not queryable/.test(message ?? '')) return true;
  return [cause, ...(errors ?? [])].some((inner) => inner !== undefined && isDatabaseAway(inner, port));
}
