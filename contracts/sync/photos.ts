import type { Conflict, Replicated } from './documents.ts';

/** An approved photo that the viewer may see. Photos withdrawn or deleted come as `_deleted`. */
export interface PhotoDoc {
  id: string;
  eventId: string;
  width: number;
  height: number;
  takenAt: string | null;
  /** takenAt, or when it arrived: the order of the gallery. ISO, UTC. */
  sortAt: string;
  placeholderColor: string | null;
  /** ThumbHash in base64; since version 1. */
  thumbHash: string | null;
  focusX: number | null;
  focusY: number | null;
  photographerId: string;
  photographerName: string;
  priceSatang: number | null;
  /** Race numbers on it; since version 1. */
  bibs: string[];
  revision: number;
}

/** Version 0 had neither `thumbHash` nor `bibs`; it is still served. */
export const photoDocVersion = 1;
const numberOrNull = { type: ['number', 'null'] } as const;
const textOrNull = { type: ['string', 'null'] } as const;

export const photoDocSchema = {
  title: 'photo',
  version: photoDocVersion,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 36 },
    eventId: { type: 'string', maxLength: 36 },
    width: { type: 'number' },
    height: { type: 'number' },
    takenAt: textOrNull,
    sortAt: { type: 'string', maxLength: 30 },
    placeholderColor: textOrNull,
    thumbHash: textOrNull,
    focusX: numberOrNull,
    focusY: numberOrNull,
    photographerId: { type: 'string' },
    photographerName: { type: 'string' },
    priceSatang: numberOrNull,
    bibs: { type: 'array', items: { type: 'string' } },
    revision: { type: 'number' },
  },
  required: ['id', 'eventId', 'width', 'height', 'sortAt', 'photographerId', 'photographerName', 'revision'],
  indexes: [['eventId', 'sortAt']],
} as const;

/** Paths of the pictures of a photo; the same on phone and server. */
export const photoUrls = (id: string) => ({
  previewUrl: `/api/photos/${id}`,
  thumbnails: {
    small: `/api/photos/${id}/thumbnails/small`,
    medium: `/api/photos/${id}/thumbnails/medium`,
    large: `/api/photos/${id}/thumbnails/large`,
  },
});

export const isEqual = (a: Replicated<PhotoDoc>, b: Replicated<PhotoDoc>): boolean =>
  a.revision === b.revision && a._deleted === b._deleted;

/** Photos are read only on the phone: the server's word stands. */
export const merge = ({ realMasterState }: Conflict<PhotoDoc>): Replicated<PhotoDoc> => realMasterState;
