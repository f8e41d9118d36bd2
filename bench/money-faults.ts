import { spawnSync } from 'node:child_process';
import path from 'node:path';

// npm run bench -- money-faults: dies after every single call of everything money does (the tests take every sixth beside settle).
const root = path.resolve(import.meta.dirname, '..');
const args = ['--import', 'tsx', 'test/run.ts', 'test/medium/money-faults.test.ts'];
const env = { ...process.env, FAULT_STRIDE: '1' };
const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
process.exit(status ?? 1);
