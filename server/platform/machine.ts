import { sql } from 'kysely';
import type { DbOrTrx } from './db.ts';

/** Where a thing may go from each of its statuses. */
export interface Machine<Status extends string> {
  table: string;
  start: Status;
  next: Readonly<Record<Status, readonly Status[]>>;
}
export const canGo = <S extends string>(machine: Machine<S>, from: S, to: S): boolean =>
  machine.next[from].includes(to);

/** The statuses that lead to `to`. */
export const leadingTo = <S extends string>(machine: Machine<S>, to: S): S[] =>
  (Object.keys(machine.next) as S[]).filter((from) => machine.next[from].includes(to));

/** Statuses that no way leads to from the start. */
export function unreachable<S extends string>(machine: Machine<S>): S[] {
  const seen = new Set<S>([machine.start]);
  for (const status of seen) for (const next of machine.next[status]) seen.add(next);
  return (Object.keys(machine.next) as S[]).filter((status) => !seen.has(status));
}

/** At boot: every status can be reached, and the table's check constraint knows exactly these. Throws otherwise. */
export async function checkMachine(db: DbOrTrx, machine: Machine<string>): Promise<void> {
  const lost = unreachable(machine);
  if (lost.length > 0) throw new Error(`${machine.table}: no way leads to ${lost.join(', ')}`);
  const { rows } = await sql<{ definition: string }>`
    select pg_get_constraintdef(c.oid) as definition from pg_constraint c
    join pg_attribute a on a.attrelid = c.conrelid and c.conkey = array[a.attnum]
    where c.conrelid = ${machine.table}::regclass and c.contype = 'c' and a.attname = 'status'`.execute(db);
  const allowed = rows.flatMap((row) => [...row.definition.matchAll(/'([a-z_]+)'/g)].map((match) => match[1]!));
  const known = Object.keys(machine.next);
  const difference = [
    ...known.filter((status) => !allowed.includes(status)),
    ...allowed.filter((status) => !known.includes(status)),
  ];
  if (difference.length > 0) throw new Error(`${machine.table}: code and database differ in ${difference.join(', ')}`);
}
