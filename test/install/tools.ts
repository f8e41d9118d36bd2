import { execFile } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { hasApt, installPackages, unpackPackages } from './apt.ts';

const run = promisify(execFile);
const CHECK_MS = 60_000;

export interface Tool {
  /** Names under which it may be on the PATH. */
  names: readonly string[];
  /** Where the unpacked packages have it. */
  unpackedAt: string;
  packages: readonly string[];
  /** Throws or answers false when the program does not do its work here. */
  works(program: string): Promise<boolean>;
}

export const REDIS: Tool = {
  names: ['redis-server'],
  unpackedAt: 'usr/bin/redis-server',
  packages: ['redis-server'],
  works: async (program) => /v=[6-9]\./.test((await run(program, ['--version'], { timeout: CHECK_MS })).stdout),
};

export const CHROMIUM: Tool = {
  names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  unpackedAt: 'usr/lib/chromium/chromium',
  packages: ['chromium', 'fonts-liberation'],
  works: async (program) => {
    const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--dump-dom', 'about:blank'];
    return (await run(program, args, { timeout: CHECK_MS })).stdout.includes('<html>');
  },
};

export const FIREFOX: Tool = {
  names: ['firefox-esr', 'firefox'],
  unpackedAt: 'usr/lib/firefox-esr/firefox-esr',
  packages: ['firefox-esr'],
  works: async (program) => /Firefox/.test((await run(program, ['--version'], { timeout: CHECK_MS })).stdout),
};

export function onPath(names: readonly string[], searchPath = process.env.PATH ?? ''): string | undefined {
  for (const folder of searchPath.split(path.delimiter)) {
    for (const name of names) {
      const program = path.join(folder, name);
      try {
        accessSync(program, constants.X_OK);
        return program;
      } catch {
        // not here
      }
    }
  }
  return undefined;
}

const foldersIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(folder, entry.name));

/** Every folder that may hold a library; some (PulseAudio's) lie in one of their own, which their users expect at a fixed path. */
function libraryFolders(root: string): string[] {
  const tops = ['usr/lib', 'lib'].map((folder) => path.join(root, folder)).filter((folder) => existsSync(folder));
  const perMachine = tops.flatMap(foldersIn).filter((folder) => folder.includes('-linux-gnu'));
  const own = perMachine
    .flatMap(foldersIn)
    .filter((folder) => readdirSync(folder).some((name) => /^lib.*\.so/.test(name)));
  return [...perMachine, ...own, ...tops];
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A script in `bin` that runs an unpacked program with the libraries and fonts unpacked beside it. */
function writeWrapper(bin: string, name: string, root: string, program: string): string {
  mkdirSync(bin, { recursive: true });
  const fonts = path.join(root, 'fonts.conf');
  const folders = ['/usr/share/fonts', path.join(root, 'usr/share/fonts')].map((folder) => `<dir>${folder}</dir>`);
  const cache = `<cachedir>${path.join(root, 'fontcache')}</cachedir>`;
  writeFileSync(
    fonts,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>${folders.join('')}${cache}</fontconfig>\n`,
  );
  const wrapper = path.join(bin, name);
  const lines = [
    '#!/bin/sh',
    `export LD_LIBRARY_PATH=${quoted(libraryFolders(root).join(':'))}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}`,
    `export FONTCONFIG_FILE=${quoted(fonts)}`,
    `exec ${quoted(path.join(root, program))} "$@"`,
  ];
  writeFileSync(wrapper, `${lines.join('\n')}\n`);
  chmodSync(wrapper, 0o755);
  return wrapper;
}

const checked = async (tool: Tool, program: string | undefined): Promise<string | undefined> => {
  const isWorking = program !== undefined && (await tool.works(program).catch(() => false));
  return isWorking ? program : undefined;
};

/** Playwright's own download, for systems whose packages have no real Chromium (Ubuntu's is a snap). */
async function downloadChromium(cache: string, repository: string): Promise<string | undefined> {
  const browsers = path.join(cache, 'browsers');
  const cli = path.join(repository, 'node_modules', 'playwright-core', 'cli.js');
  const more = process.getuid?.() === 0 ? ['--with-deps'] : [];
  const env = { ...process.env, PLAYWRIGHT_BROWSERS_PATH: browsers };
  await run(process.execPath, [cli, 'install', ...more, 'chromium'], { env, timeout: 600_000 });
  const found = readdirSync(browsers).find((name) => /^chromium-\d+$/.test(name));
  if (!found) return undefined;
  const folder = readdirSync(path.join(browsers, found)).find((name) => name.startsWith('chrome-linux'));
  return folder && path.join(browsers, found, folder, 'chrome');
}

/**
 * The program's path: from the PATH, from an earlier call, or fetched now: Debian packages unpacked under `cache` (leaves
 * the machine as it is, needs no rights), else installed (root only), else Playwright's download. Each way is tried out
 * before it counts. Throws with every reason when there is none.
 */
export async function ensureTool(
  tool: Tool,
  cache: string,
  repository: string,
  say: (line: string) => void,
): Promise<string> {
  const name = tool.names[0]!;
  const wrapper = path.join(cache, 'bin', name);
  const present =
    (await checked(tool, onPath(tool.names))) ?? (await checked(tool, existsSync(wrapper) ? wrapper : undefined));
  if (present) return present;

  const reasons: string[] = [];
  const root = path.join(cache, name);
  const ways: [what: string, isPossible: boolean, get: () => Promise<string | undefined>][] = [
    [
      'Debian packages, unpacked',
      hasApt(),
      async () => {
        await unpackPackages(tool.packages, root);
        return existsSync(path.join(root, tool.unpackedAt))
          ? writeWrapper(path.dirname(wrapper), name, root, tool.unpackedAt)
          : undefined;
      },
    ],
    [
      'Debian packages, installed',
      hasApt() && process.getuid?.() === 0,
      async () => {
        await installPackages(tool.packages);
        return onPath(tool.names);
      },
    ],
    ['the download of Playwright', tool === CHROMIUM, () => downloadChromium(cache, repository)],
  ];
  for (const [what, isPossible, get] of ways) {
    if (!isPossible) continue;
    say(`${name} is not on this machine: getting it (${what}) ...`);
    try {
      const program = await checked(tool, await get());
      if (program) return program;
      reasons.push(`${what}: there, but does not run`);
    } catch (error) {
      reasons.push(`${what}: ${String((error as { stderr?: string }).stderr || error).slice(0, 400)}`);
    }
  }
  throw new Error(`${name} cannot be had here. ${reasons.join('; ') || 'There is no apt-get.'}`);
}
