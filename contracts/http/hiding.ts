import { z } from 'zod';
import { idParams, isoTime, route } from './route.ts';

const tag = 'Privacy';

export const hideView = z.object({
  id: z.uuid(),
  eventId: z.uuid(),
  requestId: z.uuid().nullable(),
  status: z.enum(['requested', 'confirmed', 'rejected', 'withdrawn']),
  isSearched: z.boolean().describe('false: the photos are still being looked through'),
  isWritten: z.boolean().describe('asked for in words: a person finds the photos'),
  hiddenFaces: z.int().describe('hidden from every search now'),
  proposedFaces: z.int().describe('perhaps this person too: somebody looks at them first'),
  createdAt: isoTime,
  expiresAt: isoTime.nullable().describe('until then photos that arrive are looked through as well'),
});
export type HideView = z.output<typeof hideView>;

export const hideMe = route({
  method: 'post',
  path: '/api/face/hide',
  summary:
    'Hide me at this event: by a search of mine in it, or by a descriptor. Sure faces are hidden at once, from everybody',
  tag,
  access: 'session',
  idempotent: true,
  rateLimit: 'search',
  body: z.object({
    eventId: z.uuid(),
    consentId: z.uuid().describe('a live consent with purpose `hide_me`'),
    searchId: z.uuid().optional(),
    descriptor: z.array(z.number()).min(1).max(1024).optional(),
    engine: z.string().min(1).max(64).optional(),
    details: z.string().trim().max(4000).optional(),
  }),
  responses: { 202: hideView },
  errors: ['consent.required', 'event.not_found', 'search.not_found', 'face.engine_unknown', 'face.engine_mismatch'],
});

export const listMyHides = route({
  method: 'get',
  path: '/api/face/hide',
  summary: 'Where I am hidden, or asked to be',
  tag,
  access: 'session',
  responses: { 200: z.object({ items: z.array(hideView) }) },
});

export const undoHide = route({
  method: 'delete',
  path: '/api/face/hide/:id',
  summary: 'Show me again: what this request hid comes back, its consent is withdrawn and the descriptor deleted',
  tag,
  access: 'session',
  params: idParams,
  responses: { 200: hideView },
  errors: ['resource.not_found'],
});

const hiddenFace = z.object({
  faceId: z.uuid(),
  photoId: z.uuid(),
  state: z.enum(['hidden', 'proposed', 'dismissed']),
  confidence: z.number(),
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]).describe('pixels of the upright original'),
  width: z.int().nullable(),
  height: z.int().nullable(),
  thumbnailUrl: z.string(),
});

export const adminReadHide = route({
  method: 'get',
  path: '/api/admin/privacy-requests/:id/faces',
  summary: 'Faces that a “hide me” request means: hidden ones and those to decide on',
  tag,
  access: ['admin'],
  params: idParams,
  responses: { 200: z.object({ hide: hideView, items: z.array(hiddenFace) }) },
  errors: ['resource.not_found'],
});

export const adminMarkHide = route({
  method: 'put',
  path: '/api/admin/privacy-requests/:id/faces',
  summary: 'Hide or dismiss faces of a “hide me” request',
  tag,
  access: ['admin'],
  params: idParams,
  body: z.object({
    faces: z
      .array(z.object({ faceId: z.uuid(), state: z.enum(['hidden', 'dismissed']) }))
      .min(1)
      .max(500),
  }),
  responses: { 200: z.object({ hide: hideView, items: z.array(hiddenFace) }) },
  errors: ['resource.not_found', 'resource.conflict'],
});
