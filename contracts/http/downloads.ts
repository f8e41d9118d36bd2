import { z } from 'zod';
import { idParams, isoTime, orderTokenQuery, route } from './route.ts';

export const downloadLinks = z.object({
  orderId: z.uuid(),
  orderNumber: z.string(),
  items: z.array(
    z.object({
      photoId: z.uuid(),
      url: z.string().nullable().describe('null: the original has not arrived yet'),
      fileName: z.string(),
      bytes: z.int().nullable(),
      contentType: z.string().nullable(),
      downloadsLeft: z.int(),
    }),
  ),
  zipUrl: z.string().nullable(),
  zipFileName: z.string(),
  totalBytes: z.int(),
  expiresAt: isoTime,
});
export type DownloadLinks = z.infer<typeof downloadLinks>;
const tokenParams = z.object({ token: z.string().min(10).max(1000) });

export const getOriginal = route({
  method: 'get',
  path: '/api/photos/:id/original',
  summary: 'The original, for who bought it: by session, or with the token of the order’s link',
  tag: 'photos',
  access: 'public',
  params: idParams,
  query: orderTokenQuery,
  responses: { 200: 'image/jpeg', 206: 'image/jpeg' },
  errors: ['photo.not_found', 'photo.not_purchased', 'photo.not_ready', 'download.limit'],
});
export const getCleanPhoto = route({
  method: 'get',
  path: '/api/photos/:id/clean',
  summary: 'The picture without watermark to look at (1920x1080), for who bought it; does not count as a download',
  tag: 'photos',
  access: 'public',
  params: idParams,
  query: orderTokenQuery,
  responses: { 200: 'image/jpeg' },
  errors: ['photo.not_found', 'photo.not_purchased', 'photo.not_ready'],
  rateLimit: 'none',
});
export const listBoughtPhotos = route({
  method: 'get',
  path: '/api/account/photos',
  summary:
    'Which photos are mine, bought and not refunded, with the order of each; of one event, or all. Last bought first',
  tag: 'downloads',
  access: 'session',
  query: z.object({ eventId: z.uuid().optional() }),
  responses: {
    200: z.object({
      items: z.array(z.object({ photoId: z.uuid(), orderId: z.uuid(), eventId: z.uuid() })).describe('at most 2,000'),
    }),
  },
});
export const getOrderDownload = route({
  method: 'get',
  path: '/api/orders/:id/download',
  summary: 'Signed, expiring links to the originals, one by one and as ZIP',
  tag: 'orders',
  access: 'public',
  params: idParams,
  query: orderTokenQuery,
  responses: { 200: downloadLinks },
  errors: ['order.not_found', 'order.not_paid'],
});
export const redownloadOrder = route({
  method: 'post',
  path: '/api/orders/:id/redownload',
  summary: 'New links, and the counters start again; the link is e-mailed to the buyer',
  tag: 'orders',
  access: 'public',
  params: idParams,
  query: orderTokenQuery,
  responses: { 200: downloadLinks },
  errors: ['order.not_found', 'order.not_paid'],
  idempotent: true,
});
export const downloadOne = route({
  method: 'get',
  path: '/api/downloads/:token',
  summary: 'One original; byte ranges resume',
  tag: 'downloads',
  access: 'public',
  params: tokenParams,
  responses: { 200: 'image/jpeg', 206: 'image/jpeg' },
  errors: ['resource.not_found', 'download.expired', 'download.limit', 'photo.not_ready'],
  rateLimit: 'none',
});
export const downloadZip = route({
  method: 'get',
  path: '/api/downloads/:token/zip',
  summary: 'All originals of the order as one ZIP; its length is known, byte ranges take up a cut download',
  tag: 'downloads',
  access: 'public',
  params: tokenParams,
  responses: { 200: 'application/zip', 206: 'application/zip' },
  errors: ['resource.not_found', 'download.expired', 'download.limit'],
  rateLimit: 'none',
});
