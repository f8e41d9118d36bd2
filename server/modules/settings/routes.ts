import * as contract from '#contracts/http/admin.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { Settings } from './service.ts';

export const settingsRoutes = ({ settings }: { settings: Settings }): BoundRoute[] => [
  bind(contract.getSettings, async () => ({ status: 200, body: { items: await settings.list() } })),
  bind(contract.putSettings, async ({ body, viewer }) => ({
    status: 200,
    body: { items: await settings.put(viewer.userId, body.items) },
  })),
];
