import { z } from 'zod';
import { isoTime, pageOf, pageQuery, route } from './route.ts';

/**
 * Resumable uploads speak the tus protocol 1.0 at /api/uploads (creation, termination; POST, HEAD, PATCH, DELETE; session
 * cookie or bearer). Upload-Metadata: `eventId` (needed), `filename`, `filetype`, `sha256` (hex, checked when given).
 * The answer that finishes the upload carries `X-Photo-Id` and `X-Upload-Result: created | duplicate`; a HEAD after
 * that repeats them. A file that is no photo is answered 422 with a problem and the upload ends as `failed`.
 */
export const tusPath = '/api/uploads';
/** Bytes of one file. */
export const maxUploadBytes = 200 * 1024 * 1024;
export const maxBatchFiles = 50;
export const uploadStatuses = ['receiving', 'received', 'completed', 'duplicate', 'failed', 'cancelled'] as const;

/** Any of these file fields is understood. */
export const fileFields = ['file', 'files', 'photo', 'photos', 'image'] as const;
const tag = 'Uploads';

export const uploadResult = z.object({
  fileName: z.string(),
  status: z.enum(['created', 'duplicate', 'failed']),
  photoId: z.uuid().optional(),
  code: z.string().optional().describe('error code of a failed file'),
});
export type UploadResult = z.output<typeof uploadResult>;

const oneUpload = z.object({
  photoId: z.uuid(),
  status: z.enum(['created', 'duplicate']),
  fileName: z.string(),
  results: z.array(uploadResult),
});
export const uploadPhoto = route({
  method: 'post',
  path: '/api/photos/upload',
  summary: 'Upload one photo (field `file`) to an event; the same file again answers the same photo',
  tag,
  access: ['photographer'],
  body: z.object({ eventId: z.uuid() }),
  multipart: { fileFields, maxFiles: 1 },
  responses: { 200: oneUpload, 201: oneUpload },
  errors: ['upload.not_staff', 'upload.no_file', 'upload.not_an_image', 'upload.too_large', 'upload.empty'],
});

const batch = z.object({ results: z.array(uploadResult) });
export const batchUpload = route({
  method: 'post',
  path: '/api/photos/batch-upload',
  summary: 'Upload up to 50 photos; each has its own result',
  tag,
  access: ['photographer'],
  body: z.object({ eventId: z.uuid() }),
  multipart: { fileFields, maxFiles: maxBatchFiles },
  responses: { 200: batch, 201: batch },
  errors: ['upload.not_staff', 'upload.no_file', 'upload.too_many', 'upload.too_large'],
  rateLimit: 'upload',
});

export const uploadRecord = z.object({
  id: z.string(),
  eventId: z.uuid(),
  fileName: z.string(),
  bytes: z.int(),
  status: z.enum(uploadStatuses),
  code: z.string().nullable(),
  photoId: z.uuid().nullable(),
  photoStatus: z.string().nullable(),
  createdAt: isoTime,
});
export const listUploads = route({
  method: 'get',
  path: '/api/uploads/status',
  summary: 'My uploads, newest first',
  tag,
  access: ['photographer'],
  query: pageQuery.extend({ eventId: z.uuid().optional() }),
  responses: { 200: pageOf(uploadRecord) },
});

export const checkUploads = route({
  method: 'post',
  path: '/api/uploads/check',
  summary: 'Which of these files (SHA-256, hex) does the event have already? They need not be sent.',
  tag,
  access: ['photographer'],
  body: z.object({ eventId: z.uuid(), sha256: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(1000) }),
  responses: { 200: z.object({ known: z.array(z.object({ sha256: z.string(), photoId: z.uuid() })) }) },
  errors: ['upload.not_staff'],
});
