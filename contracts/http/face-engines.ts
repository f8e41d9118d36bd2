import { z } from 'zod';
import { descriptorManifest, engineId } from '../descriptors.ts';
import { idParams, isoTime, route } from './route.ts';

const tag = 'Face engines';
const access = ['admin'] as const;
const count = z.int().min(0);

/** What a device needs to describe a face for one event. */
export const eventEngineView = z.object({
  eventId: z.uuid(),
  engine: engineId.describe('what a search of this event names as `engine`'),
  manifest: descriptorManifest.describe('how the descriptor is made: network or parts, input, alignment, mirror'),
  networks: z
    .array(
      z.object({
        id: engineId,
        manifest: descriptorManifest,
        url: z.string().nullable().describe('null: its weights come with the pages (face-api)'),
        bytes: z.int(),
        sha256: z.string().describe('hex; part of the url, so that a file never changes under its address'),
      }),
    )
    .describe('files that are needed, each once'),
});

export const readEventEngine = route({
  method: 'get',
  path: '/api/face/engine',
  summary: 'In which descriptor space an event is searched now, with the model files that describe a face in it',
  tag: 'Faces',
  access: 'public',
  query: z.object({ eventId: z.string().min(1).max(80).describe('id or slug') }),
  responses: { 200: eventEngineView },
  errors: ['event.not_found', 'event.access_code_required'],
});

export const readModelFile = route({
  method: 'get',
  path: '/api/face/models/:sha256',
  summary: 'A model file by its checksum; only those of spaces that are switched on. May be cached for ever',
  tag: 'Faces',
  access: 'public',
  params: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  rateLimit: 'none',
  responses: { 200: 'application/octet-stream' },
  errors: ['resource.not_found'],
});

export const engineView = z.object({
  id: engineId,
  title: z.string(),
  kind: z.enum(['network', 'fused']),
  length: z.int(),
  source: z.string(),
  licence: z.string(),
  originDocumented: z.boolean(),
  notice: z.object({ th: z.string(), en: z.string() }).nullable(),
  noticeHash: z
    .string()
    .nullable()
    .describe('SHA-256, hex, of what accepting it accepts; null when there is no notice'),
  files: z.array(z.object({ name: z.string(), bytes: z.int(), sha256: z.string() })),
  isInstalled: z.boolean().describe('a worker has the files'),
  isEnabled: z.boolean().describe('installed, and its notice (if any) accepted as it stands now'),
  isDefault: z.boolean().describe('new events are described with it'),
  accepted: z.object({ at: isoTime, by: z.string().nullable() }).nullable(),
  events: count.describe('events that are searched in it'),
});

export const listEngines = route({
  method: 'get',
  path: '/api/admin/face-engines',
  summary: 'Descriptor spaces with origin, licence and notice, and which are switched on',
  tag,
  access,
  responses: { 200: z.object({ items: z.array(engineView) }) },
});

const engineParams = z.object({ engine: engineId });

export const acceptEngine = route({
  method: 'post',
  path: '/api/admin/face-engines/:engine/accept',
  summary: 'Accept the notice of a descriptor space, by the hash of what was read; written to the audit trail',
  tag,
  access,
  params: engineParams,
  body: z.object({ noticeHash: z.string().regex(/^[0-9a-f]{64}$/) }),
  responses: { 200: engineView },
  errors: ['face.engine_unknown', 'resource.conflict'],
});

export const withdrawEngine = route({
  method: 'delete',
  path: '/api/admin/face-engines/:engine/accept',
  summary: 'Take the acceptance back; refused while an event is searched in this space or on its way to it',
  tag,
  access,
  params: engineParams,
  responses: { 200: engineView },
  errors: ['face.engine_unknown', 'face.engine_in_use'],
});

export const setDefaultEngine = route({
  method: 'put',
  path: '/api/admin/face-engines/default',
  summary: 'Which descriptor space new events use',
  tag,
  access,
  body: z.object({ engine: engineId }),
  responses: { 200: engineView },
  errors: ['face.engine_unknown', 'face.engine_disabled'],
});

export const engineChangeView = z.object({
  id: z.uuid(),
  eventId: z.uuid(),
  from: engineId,
  to: engineId,
  status: z.enum(['running', 'switched', 'cancelled']),
  photos: count.describe('photos of the event that have to be described'),
  described: count,
  failed: z.array(z.object({ photoId: z.uuid(), reason: z.string(), attempts: count })),
  createdAt: isoTime,
  finishedAt: isoTime.nullable(),
});

export const eventEngineState = z.object({
  eventId: z.uuid(),
  engine: engineId,
  openSearches: z
    .array(z.object({ engine: engineId, count }))
    .describe('searches that still wait for photos, by space'),
  change: engineChangeView.nullable().describe('the change that runs, else the last one'),
});

export const readEngineState = route({
  method: 'get',
  path: '/api/admin/events/:id/face-engine',
  summary: 'The descriptor space of an event, and how far a change is',
  tag,
  access,
  params: idParams,
  responses: { 200: eventEngineState },
  errors: ['event.not_found'],
});

export const changeEngine = route({
  method: 'post',
  path: '/api/admin/events/:id/face-engine',
  summary: 'Describe all faces of an event in another space, in the background; the event switches when all is done',
  tag,
  access,
  params: idParams,
  body: z.object({ engine: engineId }),
  responses: { 202: eventEngineState },
  errors: [
    'event.not_found',
    'face.engine_unknown',
    'face.engine_disabled',
    'face.engine_changing',
    'resource.conflict',
  ],
});

export const controlEngineChange = route({
  method: 'post',
  path: '/api/admin/events/:id/face-engine/:action',
  summary: 'Cancel a change, try its failed photos again, or switch without them',
  tag,
  access,
  params: idParams.extend({ action: z.enum(['cancel', 'retry', 'switch']) }),
  responses: { 200: eventEngineState },
  errors: ['event.not_found', 'resource.conflict'],
});
