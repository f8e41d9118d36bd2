import { z } from 'zod';
import { normalBib } from '../bibs.ts';
import { idParams, isoTime, pageOf, pageQuery, route, satang } from './route.ts';

export const photoStatuses = ['uploaded', 'pending', 'approved', 'rejected', 'failed'] as const;
export type PhotoStatus = (typeof photoStatuses)[number];
export const thumbnailSizes = ['small', 'medium', 'large'] as const;
export type ThumbnailSize = (typeof thumbnailSizes)[number];

export const photoView = z.object({
  id: z.uuid(),
  eventId: z.uuid(),
  status: z.enum(photoStatuses),
  width: z.int().nullable().describe('pixels, upright; null until it was looked at'),
  height: z.int().nullable(),
  takenAt: isoTime.nullable(),
  createdAt: isoTime,
  previewUrl: z.string(),
  thumbnails: z.object({ small: z.string(), medium: z.string(), large: z.string() }),
  placeholderColor: z.string().nullable(),
  thumbHash: z.string().nullable().describe('blurred picture, ThumbHash in base64'),
  focus: z.object({ x: z.number(), y: z.number() }).nullable().describe('where to look, 0 to 1'),
  photographer: z.object({ id: z.uuid(), displayName: z.string() }),
  priceSatang: satang.nullable().describe('own price of this photo; null: by the packages'),
  bibs: z.array(z.string()).describe('race numbers on it'),
  revision: z.int(),
  manage: z
    .object({
      fileName: z.string(),
      bytes: z.int(),
      contentType: z.string(),
      faceCount: z.int(),
      failureCode: z.string().nullable(),
      reviewReason: z.string().nullable(),
    })
    .optional()
    .describe('for its photographer, staff and admins'),
});
export type PhotoView = z.output<typeof photoView>;

const tag = 'Photos';

export const listEventPhotos = route({
  method: 'get',
  path: '/api/events/:id/photos',
  summary: 'Photos of an event, within its privacy mode: approved ones; staff may ask for another status',
  tag,
  access: 'public',
  params: z.object({ id: z.string().min(1).max(80) }),
  query: pageQuery.extend({
    order: z.enum(['taken', 'new']).default('taken').describe('taken: oldest first; new: last uploaded first'),
    photographer: z.uuid().optional(),
    from: isoTime.optional().describe('taken at or after'),
    to: isoTime.optional().describe('taken before'),
    bib: z
      .string()
      .max(40)
      .optional()
      .describe('race number')
      // A number that cannot be is on no photo.
      .transform((text) => (text === undefined ? undefined : (normalBib(text) ?? '-'))),
    status: z.enum([...photoStatuses, 'all']).optional(),
  }),
  responses: { 200: pageOf(photoView) },
  errors: ['event.not_found', 'event.access_code_required'],
});

export const listPhotos = route({
  method: 'get',
  path: '/api/photos',
  summary: 'Photos to manage: own ones (photographer), those of all events (admin)',
  tag,
  access: ['photographer', 'organizer'],
  query: pageQuery.extend({
    eventId: z.uuid().optional(),
    status: z.enum(photoStatuses).optional(),
    mine: z.enum(['1', 'true']).optional(),
    photographer: z.uuid().optional(),
    q: z.string().trim().max(100).optional().describe('in the file name'),
  }),
  responses: { 200: pageOf(photoView) },
});

export const getPhotoPreview = route({
  method: 'get',
  path: '/api/photos/:id',
  summary: 'The watermarked preview',
  tag,
  access: 'public',
  params: idParams,
  responses: { 200: 'image/jpeg' },
  errors: ['photo.not_found', 'photo.not_ready', 'event.access_code_required'],
  rateLimit: 'none',
});

export const getPhotoThumbnail = route({
  method: 'get',
  path: '/api/photos/:id/thumbnails/:size',
  summary: 'A thumbnail: small 150, medium 300, large 800 pixels wide',
  tag,
  access: 'public',
  params: z.object({ id: z.uuid(), size: z.enum(thumbnailSizes) }),
  responses: { 200: 'image/jpeg' },
  errors: ['photo.not_found', 'photo.not_ready', 'event.access_code_required'],
  rateLimit: 'none',
});

export const photoMetadata = z.object({
  photoId: z.uuid(),
  takenAt: isoTime.nullable(),
  takenAtLocal: z.string().nullable().describe('as the camera wrote it'),
  width: z.int().nullable(),
  height: z.int().nullable(),
  cameraMake: z.string().nullable(),
  cameraModel: z.string().nullable(),
  lensModel: z.string().nullable(),
  iso: z.int().nullable(),
  exposureSeconds: z.number().nullable(),
  fNumber: z.number().nullable(),
  focalLengthMm: z.number().nullable(),
  photographer: z.object({ id: z.uuid(), displayName: z.string() }),
});
export const getPhotoMetadata = route({
  method: 'get',
  path: '/api/photos/:id/metadata',
  summary: 'Camera data of a photo; never a position',
  tag,
  access: 'user',
  params: idParams,
  responses: { 200: photoMetadata },
  errors: ['photo.not_found'],
});

export const approvePhoto = route({
  method: 'put',
  path: '/api/photos/:id/approve',
  summary: 'Approve a photo; approving it again changes nothing',
  tag,
  access: ['admin'],
  params: idParams,
  responses: { 200: photoView },
  errors: ['photo.not_found', 'photo.transition'],
});
export const rejectPhoto = route({
  method: 'put',
  path: '/api/photos/:id/reject',
  summary: 'Reject a photo',
  tag,
  access: ['admin'],
  params: idParams,
  body: z.object({ reason: z.string().trim().max(500).optional() }),
  responses: { 200: photoView },
  errors: ['photo.not_found', 'photo.transition'],
});
export const deletePhoto = route({
  method: 'delete',
  path: '/api/photos/:id',
  summary: 'Delete a photo and its faces; the original stays for those who bought it',
  tag,
  access: ['admin'],
  params: idParams,
  responses: { 204: null },
  errors: ['photo.not_found'],
});

const photoIds = z.array(z.uuid()).min(1).max(500);
const reviewResults = z.object({
  results: z.array(
    z.object({
      id: z.uuid(),
      outcome: z.enum(['changed', 'unchanged', 'refused', 'not_found']),
      status: z.enum(photoStatuses).nullable(),
    }),
  ),
});
export const reviewPhotos = route({
  method: 'post',
  path: '/api/photos/review',
  summary: 'Approve or reject many photos',
  tag,
  access: ['admin'],
  body: z.object({
    ids: photoIds,
    decision: z.enum(['approve', 'reject']),
    reason: z.string().trim().max(500).optional(),
  }),
  responses: { 200: reviewResults },
  idempotent: true,
});
export const undoReview = route({
  method: 'post',
  path: '/api/photos/review/undo',
  summary: 'Take the last decision about each of these photos back',
  tag,
  access: ['admin'],
  body: z.object({ ids: photoIds }),
  responses: { 200: reviewResults },
  idempotent: true,
});

export const updatePhoto = route({
  method: 'put',
  path: '/api/photos/:id',
  summary: 'Set or clear the own price of a photo',
  tag,
  access: ['admin'],
  params: idParams,
  body: z.object({ priceSatang: z.int().min(0).max(100_000_00).nullable() }),
  responses: { 200: photoView },
  errors: ['photo.not_found'],
});
