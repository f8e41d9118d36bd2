import { Kysely, PostgresDialect } from 'kysely';
import type pg from 'pg';
import type { PaymentProvider } from '#server/modules/payments/service.ts';
import { createPool, type Db } from '#server/platform/db.ts';
import type { DB } from '#server/platform/db-types.ts';

/** Every call to the outside is a point where the process may die: before it goes out, or after its effect, unheard. */
export type Side = 'before' | 'after';
export interface FaultPoints {
  db: Db;
  wrap(provider: PaymentProvider): PaymentProvider;
  /** Resolves with what was being done when the process died. */
  killed: Promise<string>;
  /** Points passed so far. */
  count(): number;
  close(): Promise<void>;
}

/**
 * A database and gateways that end at the n-th call, as a killed process does: connections are cut without a word and nothing
 * after that call happens any more. `die` replaces that by something harder (a SIGKILL of the own process).
 */
export function createFaultPoints(options: {
  databaseUrl: string;
  at: number;
  side: Side;
  die?: (label: string) => void;
}): FaultPoints {
  const { at, side } = options;
  const pool = createPool(options.databaseUrl, 4);
  const clients = new Set<pg.PoolClient>();
  const never = new Promise<never>(() => {});
  let count = 0;
  let isDead = false;
  let tell!: (label: string) => void;
  const killed = new Promise<string>((resolve) => {
    tell = resolve;
  });

  function die(label: string): Promise<never> {
    isDead = true;
    options.die?.(label);
    for (const client of clients)
      (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    tell(label);
    return never;
  }
  async function pass<T>(label: string, run: () => Promise<T>): Promise<T> {
    if (isDead) return never;
    const index = ++count;
    if (index === at && side === 'before') return die(`before ${label}`);
    const result = await run();
    if (isDead) return never;
    if (index === at) return die(`after ${label}`);
    return result;
  }

  async function connect() {
    const client = await pool.connect();
    clients.add(client);
    if (client.listenerCount('error') === 0) client.on('error', () => {});
    return {
      query: (text: unknown, values?: unknown) =>
        pass(`query ${nameOf(text)}`, () => (client.query as (...all: unknown[]) => Promise<unknown>)(text, values)),
      release: () => {
        clients.delete(client);
        if (!isDead) client.release();
      },
    };
  }
  const db = new Kysely<DB>({
    dialect: new PostgresDialect({ pool: { connect, end: () => pool.end() } as never }),
  });
  return {
    db,
    wrap: (provider) =>
      new Proxy(provider, {
        get(target, name) {
          const value = Reflect.get(target, name);
          if (typeof value !== 'function' || name === 'verifyWebhook') return value;
          return (...all: unknown[]) => pass(`${target.name} ${String(name)}`, () => value.apply(target, all));
        },
      }),
    killed,
    count: () => count,
    async close() {
      // A dead process's connections are gone already; what the pool still counts as lent is not waited for.
      if (isDead) void pool.end();
      else await db.destroy();
    },
  };
}

const nameOf = (text: unknown): string =>
  (typeof text === 'string' ? text : ((text as { text?: string })?.text ?? '')).replaceAll(/\s+/g, ' ').slice(0, 60);
