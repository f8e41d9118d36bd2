import { z } from 'zod';
import { idParams, isoTime, route } from './route.ts';

const tag = 'Shares';
const tokenParams = z.object({ token: z.string().regex(/^[\w-]{43}$/) });

export const photoShare = z.object({
  photoId: z.uuid(),
  /** The secret of the link: who has it sees the photo. */
  token: z.string(),
  path: z.string().describe('of the public page, /s/{token}'),
  createdAt: isoTime,
});
export type PhotoShare = z.output<typeof photoShare>;

export const sharePhoto = route({
  method: 'post',
  path: '/api/photos/:id/share',
  summary: 'Make a public page of a bought photo; again answers the same page',
  tag,
  access: 'session',
  params: idParams,
  responses: { 200: photoShare },
  errors: ['photo.not_found', 'photo.not_purchased'],
  idempotent: true,
  rateLimit: 'share',
});
export const unsharePhoto = route({
  method: 'delete',
  path: '/api/photos/:id/share',
  summary: 'Take my public page of a photo down for good; again changes nothing. A later page has another address',
  tag,
  access: 'session',
  params: idParams,
  responses: { 204: null },
  idempotent: true,
  rateLimit: 'share',
});
export const listShares = route({
  method: 'get',
  path: '/api/shares',
  summary: 'My public pages of photos, newest first',
  tag,
  access: 'session',
  responses: { 200: z.object({ items: z.array(photoShare) }) },
});

export const sharedPhoto = z.object({
  photoId: z.uuid(),
  width: z.int(),
  height: z.int(),
  pictureUrl: z.string(),
  placeholderColor: z.string().nullable(),
  takenAt: isoTime.nullable(),
  photographer: z.string(),
  event: z.object({
    slug: z.string(),
    name: z.string(),
    nameEn: z.string().nullable(),
    startsAt: isoTime,
    faceSearchEnabled: z.boolean(),
  }),
});
export type SharedPhoto = z.output<typeof sharedPhoto>;

export const getSharedPhoto = route({
  method: 'get',
  path: '/api/shares/:token',
  summary: 'What a public page shows. Gone once its owner, a refund or the photo’s withdrawal took it down',
  tag,
  access: 'public',
  params: tokenParams,
  responses: { 200: sharedPhoto },
  errors: ['resource.not_found'],
  rateLimit: 'share',
});
export const getSharedPicture = route({
  method: 'get',
  path: '/api/shares/:token/picture',
  summary: 'The picture of a public page: without watermark, for screens (at most 1280x1280)',
  tag,
  access: 'public',
  params: tokenParams,
  responses: { 200: 'image/jpeg' },
  errors: ['resource.not_found'],
  rateLimit: 'share',
});
