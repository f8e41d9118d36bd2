import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

// npm run bench -- faces --labels FILE: one file a subject beside this one; without a name, what there is.
const [name = '', ...rest] = process.argv.slice(2);
const file = path.join(import.meta.dirname, `${name}.ts`);
if (!/^[a-z-]+$/.test(name) || name === 'main' || !existsSync(file)) {
  const names = readdirSync(import.meta.dirname).flatMap((entry) => /^(?!main)([a-z-]+)\.ts$/.exec(entry)?.[1] ?? []);
  console.error(`usage: npm run bench -- ${names.join('|')} [options]`);
  process.exit(2);
}
const { status } = spawnSync(process.execPath, ['--import', 'tsx', file, ...rest], { stdio: 'inherit' });
process.exit(status ?? 1);
