import { z } from 'zod';
import { idParams, isoTime, pageOf, pageQuery, route, satang } from './route.ts';

export const eventStatuses = ['planning', 'published', 'live', 'ended', 'archived', 'cancelled'] as const;
export const eventCategories = [
  'running',
  'cycling',
  'concert',
  'festival',
  'wedding',
  'corporate',
  'school',
  'other',
] as const;
export const accessModes = ['open', 'find_me', 'code'] as const;
export const revenueTypes = ['standard', 'premium', 'platform', 'charity', 'corporate'] as const;
export const staffRoles = ['photographer', 'organizer'] as const;
export type EventStatus = (typeof eventStatuses)[number];
export type AccessMode = (typeof accessModes)[number];

/** The organiser's statement that people at the event were told and on which ground faces are indexed (PDPA section 26). */
export const faceNotice = z.object({
  legalBasis: z.string().trim().min(1).max(500),
  noticeShown: z.literal(true),
  attestedBy: z.string().trim().min(1).max(200),
  attestedAt: isoTime.optional(),
});

/** null: no upper bound. */
const ownPrices = z
  .object({ isAllowed: z.boolean(), minSatang: satang.min(0), maxSatang: satang.min(0).nullable() })
  .refine((own) => own.maxSatang === null || own.maxSatang >= own.minSatang, {
    path: ['maxSatang'],
    message: 'below the least',
  });

/** What everybody sees of an event; `manage` is there for its staff and admins only. */
export const eventView = z.object({
  id: z.uuid(),
  slug: z.string(),
  name: z.string(),
  nameEn: z.string().nullable(),
  description: z.string().nullable(),
  category: z.enum(eventCategories),
  status: z.enum(eventStatuses),
  accessMode: z.enum(accessModes),
  isLocked: z.boolean().describe('true: photos open after POST /api/events/{id}/unlock'),
  faceSearchEnabled: z.boolean(),
  isSalesOpen: z.boolean(),
  location: z.string().nullable(),
  venue: z.string().nullable(),
  timeZone: z.string(),
  startsAt: isoTime,
  endsAt: isoTime,
  coverUrl: z.string().nullable(),
  photoCount: z.int().describe('approved photos; may be a minute old'),
  revision: z.int(),
  manage: z
    .object({
      revenueType: z.enum(revenueTypes),
      hasMinors: z.boolean(),
      autoApprove: z.boolean(),
      watermarkMode: z.enum(['corner', 'tiled']),
      hasAccessCode: z.boolean(),
      faceNotice: faceNotice.nullable(),
      salesEnabled: z.boolean(),
      salesStartAt: isoTime.nullable(),
      salesEndAt: isoTime.nullable(),
      retentionDays: z.int(),
      organizerId: z.uuid().nullable(),
      coverPhotoId: z.uuid().nullable(),
      ownPrices,
      nextStatuses: z.array(z.enum(eventStatuses)),
      createdAt: isoTime,
      updatedAt: isoTime,
    })
    .optional(),
});
export type EventView = z.output<typeof eventView>;

const time = isoTime.or(z.iso.date());
const text = (max: number) => z.string().trim().max(max);
const slug = z.string().regex(/^[a-z0-9][a-z0-9-]{1,78}$/, 'small letters, digits and hyphens, 2 to 79');

const eventFields = z.object({
  name: text(200).min(1),
  nameEn: text(200).nullable().optional(),
  slug: slug.optional().describe('made from the name when absent'),
  description: text(10_000).nullable().optional(),
  category: z.enum(eventCategories).optional(),
  revenueType: z.enum(revenueTypes).optional(),
  accessMode: z.enum(accessModes).optional(),
  accessCode: z.string().trim().min(4).max(64).nullable().optional().describe('needed for the mode `code`'),
  faceSearchEnabled: z.boolean().optional().describe('needs `faceNotice`'),
  faceNotice: faceNotice.nullable().optional(),
  hasMinors: z.boolean().optional().describe('true keeps face search off'),
  autoApprove: z.boolean().optional(),
  watermarkMode: z.enum(['corner', 'tiled']).optional(),
  location: text(300).nullable().optional(),
  venue: text(300).nullable().optional(),
  timeZone: text(64).min(1).optional(),
  startsAt: time.optional(),
  endsAt: time.optional().describe('the end of the first day when absent'),
  date: z.iso.date().optional().describe('short for startsAt and endsAt of a one-day event, in its time zone'),
  salesEnabled: z.boolean().optional(),
  salesStartAt: isoTime.nullable().optional(),
  salesEndAt: isoTime.nullable().optional(),
  retentionDays: z.int().min(1).max(3650).optional(),
  organizerId: z.uuid().nullable().optional(),
  coverPhotoId: z.uuid().nullable().optional(),
  ownPrices: ownPrices
    .optional()
    .describe('whether photographers set the prices of own photos, and between which bounds'),
});
export const eventInput = eventFields.extend({
  status: z.enum(['planning', 'published', 'live']).optional().describe('planning when absent'),
});
/** Every field may be left out; what is absent stays as it is. */
export const eventChange = eventFields.partial();
export type EventInput = z.output<typeof eventInput>;
export type EventChange = z.output<typeof eventChange>;

