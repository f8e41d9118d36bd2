import { z } from 'zod';
import { idParams, isoTime, pageOf, route } from './route.ts';

const tag = 'Faces';
export const searchStatus = z.enum(['queued', 'done', 'failed', 'withdrawn']);
export const matchBand = z.enum(['sure', 'maybe']);

/** [x, y, width, height] in pixels of the upright original, whose size is `width` x `height` of the photo. */
const box = z.tuple([z.number(), z.number(), z.number(), z.number()]);

/** One page holds this many unless asked otherwise; a person's whole event fits. */
const resultQuery = z.object({
  cursor: z.string().max(300).optional().describe('`nextCursor` of the page before'),
  limit: z.coerce.number().int().min(1).max(500).default(200),
  band: matchBand.optional(),
});

export const searchView = z.object({
  id: z.uuid(),
  eventId: z.uuid(),
  status: searchStatus,
  source: z.enum(['descriptor', 'image']),
  photosSearched: z.int(),
  facesSearched: z.int(),
  found: z.object({ sure: z.int(), maybe: z.int() }),
  errorCode: z.string().nullable().describe('face.none, upload.not_an_image, … when `status` is failed'),
  openUntil: isoTime.describe('photos that arrive until then are added to the results'),
  createdAt: isoTime,
  finishedAt: isoTime.nullable(),
});

export const matchView = z.object({
  photoId: z.uuid(),
  band: matchBand,
  confidence: z.number().min(0).max(1).describe('chance that this is the same person, calibrated'),
  distance: z.number().describe('Euclidean distance of the descriptors; lower is closer'),
  box: box
    .nullable()
    .describe('the face: [x, y, width, height] in pixels of the upright original; null for “this is me” only'),
  previewUrl: z.string(),
  thumbnailUrl: z.string().describe('the medium one'),
  thumbnails: z.object({ small: z.string(), medium: z.string(), large: z.string() }),
  eventId: z.uuid(),
  width: z.int(),
  height: z.int(),
  placeholderColor: z.string().nullable(),
  thumbHash: z.string().nullable(),
  focus: z.object({ x: z.number(), y: z.number() }).nullable(),
  takenAt: isoTime.nullable(),
  priceSatang: z.int().nullable().describe('null: the package price'),
  verdict: z.enum(['me', 'not_me']).nullable().describe('what this person said about it'),
});

const calibration = z
  .object({
    basis: z.enum(['event', 'general']).describe('event: shaped by the event’s own strangers'),
    faces: z.int(),
    people: z.int().describe('about how many different people'),
    inflation: z.number().describe('how much more often than usual strangers look alike here'),
  })
  .loose()
  .nullable()
  .describe('what the bands of this search are based on');

export const startSearch = route({
  method: 'post',
  path: '/api/face/search',
  summary:
    'Look for a face in an event, by descriptor (JSON) or by picture (multipart field `image`, deleted after the search)',
  tag,
  access: 'session',
  idempotent: true,
  rateLimit: 'search',
  body: z.object({
    eventId: z.string().min(1).max(80).describe('id or slug'),
    descriptor: z.array(z.number()).min(1).max(1024).optional().describe('128 numbers, as face/ describes'),
    engine: z.string().min(1).max(64).optional().describe('which model made the descriptor'),
    consentId: z.uuid(),
  }),
  multipart: {
    fileFields: ['image', 'file', 'files', 'photo', 'photos', 'images', 'selfie'],
    maxFiles: 1,
    isOptional: true,
  },
  responses: { 202: z.object({ id: z.uuid(), status: searchStatus }) },
  errors: [
    'consent.required',
    'event.not_found',
    'event.access_code_required',
    'face.search_disabled',
    'face.engine_unknown',
    'face.engine_mismatch',
    'upload.no_file',
    'upload.empty',
    'upload.too_large',
    'upload.not_an_image',
  ],
});

export const listSearches = route({
  method: 'get',
  path: '/api/face/searches',
  summary: 'My searches that are still there, newest first',
  tag,
  access: 'public',
  query: z.object({
    eventId: z.uuid().optional(),
    cursor: z.string().max(300).optional(),
    limit: z.coerce.number().int().min(1).max(100).default(30),
  }),
  responses: { 200: pageOf(searchView) },
});

export const readSearchStatus = route({
  method: 'get',
  path: '/api/face/search/:id/status',
  summary: 'How far a search is',
  tag,
  access: 'public',
  params: idParams,
  rateLimit: 'none',
  responses: { 200: searchView },
  errors: ['search.not_found'],
});

export const readSearchResults = route({
  method: 'get',
  path: '/api/face/search/:id/results',
  summary: 'Photos found, best first. `items` and `results` are the same list',
  tag,
  access: 'public',
  params: idParams,
  query: resultQuery,
  responses: {
    200: pageOf(matchView).extend({
      results: z.array(matchView).describe('the same as `items`'),
      status: searchStatus,
      errorCode: z.string().nullable(),
      calibration,
    }),
  },
  errors: ['search.not_found'],
});

export const deleteSearch = route({
  method: 'delete',
  path: '/api/face/search/:id',
  summary: 'Forget a search, its descriptor and its results',
  tag,
  access: 'session',
  params: idParams,
  responses: { 204: null },
  errors: ['search.not_found'],
});

