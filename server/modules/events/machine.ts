import type { EventStatus } from '#contracts/http/events.ts';

/** Where an event may go from where it is. Steps back are for what was published or closed too early. */
export const eventTransitions: Record<EventStatus, readonly EventStatus[]> = {
  planning: ['published', 'cancelled'],
  published: ['live', 'planning', 'ended', 'cancelled'],
  live: ['ended', 'published', 'cancelled'],
  ended: ['archived', 'live'],
  archived: ['ended'],
  cancelled: ['planning'],
};

/** Statuses that everybody sees. */
export const publicStatuses = ['published', 'live', 'ended'] as const satisfies readonly EventStatus[];

export const isPublicStatus = (status: string): boolean => (publicStatuses as readonly string[]).includes(status);

export const canMove = (from: EventStatus, to: EventStatus): boolean => eventTransitions[from].includes(to);
