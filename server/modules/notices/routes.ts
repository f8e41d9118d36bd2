import * as contract from '#contracts/http/notices.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { ChannelsService } from './channels.ts';
import type { Inbox } from './inbox.ts';
import type { Notices } from './service.ts';

interface Deps {
  notices: Notices;
  channels: ChannelsService;
  inbox: Inbox;
}
export const noticesRoutes = ({ notices, channels, inbox }: Deps): BoundRoute[] => [
  bind(contract.listNotices, async ({ viewer, query }) => ({ status: 200, body: await inbox.list(viewer, query) })),
  bind(contract.readNotices, async ({ viewer, body }) => ({ status: 200, body: await inbox.read(viewer, body.ids) })),
  bind(contract.noticeStream, async ({ viewer, req, res }) => {
    notices.open(viewer.userId, req, res);
    return 'sent';
  }),
  bind(contract.getPush, async ({ viewer }) => ({ status: 200, body: await channels.push(viewer) })),
  bind(contract.subscribePush, async ({ viewer, body, req }) => ({
    status: 201,
    body: await channels.subscribe(viewer, body, req.get('user-agent')),
  })),
  bind(contract.unsubscribePush, async ({ viewer, body }) => {
    await channels.unsubscribe(viewer, body);
    return { status: 204, body: null };
  }),
  bind(contract.getNoticePreferences, async ({ viewer }) => ({
    status: 200,
    body: await channels.preferences(viewer),
  })),
  bind(contract.putNoticePreferences, async ({ viewer, body }) => ({
    status: 200,
    body: await channels.setPreferences(viewer, body.items),
  })),
  bind(contract.readUnsubscribe, async ({ query }) => ({
    status: 200,
    body: await channels.unsubscribeLink(query.token, false),
  })),
  bind(contract.unsubscribeEmail, async ({ query }) => ({
    status: 200,
    body: await channels.unsubscribeLink(query.token, true),
  })),
  bind(contract.getLine, async ({ viewer }) => ({ status: 200, body: await channels.line(viewer) })),
  bind(contract.linkLine, async ({ viewer }) => ({ status: 201, body: await channels.lineCode(viewer) })),
  bind(contract.unlinkLine, async ({ viewer }) => {
    await channels.unlinkLine(viewer);
    return { status: 204, body: null };
  }),
  bind(contract.lineWebhook, async ({ body, req }) => {
    await channels.lineEvents(req.rawBody ?? Buffer.alloc(0), req.get('x-line-signature') ?? '', body.events);
    return { status: 200, body: {} };
  }),
];
