import { noticeStream } from '#contracts/http/notices.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { Notices } from './service.ts';

export const noticesRoutes = ({ notices }: { notices: Notices }): BoundRoute[] => [
  bind(noticeStream, async ({ viewer, res }) => {
    notices.open(viewer.userId, res);
    return 'sent';
  }),
];
