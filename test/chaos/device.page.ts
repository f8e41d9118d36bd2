import { startActor } from './actor.ts';
import type { Command } from './messages.ts';
import { setClock, speedUp } from './time.ts';

// A device in a browser: real storage, streams, locks and connections; only the clock, the speed of waiting and whether it is looked at are made up.

const clock = { aheadMs: 0 };
speedUp();
setClock(clock);
const visibility = { state: 'visible' };
Object.defineProperty(document, 'visibilityState', { get: () => visibility.state });
const weather = { isOffline: false, badness: 0 };
Object.defineProperty(navigator, 'onLine', { get: () => !weather.isOffline });

const tell = async (what: string, body?: string): Promise<Record<string, number>> =>
  (await fetch(`/chaos/${what}`, { method: 'POST', ...(body && { body }) })).json();
const handle = startActor(
  {
    clock,
    window,
    show(state): void {
      visibility.state = state;
      document.dispatchEvent(new Event('visibilitychange'));
    },
  },
  {
    weather,
    changed: async () => void (await tell('weather', JSON.stringify(weather))),
    reset: async (seed) => void (await tell('reset', String(seed))),
    plan: async (plan) => void (await tell('plan', JSON.stringify(plan))),
    counts: () => tell('counts'),
    settled: async () => void (await tell('settled')),
  },
  (text) => console.debug(text),
);
Object.assign(globalThis, { ask: async (command: Command) => (await handle)(command) });
