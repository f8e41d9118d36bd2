import type { Conflict, Replicated } from './documents.ts';

/**
 * A published, live or ended event that everybody may know of. Cancelled, archived and deleted ones and those behind a code come as `_deleted`
 * with nothing but their id.
 */
export interface EventDoc {
  id: string;
  slug: string;
  name: string;
  nameEn: string | null;
  description: string | null;
  category: string;
  status: string;
  accessMode: string;
  faceSearchEnabled: boolean;
  location: string | null;
  venue: string | null;
  timeZone: string;
  /** ISO, UTC. */
  startsAt: string;
  endsAt: string;
  salesEnabled: boolean;
  salesStartAt: string | null;
  salesEndAt: string | null;
  /** Path of a picture, or null. */
  coverUrl: string | null;
  revision: number;
}

export const eventDocVersion = 0;
const text = { type: 'string' } as const;
const textOrNull = { type: ['string', 'null'] } as const;
const flag = { type: 'boolean' } as const;

/** RxDB schema; a change raises `version` and the server keeps answering the one before. */
export const eventDocSchema = {
  title: 'event',
  version: eventDocVersion,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 36 },
    slug: { type: 'string', maxLength: 80 },
    name: text,
    nameEn: textOrNull,
    description: textOrNull,
    category: text,
    status: text,
    accessMode: text,
    faceSearchEnabled: flag,
    location: textOrNull,
    venue: textOrNull,
    timeZone: text,
    startsAt: { type: 'string', maxLength: 30 },
    endsAt: text,
    salesEnabled: flag,
    salesStartAt: textOrNull,
    salesEndAt: textOrNull,
    coverUrl: textOrNull,
    revision: { type: 'number' },
  },
  required: ['id', 'slug', 'name', 'category', 'status', 'accessMode', 'startsAt', 'endsAt', 'revision'],
  indexes: ['startsAt', 'slug'],
} as const;

export const isEqual = (a: Replicated<EventDoc>, b: Replicated<EventDoc>): boolean =>
  a.revision === b.revision && a._deleted === b._deleted;

/** Events are read only on the phone: the server's word stands. */
export const merge = ({ realMasterState }: Conflict<EventDoc>): Replicated<EventDoc> => realMasterState;
