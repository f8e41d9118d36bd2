import { eventDocVersion } from '#contracts/sync/events.ts';
import type { EventView } from '../types.ts';
import { database } from './database.ts';
import { type Replica, replicate } from './replicate.ts';

let replica: Promise<Replica> | null = null;

/** Brings the list of events onto the device; again whenever the network comes back. */
export async function startEventReplication(): Promise<void> {
  replica ??= replicate('events', { version: eventDocVersion });
  replica.catch(() => {
    replica = null;
  });
  await replica;
}

/** Events on the device, newest first. What only the server knows (photo count, whether a code was given) is left cautious. */
export async function storedEvents(): Promise<EventView[]> {
  const { events } = await database();
  const docs = await events.find({ sort: [{ startsAt: 'desc' }] }).exec();
  const now = Date.now();
  return docs.map((found) => {
    const { revision, salesEnabled, salesStartAt, salesEndAt, ...doc } = found.toMutableJSON();
    const isOpen = (!salesStartAt || Date.parse(salesStartAt) <= now) && (!salesEndAt || Date.parse(salesEndAt) > now);
    return {
      ...doc,
      revision,
      isLocked: doc.accessMode === 'code',
      isSalesOpen: salesEnabled && isOpen,
      photoCount: 0,
    } as EventView;
  });
}
