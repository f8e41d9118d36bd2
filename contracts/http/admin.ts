import { z } from 'zod';
import { queueNames } from '../jobs.ts';
import { settingKeys } from '../settings.ts';
import { roles, userView } from './auth.ts';
import { idParams, isoTime, pageOf, pageQuery, route, satang } from './route.ts';

const tag = 'Admin';
const access = ['admin'] as const;
const count = z.int().min(0);

export const dashboardView = z.object({
  date: z.iso.date().describe('today in Bangkok'),
  today: z.object({
    salesSatang: satang,
    orders: count.describe('paid today'),
    photosUploaded: count,
    photosPending: count.describe('waiting for approval now'),
    searches: count,
  }),
  salesByHour: z.array(z.object({ hour: z.int().min(0).max(23), salesSatang: satang, orders: count })).length(24),
  waiting: z.object({
    approvals: count,
    refunds: count,
    paymentReviews: count,
    privacyRequests: count,
    deadLetters: count,
  }),
});

export const dashboard = route({
  method: 'get',
  path: '/api/admin/dashboard',
  summary: 'Today in five numbers, sales by hour, and what waits for somebody',
  tag,
  access,
  responses: { 200: dashboardView },
});

const dayFigures = {
  salesSatang: satang,
  orders: count,
  photos: count,
  faces: count,
  searches: count,
  users: count.describe('accounts made'),
};
export const statistics = route({
  method: 'get',
  path: '/api/admin/statistics',
  summary: 'Figures per day (Bangkok), both ends included; default: the last 30 days',
  tag,
  access,
  query: z.object({ from: z.iso.date().optional(), to: z.iso.date().optional() }),
  responses: {
    200: z.object({
      from: z.iso.date(),
      to: z.iso.date(),
      days: z.array(z.object({ date: z.iso.date(), ...dayFigures })),
      totals: z.object({
        ...dayFigures,
        searchers: count.describe('people who searched'),
        buyers: count.describe('of those, how many paid within the range'),
        conversion: z.number().min(0).max(1).nullable().describe('buyers / searchers'),
      }),
    }),
  },
});

export const adminUserView = userView.extend({
  banned: z.boolean(),
  createdAt: isoTime,
  lastSeenAt: isoTime.nullable(),
  paidOrders: count,
});

export const listUsers = route({
  method: 'get',
  path: '/api/admin/users',
  summary: 'Accounts, newest first',
  tag,
  access,
  query: pageQuery.extend({ role: z.enum(roles).optional(), q: z.string().trim().max(100).optional() }),
  responses: { 200: pageOf(adminUserView) },
});

export const setUserRole = route({
  method: 'put',
  path: '/api/admin/users/:id/role',
  summary: 'Give somebody a role; their sessions end',
  tag,
  access,
  params: idParams,
  idempotent: true,
  body: z.object({ role: z.enum(roles) }),
  responses: { 200: adminUserView },
  errors: ['resource.not_found', 'user.last_admin'],
});

export const setUserBan = route({
  method: 'put',
  path: '/api/admin/users/:id/ban',
  summary: 'Shut somebody out, or let them in again',
  tag,
  access,
  params: idParams,
  idempotent: true,
  body: z.object({ banned: z.boolean(), reason: z.string().trim().max(500).optional() }),
  responses: { 200: adminUserView },
  errors: ['resource.not_found', 'user.last_admin'],
});

export const logView = z.object({
  id: z.string(),
  action: z.string(),
  actorId: z.uuid().nullable(),
  actorName: z.string().nullable(),
  subjectKind: z.string().nullable(),
  subjectId: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
  requestId: z.string().nullable(),
  createdAt: isoTime,
});

export const listLogs = route({
  method: 'get',
  path: '/api/admin/logs',
  summary: 'The audit trail',
  tag,
  access,
  query: pageQuery.extend({
    action: z.string().max(100).optional().describe('begins with'),
    actorId: z.uuid().optional(),
    subjectKind: z.string().max(50).optional(),
    subjectId: z.string().max(100).optional(),
    from: isoTime.optional(),
    to: isoTime.optional(),
  }),
  responses: { 200: pageOf(logView) },
});

const settingView = z.object({
  key: z.enum(settingKeys),
  value: z.record(z.string(), z.unknown()).describe('see contracts/settings.ts'),
  version: z.int().describe('0 while everything is at its default'),
  updatedAt: isoTime.nullable(),
});
export const getSettings = route({
  method: 'get',
  path: '/api/admin/settings',
  summary: 'All settings',
  tag,
  access,
  responses: { 200: z.object({ items: z.array(settingView) }) },
});

export const putSettings = route({
  method: 'put',
  path: '/api/admin/settings',
  summary: 'Change settings, all or none; `version` refuses when somebody else was faster',
  tag,
  access,
  idempotent: true,
  body: z.object({
    items: z
      .array(
        z.object({
          key: z.enum(settingKeys),
          value: z.record(z.string(), z.unknown()),
          version: z.int().min(0).optional(),
        }),
      )
      .min(1)
      .max(50),
  }),
  responses: { 200: z.object({ items: z.array(settingView) }) },
  errors: ['settings.invalid', 'resource.conflict'],
});

const deadLetter = z.object({
  id: z.string(),
  name: z.string(),
  reason: z.string(),
  attempts: count,
  failedAt: isoTime.nullable(),
});
export const getQueues = route({
  method: 'get',
  path: '/api/admin/queues',
  summary: 'Background work: how much waits and runs, and the dead letters',
  tag,
  access,
  responses: {
    200: z.object({
      queues: z.array(
        z.object({
          name: z.enum(queueNames),
          counts: z.record(z.string(), z.int()),
          deadLetters: z.array(deadLetter),
        }),
      ),
      outboxWaiting: count,
      photosGivenUp: z
        .array(
          z.object({
            photoId: z.uuid(),
            eventId: z.uuid(),
            fileName: z.string(),
            eventName: z.string(),
            givenUpAt: isoTime,
          }),
        )
        .describe('photos that ended too many runs without a word; at most 100'),
    }),
  },
});

export const retryJob = route({
  method: 'post',
  path: '/api/admin/queues/:queue/jobs/:id/retry',
  summary: 'Give a dead letter another three attempts',
  tag,
  access,
  params: z.object({ queue: z.enum(queueNames), id: z.string().min(1).max(200) }),
  responses: { 202: z.object({ status: z.literal('queued') }) },
  errors: ['resource.not_found'],
});

export const retryAllJobs = route({
  method: 'post',
  path: '/api/admin/queues/:queue/retry',
  summary: 'Give every dead letter of a queue another three attempts',
  tag,
  access,
  params: z.object({ queue: z.enum(queueNames) }),
  responses: { 202: z.object({ retried: count }) },
});

export const discardJob = route({
  method: 'delete',
  path: '/api/admin/queues/:queue/jobs/:id',
  summary: 'Forget a dead letter',
  tag,
  access,
  params: z.object({ queue: z.enum(queueNames), id: z.string().min(1).max(200) }),
  responses: { 204: null },
  errors: ['resource.not_found'],
});

export const retryPhoto = route({
  method: 'post',
  path: '/api/admin/photos/:id/retry',
  summary: 'Index a photo again that was given up or could not be read',
  tag,
  access,
  params: idParams,
  responses: { 202: z.object({ status: z.literal('queued') }) },
  errors: ['photo.not_found', 'resource.conflict'],
});
