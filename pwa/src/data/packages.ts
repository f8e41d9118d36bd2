import { api } from './api.ts';
import type { Answer } from './contract.ts';
import { seen } from './events.ts';

export type EventPackage = Answer<'GET /api/events/:id/packages'>['items'][number];

/** What an event offers, as remembered and then as the server says. */
export const loadPackages = (eventId: string, onValue: (packages: EventPackage[]) => void): Promise<EventPackage[]> =>
  seen(
    `packages:${eventId}`,
    async () => (await api('GET /api/events/:id/packages', { params: { id: eventId } })).items,
    onValue,
  );
