import { z } from 'zod';
import { idParams, pageOf, route, satang } from './route.ts';

const name = z.string().trim().min(1).max(120);
const price = satang.min(0).max(100_000_000);
export const packageKind = z.enum(['single', 'bundle', 'unlimited']);

export const packageView = z.object({
  id: z.uuid(),
  kind: packageKind,
  nameTh: z.string(),
  nameEn: z.string(),
  photoCount: z.int().nullable().describe('1 for single, null for unlimited'),
  priceSatang: satang.describe('what it costs here: the event’s own price where there is one'),
  listPriceSatang: satang.describe('the price of the package itself'),
  isGlobal: z.boolean().describe('offered at every event that does not switch it off'),
  isActive: z.boolean(),
  sortOrder: z.int(),
  eventId: z.uuid().nullable().describe('the event this offer is for; null in the global list'),
});
export type PackageView = z.infer<typeof packageView>;

const packageFields = z.object({
  kind: packageKind,
  nameTh: name,
  nameEn: name,
  photoCount: z.int().min(1).max(1000).nullish(),
  priceSatang: price,
  isActive: z.boolean().optional(),
  sortOrder: z.int().min(0).max(10_000).optional(),
});
const countFits = (body: { kind: string; photoCount?: number | null | undefined }) =>
  body.kind === 'bundle'
    ? (body.photoCount ?? 0) >= 2
    : body.kind === 'single'
      ? (body.photoCount ?? 1) === 1
      : !body.photoCount;
const countMessage = { path: ['photoCount'], message: 'a bundle needs 2 or more, single 1, unlimited none' };

export const listPackages = route({
  method: 'get',
  path: '/api/packages',
  summary: 'Packages offered at every event; an admin may ask for all, inactive ones too',
  tag: 'packages',
  access: 'public',
  query: z.object({ all: z.enum(['true', 'false']).optional() }),
  responses: { 200: pageOf(packageView) },
});
export const createPackage = route({
  method: 'post',
  path: '/api/packages',
  summary: 'Make a package for every event',
  tag: 'packages',
  access: ['admin'],
  body: packageFields.refine(countFits, countMessage),
  responses: { 201: packageView },
  idempotent: true,
});
export const updatePackage = route({
  method: 'put',
  path: '/api/packages/:id',
  summary: 'Change a package; orders placed before keep what they were',
  tag: 'packages',
  access: ['admin'],
  params: idParams,
  body: packageFields.partial(),
  responses: { 200: packageView },
  errors: ['package.not_found'],
});
export const deletePackage = route({
  method: 'delete',
  path: '/api/packages/:id',
  summary: 'Remove a package that was never sold',
  tag: 'packages',
  access: ['admin'],
  params: idParams,
  responses: { 204: null },
  errors: ['package.not_found', 'package.in_use'],
});
export const listEventPackages = route({
  method: 'get',
  path: '/api/events/:id/packages',
  summary: 'What this event offers, at its own prices; feed it to quote()',
  tag: 'packages',
  access: 'public',
  params: z.object({ id: z.string().min(1).max(80) }),
  query: z.object({ all: z.enum(['true', 'false']).optional() }),
  responses: { 200: pageOf(packageView) },
  errors: ['event.not_found'],
});
export const setEventPackage = route({
  method: 'post',
  path: '/api/events/:id/packages',
  summary: 'Offer a package at this event: an existing one (own price, switched off) or one made for it',
  tag: 'packages',
  access: ['admin'],
  params: idParams,
  body: z.union([
    z.object({
      packageId: z.uuid(),
      priceSatang: price.nullish().describe('null: the package’s own price'),
      isActive: z.boolean().optional(),
      sortOrder: z.int().min(0).max(10_000).optional(),
    }),
    packageFields.refine(countFits, countMessage),
  ]),
  responses: { 201: packageView },
  errors: ['event.not_found', 'package.not_found'],
  idempotent: true,
});