export const giveFeedback = route({
  method: 'post',
  path: '/api/face/feedback',
  summary: '“This is me” or “not me”: re-ranks this person’s own results in the event, nobody else’s',
  tag,
  access: 'session',
  idempotent: true,
  body: z.object({
    photoId: z.uuid(),
    verdict: z.enum(['me', 'not_me']),
    searchId: z.uuid().optional(),
    eventId: z.uuid().optional(),
  }),
  responses: { 200: z.object({ photoId: z.uuid(), verdict: z.enum(['me', 'not_me']), searchesUpdated: z.int() }) },
  errors: ['photo.not_found', 'search.not_found'],
});

export const listPhotoFaces = route({
  method: 'get',
  path: '/api/photos/:id/faces',
  summary: 'Faces of a photo, without descriptors',
  tag,
  access: ['admin'],
  params: idParams,
  responses: {
    200: z.object({
      items: z.array(
        z.object({
          id: z.uuid(),
          engines: z.array(z.string()).describe('descriptor spaces in which it is described'),
          box,
          score: z.number(),
          quality: z.number(),
          qualityParts: z.record(z.string(), z.number()),
          isHidden: z.boolean(),
          groupId: z.uuid().nullable(),
        }),
      ),
      nextCursor: z.null(),
    }),
  },
  errors: ['photo.not_found'],
});

export const groupFaces = route({
  method: 'post',
  path: '/api/face/group',
  summary: 'Group the faces of an event again, in the background; groups made by an admin stay',
  tag,
  access: ['admin'],
  idempotent: true,
  body: z.object({ eventId: z.uuid() }),
  responses: { 202: z.object({ eventId: z.uuid(), status: z.literal('queued') }) },
  errors: ['event.not_found'],
});

export const faceGroupView = z.object({
  id: z.uuid(),
  eventId: z.uuid(),
  label: z.string().nullable(),
  faceCount: z.int(),
  photoCount: z.int(),
  cover: z
    .object({ faceId: z.uuid(), photoId: z.uuid(), box, width: z.int().nullable(), thumbnailUrl: z.string() })
    .nullable(),
  createdAt: isoTime,
});

export const listFaceGroups = route({
  method: 'get',
  path: '/api/face/groups',
  summary: 'Groups of similar faces in an event, largest first',
  tag,
  access: ['admin'],
  query: z.object({
    eventId: z.uuid(),
    cursor: z.string().max(300).optional(),
    limit: z.coerce.number().int().min(1).max(100).default(30),
  }),
  responses: {
    200: pageOf(faceGroupView).extend({
      undoable: z
        .object({ id: z.uuid(), kind: z.enum(['merge', 'split', 'label']), at: isoTime })
        .nullable()
        .describe('what the last admin did and `undo` takes back'),
    }),
  },
  errors: ['event.not_found'],
});

export const listGroupFaces = route({
  method: 'get',
  path: '/api/face/groups/:id/faces',
  summary: 'Faces of a group with their photos, the clearest first',
  tag,
  access: ['admin'],
  params: idParams,
  query: z.object({ limit: z.coerce.number().int().min(1).max(2000).default(500) }),
  responses: {
    200: z.object({
      group: faceGroupView,
      items: z.array(
        z.object({
          faceId: z.uuid(),
          photoId: z.uuid(),
          box,
          quality: z.number(),
          source: z.enum(['automatic', 'admin']),
          width: z.int().nullable(),
          height: z.int().nullable(),
          thumbnailUrl: z.string(),
        }),
      ),
    }),
  },
  errors: ['resource.not_found'],
});

export const labelFaceGroup = route({
  method: 'put',
  path: '/api/face/groups/:id',
  summary: 'Give a group a name, or take it away',
  tag,
  access: ['admin'],
  params: idParams,
  body: z.object({ label: z.string().trim().max(100).nullable() }),
  responses: { 200: faceGroupView },
  errors: ['resource.not_found'],
});

export const undoFaceGroups = route({
  method: 'post',
  path: '/api/face/groups/undo',
  summary: 'Take back the last merge, split or name of an event',
  tag,
  access: ['admin'],
  body: z.object({ eventId: z.uuid(), actionId: z.uuid().optional().describe('refused unless it is the last one') }),
  responses: { 200: z.object({ undone: z.object({ id: z.uuid(), kind: z.enum(['merge', 'split', 'label']) }) }) },
  errors: ['event.not_found', 'resource.conflict', 'resource.not_found'],
});

export const mergeFaceGroups = route({
  method: 'post',
  path: '/api/face/groups/:id/merge',
  summary: 'Put the faces of other groups into this one',
  tag,
  access: ['admin'],
  params: idParams,
  body: z.object({ groupIds: z.array(z.uuid()).min(1).max(100) }),
  responses: { 200: faceGroupView },
  errors: ['resource.not_found'],
});

export const splitFaceGroup = route({
  method: 'post',
  path: '/api/face/groups/:id/split',
  summary: 'Take faces out of a group into a new one',
  tag,
  access: ['admin'],
  params: idParams,
  body: z.object({ faceIds: z.array(z.uuid()).min(1).max(1000) }),
  responses: { 201: faceGroupView },
  errors: ['resource.not_found'],
});
