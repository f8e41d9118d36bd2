import * as contract from '#contracts/http/admin.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { Admin } from './service.ts';

export const adminRoutes = ({ admin }: { admin: Admin }): BoundRoute[] => [
  bind(contract.dashboard, async () => ({ status: 200, body: await admin.dashboard() })),
  bind(contract.statistics, async ({ query }) => ({ status: 200, body: await admin.statistics(query) })),
  bind(contract.listLogs, async ({ query }) => ({ status: 200, body: await admin.logs(query) })),
  bind(contract.getQueues, async () => ({ status: 200, body: await admin.queues() })),
  bind(contract.retryJob, async ({ viewer, params }) => {
    await admin.retryJob(viewer.userId, params.queue, params.id);
    return { status: 202, body: { status: 'queued' as const } };
  }),
  bind(contract.retryAllJobs, async ({ viewer, params }) => ({
    status: 202,
    body: { retried: await admin.retryAllJobs(viewer.userId, params.queue) },
  })),
  bind(contract.discardJob, async ({ viewer, params }) => {
    await admin.discardJob(viewer.userId, params.queue, params.id);
    return { status: 204, body: null };
  }),
  bind(contract.retryPhoto, async ({ viewer, params }) => {
    await admin.retryPhoto(viewer.userId, params.id);
    return { status: 202, body: { status: 'queued' as const } };
  }),
];
