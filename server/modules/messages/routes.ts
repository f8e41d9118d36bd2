import * as contract from '#contracts/http/messages.ts';
import { type BoundRoute, bind } from '#server/http/bind.ts';
import type { Messages } from './service.ts';

export const messagesRoutes = ({ messages }: { messages: Messages }): BoundRoute[] => [
  bind(contract.listMessages, async ({ query }) => ({ status: 200, body: await messages.list(query) })),
  bind(contract.listEmailTemplates, async () => ({ status: 200, body: { items: await messages.listTemplates() } })),
  bind(contract.putEmailTemplate, async ({ params, body, viewer }) => ({
    status: 200,
    body: await messages.setTemplate(viewer.userId, params.key, params.language, body),
  })),
  bind(contract.resetEmailTemplate, async ({ params, viewer }) => ({
    status: 200,
    body: await messages.resetTemplate(viewer.userId, params.key, params.language),
  })),
  bind(contract.previewEmailTemplate, async ({ params, body }) => ({
    status: 200,
    body: messages.preview(params.key, params.language, body),
  })),
];
