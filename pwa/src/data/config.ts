import { api } from './api.ts';
import type { Answer } from './contract.ts';
import { seen } from './events.ts';

export type Config = Answer<'GET /api/config'>;

let loading: Promise<Config> | null = null;

/** What this installation offers; asked once a visit, remembered for offline. */
export function loadConfig(): Promise<Config> {
  loading ??= seen(
    'config',
    () => api('GET /api/config'),
    () => undefined,
  );
  loading.catch(() => {
    loading = null;
  });
  return loading;
}
