import { z } from 'zod';
import { BIBS_PER_PHOTO } from '../bibs.ts';
import { idParams, route } from './route.ts';

const tag = 'Photos';

export const setPhotoBibs = route({
  method: 'put',
  path: '/api/photos/:id/bibs',
  summary:
    'Say which race numbers are on a photo; replaces what was there. Its photographer, the event’s organizer, admins',
  tag,
  access: ['photographer', 'organizer'],
  params: idParams,
  body: z.object({ bibs: z.array(z.string().min(1).max(40)).max(BIBS_PER_PHOTO) }),
  responses: { 200: z.object({ photoId: z.uuid(), bibs: z.array(z.string()) }) },
  errors: ['photo.not_found'],
});

export const bibProblems = ['no_such_photo', 'several_photos', 'not_a_bib', 'too_many'] as const;

export const importBibs = route({
  method: 'post',
  path: '/api/events/:id/bibs/import',
  summary:
    'Race numbers from a CSV file, `file name,bib`; more numbers in further columns or rows, or with spaces between. What the file says of a photo replaces what was there. Photographers reach their own photos, organizers and admins all',
  tag,
  access: ['photographer', 'organizer'],
  params: idParams,
  multipart: { fileFields: ['file'], maxFiles: 1 },
  responses: {
    200: z.object({
      photos: z.int().describe('photos that the file names'),
      changed: z.int().describe('of these: whose numbers are others now'),
      bibs: z.int().describe('numbers on the photos that the file names'),
      problemCount: z.int(),
      problems: z
        .array(z.object({ line: z.int(), fileName: z.string(), reason: z.enum(bibProblems), text: z.string() }))
        .describe('the first 100'),
    }),
  },
  errors: ['event.not_found', 'request.invalid'],
  idempotent: true,
});
