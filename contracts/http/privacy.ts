import { z } from 'zod';
import { consentPurposes } from '../consents.ts';
import { locales } from './auth.ts';
import { idParams, isoTime, pageOf, pageQuery, route } from './route.ts';

const tag = 'Privacy';

export const consentView = z.object({
  id: z.uuid(),
  purpose: z.enum(consentPurposes),
  eventId: z.uuid().nullable(),
  textVersion: z.string(),
  language: z.enum(locales),
  byGuardian: z.boolean(),
  isLive: z.boolean().describe('granted, not withdrawn, not lapsed'),
  grantedAt: isoTime,
  withdrawnAt: isoTime.nullable(),
  expiresAt: isoTime.nullable(),
});
export type ConsentView = z.output<typeof consentView>;

export const getConsentText = route({
  method: 'get',
  path: '/api/consents/text',
  summary: 'The words that one agrees to',
  tag,
  access: 'public',
  query: z.object({
    purpose: z.enum(consentPurposes).default('face_search'),
    language: z.enum(locales).default('th'),
  }),
  responses: {
    200: z.object({
      purpose: z.enum(consentPurposes),
      language: z.enum(locales),
      version: z.string(),
      sentences: z.array(z.string()),
      hash: z.string().describe('SHA-256, hex, of what is agreed to'),
    }),
  },
});

export const grantConsent = route({
  method: 'post',
  path: '/api/consents',
  summary: 'Agree to a purpose; the id is what a face search asks for',
  tag,
  access: 'session',
  idempotent: true,
  body: z.object({
    purpose: z.enum(consentPurposes).default('face_search'),
    eventId: z.uuid().nullish(),
    textVersion: z.string().max(20).optional().describe('default: the current one; another one is refused'),
    language: z.enum(locales).optional(),
    byGuardian: z.boolean().default(false).describe('a parent or guardian agrees for a child'),
    method: z.enum(['switch', 'button', 'api']).default('switch'),
    granted: z.literal(true).default(true),
  }),
  responses: { 201: consentView },
  errors: ['event.not_found', 'resource.conflict'],
});

export const listConsents = route({
  method: 'get',
  path: '/api/consents',
  summary: 'What I agreed to',
  tag,
  access: 'session',
  query: pageQuery,
  responses: { 200: pageOf(consentView) },
});

export const withdrawConsent = route({
  method: 'post',
  path: '/api/consents/:id/withdraw',
  summary: 'Take a consent back: descriptors and results of the searches under it are deleted at once',
  tag,
  access: 'session',
  params: idParams,
  idempotent: true,
  responses: { 200: consentView },
  errors: ['consent.not_found'],
});

export const withdrawEventConsents = route({
  method: 'post',
  path: '/api/consents/withdraw',
  summary: 'Take back every consent to be searched at one event; needs no id, so it can be said without signal',
  tag,
  access: 'session',
  idempotent: true,
  body: z.object({ eventId: z.uuid() }),
  responses: { 200: z.object({ withdrawn: z.int() }) },
});

export const privacyRequestKinds = ['access', 'export', 'rectification', 'erasure', 'objection', 'hide'] as const;
export const privacyRequestStatuses = ['received', 'in_progress', 'completed', 'rejected'] as const;

export const privacyRequestView = z.object({
  id: z.uuid(),
  kind: z.enum(privacyRequestKinds),
  status: z.enum(privacyRequestStatuses),
  details: z.string().nullable(),
  decision: z.string().nullable(),
  dueAt: isoTime,
  completedAt: isoTime.nullable(),
  createdAt: isoTime,
});

export const createPrivacyRequest = route({
  method: 'post',
  path: '/api/privacy/requests',
  summary: 'Ask for access, correction, erasure, or to be hidden at an event (`hide` with eventId)',
  tag,
  access: 'session',
  idempotent: true,
  rateLimit: 'auth',
  body: z.object({
    kind: z.enum(privacyRequestKinds),
    details: z.string().trim().max(4000).optional(),
    email: z.string().trim().toLowerCase().max(254).pipe(z.email()).optional().describe('where to answer a guest'),
    eventId: z.uuid().optional().describe('hide: the event'),
  }),
  responses: { 201: privacyRequestView },
  errors: ['event.not_found'],
});

export const listPrivacyRequests = route({
  method: 'get',
  path: '/api/privacy/requests',
  summary: 'My requests',
  tag,
  access: 'session',
  query: pageQuery,
  responses: { 200: pageOf(privacyRequestView) },
});

export const exportMyData = route({
  method: 'get',
  path: '/api/privacy/export',
  summary: 'Everything we hold on me, now',
  tag,
  access: 'session',
  rateLimit: 'auth',
  responses: { 200: z.record(z.string(), z.unknown()) },
});

export const exportMyArchive = route({
  method: 'get',
  path: '/api/privacy/export.zip',
  summary: 'The same as a ZIP: `data.json`, and each list as a CSV that a spreadsheet opens',
  tag,
  access: 'session',
  rateLimit: 'auth',
  responses: { 200: 'application/zip' },
});

export const adminPrivacyRequestView = privacyRequestView.extend({
  userId: z.uuid().nullable(),
  email: z.string().nullable(),
  userName: z.string().nullable(),
  isOverdue: z.boolean(),
});

export const adminListPrivacyRequests = route({
  method: 'get',
  path: '/api/admin/privacy-requests',
  summary: 'Privacy requests; the open ones first when asked for',
  tag,
  access: ['admin'],
  query: pageQuery.extend({ status: z.enum(privacyRequestStatuses).optional() }),
  responses: { 200: pageOf(adminPrivacyRequestView) },
});

export const adminDecidePrivacyRequest = route({
  method: 'put',
  path: '/api/admin/privacy-requests/:id',
  summary: 'Take up, complete or reject a request; completing an erasure erases the person',
  tag,
  access: ['admin'],
  params: idParams,
  idempotent: true,
  body: z.object({
    status: z.enum(['in_progress', 'completed', 'rejected']),
    decision: z.string().trim().max(4000).optional(),
  }),
  responses: { 200: adminPrivacyRequestView },
  errors: ['resource.not_found', 'resource.conflict', 'user.last_admin'],
});
