import { z } from 'zod';
import { eventView } from './events.ts';
import { photoView } from './photos.ts';
import { pageOf, pageQuery, route, taxId } from './route.ts';

const tag = 'Photographers';

export const publicPhotographer = z.object({
  id: z.uuid(),
  slug: z.string(),
  displayName: z.string(),
  bio: z.string().nullable(),
  portfolioUrl: z.string().nullable(),
  photos: z
    .array(photoView)
    .describe(
      'approved photos of open events: those the photographer chose, in that order; without a choice the latest',
    ),
  events: z.array(eventView),
});
export const getPhotographer = route({
  method: 'get',
  path: '/api/photographers/:slug',
  summary: 'Portfolio of a photographer who made it public',
  tag,
  access: 'public',
  params: z.object({ slug: z.string().min(1).max(64) }),
  responses: { 200: publicPhotographer },
  errors: ['resource.not_found'],
});

export const photographerProfile = z.object({
  id: z.uuid(),
  slug: z.string(),
  displayName: z.string(),
  bio: z.string().nullable(),
  portfolioUrl: z.string().nullable(),
  isPublic: z.boolean(),
  taxId: z.string().nullable(),
  isJuristic: z.boolean(),
});
export type PhotographerProfile = z.output<typeof photographerProfile>;
export const getPhotographerProfile = route({
  method: 'get',
  path: '/api/photographer/profile',
  summary: 'My profile as a photographer',
  tag,
  access: ['photographer'],
  responses: { 200: photographerProfile },
});
export const photographerProfileChange = z.object({
  displayName: z.string().trim().min(1).max(120).optional(),
  slug: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{1,62}$/)
    .optional(),
  bio: z.string().trim().max(2_000).nullable().optional(),
  portfolioUrl: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .nullable()
    .optional(),
  isPublic: z.boolean().optional(),
  taxId: taxId.nullable().optional(),
  isJuristic: z.boolean().optional(),
});
export const updatePhotographerProfile = route({
  method: 'put',
  path: '/api/photographer/profile',
  summary: 'Change my profile; absent fields stay',
  tag,
  access: ['photographer'],
  body: photographerProfileChange,
  responses: { 200: photographerProfile },
  errors: ['resource.conflict'],
});

/** As many as a portfolio page shows. */
export const PORTFOLIO_PHOTOS = 60;

export const portfolioChoice = z.object({ items: z.array(photoView) });
export const getPortfolioChoice = route({
  method: 'get',
  path: '/api/photographer/portfolio',
  summary: 'Photos that I chose for my portfolio page and that may be shown, in my order; empty: the latest are shown',
  tag,
  access: ['photographer'],
  responses: { 200: portfolioChoice },
});
export const setPortfolioChoice = route({
  method: 'put',
  path: '/api/photographer/portfolio',
  summary: 'Choose the photos of my portfolio page and their order; an empty list goes back to the latest',
  tag,
  access: ['photographer'],
  body: z.object({
    photoIds: z
      .array(z.uuid())
      .max(PORTFOLIO_PHOTOS)
      .refine((ids) => new Set(ids).size === ids.length, 'a photo twice'),
  }),
  responses: { 200: portfolioChoice },
  errors: ['photo.not_found'],
});
export const listPortfolioCandidates = route({
  method: 'get',
  path: '/api/photographer/portfolio/candidates',
  summary: 'My photos that a portfolio page may show: approved, of public events open to everybody; newest first',
  tag,
  access: ['photographer'],
  query: pageQuery,
  responses: { 200: pageOf(photoView) },
});

export const photographerSummary = z.object({
  uploaded: z.int(),
  processing: z.int(),
  pending: z.int(),
  approved: z.int(),
  rejected: z.int(),
  failed: z.int(),
  sold: z.int(),
});
export const getPhotographerPhotos = route({
  method: 'get',
  path: '/api/photographer/photos',
  summary: 'How many of my photos are in which state, and sold',
  tag,
  access: ['photographer'],
  query: z.object({ eventId: z.uuid().optional() }),
  responses: { 200: photographerSummary },
});
export const listPhotographerEvents = route({
  method: 'get',
  path: '/api/photographer/events',
  summary: 'Events that I photograph',
  tag,
  access: ['photographer'],
  query: pageQuery,
  responses: { 200: pageOf(eventView) },
});