/** An id or the short address. */
const idOrSlug = z.object({ id: z.string().min(1).max(80) });
const tag = 'Events';

export const listEvents = route({
  method: 'get',
  path: '/api/events',
  summary: 'Events that are published, live or ended; newest first. Admins may ask for every status with `all`.',
  tag,
  access: 'public',
  query: pageQuery.extend({
    q: text(100).optional().describe('in name, place or description'),
    category: z.enum(eventCategories).optional(),
    when: z.enum(['upcoming', 'past']).optional(),
    status: z.enum(eventStatuses).optional(),
    all: z.enum(['1', 'true']).optional().describe('admins: every status; else the events one is staff of, too'),
  }),
  responses: { 200: pageOf(eventView) },
});

export const getEvent = route({
  method: 'get',
  path: '/api/events/:id',
  summary: 'One event by id or short address',
  tag,
  access: 'public',
  params: idOrSlug,
  responses: { 200: eventView },
  errors: ['event.not_found'],
});

export const getEventCover = route({
  method: 'get',
  path: '/api/events/:id/cover/:width',
  summary:
    'The cover of an event, watermarked, as WebP of that width; `photo` makes the address of another cover another one',
  tag,
  access: 'public',
  params: idParams.extend({ width: z.enum(['640', '960', '1280', '1920']) }),
  query: z.object({ photo: z.uuid().optional() }),
  responses: { 200: 'image/webp' },
  errors: ['event.not_found', 'photo.not_found'],
  rateLimit: 'none',
});

export const createEvent = route({
  method: 'post',
  path: '/api/events',
  summary: 'Create an event; name and startsAt (or date) are enough',
  tag,
  access: ['admin'],
  body: eventInput,
  responses: { 201: eventView },
  idempotent: true,
  errors: ['event.slug_taken', 'request.invalid'],
});

export const updateEvent = route({
  method: 'put',
  path: '/api/events/:id',
  summary: 'Change an event; absent fields stay',
  tag,
  access: ['admin'],
  params: idParams,
  body: eventChange,
  responses: { 200: eventView },
  idempotent: true,
  errors: ['event.not_found', 'event.slug_taken'],
});

export const deleteEvent = route({
  method: 'delete',
  path: '/api/events/:id',
  summary: 'Delete an event without sales',
  tag,
  access: ['admin'],
  params: idParams,
  responses: { 204: null },
  errors: ['event.not_found', 'event.has_sales'],
});

export const setEventStatus = route({
  method: 'put',
  path: '/api/events/:id/status',
  summary: 'Move an event to another status',
  tag,
  access: ['admin'],
  params: idParams,
  body: z.object({ status: z.enum(eventStatuses), reason: text(500).optional() }),
  responses: { 200: eventView },
  idempotent: true,
  errors: ['event.not_found', 'event.transition'],
});

export const eventStatistics = z.object({
  eventId: z.uuid(),
  photos: z.object({
    total: z.int(),
    uploaded: z.int(),
    pending: z.int(),
    approved: z.int(),
    rejected: z.int(),
    failed: z.int(),
  }),
  faces: z.int(),
  views: z.int(),
  searches: z.object({ total: z.int(), people: z.int(), found: z.int() }),
  favorites: z.int(),
  orders: z.object({ paid: z.int(), photosSold: z.int(), buyers: z.int() }),
  revenue: z.object({
    grossSatang: z.int(),
    refundedSatang: z.int(),
    platformSatang: z.int(),
    photographerSatang: z.int(),
    organizerSatang: z.int(),
  }),
  days: z.array(z.object({ day: z.iso.date(), photosSold: z.int(), grossSatang: z.int() })),
  photographers: z.array(
    z.object({ id: z.uuid(), displayName: z.string(), photos: z.int(), approved: z.int(), sold: z.int() }),
  ),
});

