import type { Browser } from 'playwright-core';
import { build } from 'vite';
import type { Device } from './device.ts';
import type { Command, DeviceState } from './messages.ts';
import { startLine } from './proxy.ts';

/** The app's data layer and what acts on it, as one script for a page. */
export async function bundleDevice(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      target: 'es2023',
      lib: { entry: `${import.meta.dirname}/device.page.ts`, formats: ['iife'], name: 'device' },
      rollupOptions: { output: { inlineDynamicImports: true } },
    },
  });
  const outputs = [result].flat().flatMap((each) => ('output' in each ? each.output : []));
  const chunk = outputs.find((each) => each.type === 'chunk' && each.isEntry);
  if (chunk?.type !== 'chunk') throw new Error('there is no script');
  return chunk.code;
}

let devices = 0;
/** A device in a browser profile of its own, over a line of its own. */
export async function startPageDevice(browser: Browser, api: string, script: string): Promise<Device> {
  const isLogging = process.env.CHAOS_LOG === '1';
  const name = ++devices;
  const began = performance.now();
  const log = (text: string): void => {
    if (isLogging) console.error(`${name} ${Math.round(performance.now() - began)} ${text}`);
  };
  const line = await startLine(api, script, log);
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
  page.on('console', (message) => log(message.text()));
  await page.goto(line.url);
  await page.waitForFunction(() => 'ask' in globalThis);
  const ask = async (command: Command): Promise<unknown> => {
    const answer = await page.evaluate(
      (given) => (globalThis as unknown as { ask(command: unknown): Promise<unknown> }).ask(given),
      command as unknown as Record<string, unknown>,
    );
    if (errors.length > 0) throw new Error(`the page failed: ${errors.join('\n')}`);
    return answer;
  };
  return {
    ask: async (command) => void (await ask(command)),
    state: async () => (await ask({ do: 'state' })) as DeviceState,
    async stop(): Promise<void> {
      await context.close();
      line.close();
    },
  };
}
