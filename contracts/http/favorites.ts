import { z } from 'zod';
import { photoView } from './photos.ts';
import { isoTime, pageOf, pageQuery, route } from './route.ts';

const tag = 'Favorites';
const params = z.object({ photoId: z.uuid() });

export const listFavorites = route({
  method: 'get',
  path: '/api/favorites',
  summary: 'My favourites, newest first',
  tag,
  access: 'session',
  query: pageQuery.extend({ eventId: z.uuid().optional() }),
  responses: { 200: pageOf(z.object({ photoId: z.uuid(), addedAt: isoTime, photo: photoView })) },
});
export const addFavorite = route({
  method: 'put',
  path: '/api/favorites/:photoId',
  summary: 'Remember a photo; again changes nothing',
  tag,
  access: 'session',
  params,
  idempotent: true,
  responses: { 204: null },
  errors: ['photo.not_found'],
});
export const removeFavorite = route({
  method: 'delete',
  path: '/api/favorites/:photoId',
  summary: 'Forget a photo; again changes nothing',
  tag,
  access: 'session',
  params,
  idempotent: true,
  responses: { 204: null },
});