export const getEventStatistics = route({
  method: 'get',
  path: '/api/events/:id/statistics',
  summary: 'Numbers of one event: photos, faces, searches, sales (admins; organizers of the event)',
  tag,
  access: ['organizer'],
  params: idParams,
  responses: { 200: eventStatistics },
  errors: ['event.not_found'],
});

export const announcementAudiences = ['buyers', 'searchers', 'staff', 'page'] as const;
export const announcementView = z.object({
  id: z.uuid(),
  subjectTh: z.string(),
  subjectEn: z.string(),
  bodyTh: z.string(),
  bodyEn: z.string(),
  createdAt: isoTime,
});
export type AnnouncementView = z.output<typeof announcementView>;

export const listAnnouncements = route({
  method: 'get',
  path: '/api/events/:id/announcements',
  summary: 'Announcements that stand on the page of the event, newest first',
  tag,
  access: 'public',
  params: idParams,
  responses: { 200: z.object({ items: z.array(announcementView) }) },
  errors: ['event.not_found', 'event.access_code_required'],
});
const adminAnnouncement = announcementView.extend({
  audience: z.enum(announcementAudiences),
  recipientCount: z.int(),
  onPage: z.boolean(),
});
export const adminListAnnouncements = route({
  method: 'get',
  path: '/api/admin/events/:id/announcements',
  summary: 'What was announced at an event, to whom',
  tag,
  access: ['admin'],
  params: idParams,
  responses: { 200: z.object({ items: z.array(adminAnnouncement) }) },
  errors: ['event.not_found'],
});
export const adminShowAnnouncement = route({
  method: 'put',
  path: '/api/admin/announcements/:id',
  summary: 'Put an announcement on the page of its event, or take it off',
  tag,
  access: ['admin'],
  params: idParams,
  body: z.object({ onPage: z.boolean() }),
  responses: { 200: adminAnnouncement },
  errors: ['resource.not_found'],
});

export const announcementInput = z
  .object({
    subject: text(200).min(1).optional().describe('for both languages'),
    body: text(5_000).min(1).optional(),
    message: text(5_000).min(1).optional().describe('the same as body'),
    subjectTh: text(200).min(1).optional(),
    subjectEn: text(200).min(1).optional(),
    bodyTh: text(5_000).min(1).optional(),
    bodyEn: text(5_000).min(1).optional(),
    audience: z
      .enum(announcementAudiences)
      .default('buyers')
      .describe('who is told; `page`: nobody, it only stands on the event page'),
    onPage: z.boolean().default(false).describe('also shown on the page of the event'),
  })
  .refine((a) => a.body ?? a.message ?? a.bodyTh ?? a.bodyEn, { path: ['body'], message: 'say something' });

export const announceEvent = route({
  method: 'post',
  path: '/api/events/:id/announce',
  summary: 'Send an announcement to buyers, searchers or staff of an event',
  tag,
  access: ['admin'],
  params: idParams,
  body: announcementInput,
  responses: { 202: z.object({ id: z.uuid(), recipientCount: z.int() }) },
  idempotent: true,
  errors: ['event.not_found'],
});

const staffMember = z.object({
  userId: z.uuid(),
  name: z.string(),
  email: z.string(),
  role: z.enum(staffRoles),
  photographerId: z.uuid().nullable(),
});
export const getEventStaff = route({
  method: 'get',
  path: '/api/events/:id/staff',
  summary: 'Photographers and organizers of an event',
  tag,
  access: ['admin'],
  params: idParams,
  responses: { 200: z.object({ items: z.array(staffMember) }) },
  errors: ['event.not_found'],
});
export const setEventStaff = route({
  method: 'put',
  path: '/api/events/:id/staff',
  summary: 'Replace the staff of an event',
  tag,
  access: ['admin'],
  params: idParams,
  body: z.object({
    staff: z.array(z.object({ userId: z.uuid(), role: z.enum(staffRoles) })).max(500),
  }),
  responses: { 200: z.object({ items: z.array(staffMember) }) },
  idempotent: true,
  errors: ['event.not_found', 'resource.not_found'],
});

export const unlockEvent = route({
  method: 'post',
  path: '/api/events/:id/unlock',
  summary: 'Open an event by its access code; remembered in a cookie, or send the token as X-Event-Access',
  tag,
  access: 'public',
  params: idOrSlug,
  body: z.object({ code: z.string().min(1).max(64) }),
  responses: { 200: z.object({ token: z.string(), expiresAt: isoTime }) },
  errors: ['event.not_found', 'event.access_code_required'],
  rateLimit: 'auth',
});
