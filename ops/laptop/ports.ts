import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { StartError } from './data-dir.ts';
import { readJson, writeAtomically } from './dev/json-file.ts';

// Below the range from which systems take ports for outgoing connections.
const LOWEST = 20_000;
const HIGHEST = 30_000;

/** undefined when the port can be had on `host`, else the code of the error (EADDRINUSE, EACCES, ...). */
export async function portProblem(port: number, host = '127.0.0.1'): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
}

/** Throws StartError with one plain sentence when the port cannot be had. */
export async function requirePort(port: number, host: string): Promise<void> {
  const problem = await portProblem(port, host);
  if (!problem) return;
  const why = problem === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used here (${problem})`;
  throw new StartError(`Port ${port} ${why}. Choose another one: PORT=8090 npm start`);
}

/** A free port on loopback, never the same one twice in this process. */
async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (!taken.has(port) && !(await portProblem(port))) return port;
  }
  throw new StartError(`No free port between ${LOWEST} and ${HIGHEST} on this machine.`);
}

/** A port for each name: the one of the last run (kept in `ports.json`) while it is free, else a new one. */
export async function rememberPorts<Name extends string>(
  dataDir: string,
  names: readonly Name[],
): Promise<Record<Name, number>> {
  const file = path.join(dataDir, 'ports.json');
  const kept = readJson<Record<string, number>>(file) ?? {};
  const ports: Record<string, number> = {};
  const taken = new Set<number>();
  for (const name of names) {
    const last = kept[name];
    const port = last && !taken.has(last) && !(await portProblem(last)) ? last : await freePort(taken);
    taken.add(port);
    ports[name] = port;
  }
  writeAtomically(file, JSON.stringify({ ...kept, ...ports }, null, 2));
  return ports as Record<Name, number>;
}
