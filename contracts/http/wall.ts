import { z } from 'zod';
import { route } from './route.ts';

/** Photos in one part of a wall: an event of 20,000 comes in four answers. */
export const WALL_PART = 5_000;

/**
 * A part of an event's gallery as columns, oldest photo first: what a phone needs to lay out, filter and show a wall of tens of thousands, at
 * about 50 bytes a photo on the wire. All columns have the length of `ids`, save those said to be sparse.
 */
export const wallPart = z.object({
  eventId: z.uuid(),
  revision: z.int().describe('changes after it come from /api/sync/photos/pull; the smallest of all parts counts'),
  nextCursor: z.string().nullable(),
  photographers: z.array(z.object({ id: z.uuid(), displayName: z.string() })),
  ids: z.string().describe('base64 of 16 bytes for each photo'),
  sizes: z.array(z.int()).describe('width, height, width, height … in pixels, upright'),
  times: z
    .array(z.int())
    .describe('when it was taken, else when it arrived: ms after the photo before; first: since 1970'),
  undated: z.array(z.int()).describe('sparse: positions of photos whose time is when they arrived'),
  by: z.array(z.int()).describe('position in `photographers`'),
  focus: z.array(z.int()).describe('x, y, x, y … where to look, 0 to 100; -1 where nothing is known'),
  blur: z.array(z.string()).describe('ThumbHash in base64, else a colour "#rrggbb", else ""'),
  prices: z.array(z.tuple([z.int(), z.int()])).describe('sparse: position, own price in satang'),
  bibs: z.record(z.string(), z.array(z.int())).describe('sparse: race number -> positions'),
});
export type WallPart = z.output<typeof wallPart>;

export const getEventWall = route({
  method: 'get',
  path: '/api/events/:id/wall',
  summary: 'All approved photos of an event as compact columns, within its privacy mode (find-me events: none)',
  tag: 'Photos',
  access: 'public',
  params: z.object({ id: z.string().min(1).max(80) }),
  query: z.object({
    cursor: z.string().max(300).optional().describe('`nextCursor` of the part before'),
    limit: z.coerce.number().int().min(1).max(WALL_PART).default(WALL_PART),
  }),
  responses: { 200: wallPart },
  errors: ['event.not_found', 'event.access_code_required'],
});
