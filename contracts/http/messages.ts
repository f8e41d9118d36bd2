import { z } from 'zod';
import { locales } from './auth.ts';
import { isoTime, pageOf, pageQuery, route } from './route.ts';

const tag = 'Messages';
export const messageStatuses = ['queued', 'sent', 'failed'] as const;

export const messageView = z.object({
  id: z.uuid(),
  channel: z.enum(['email', 'push', 'line']),
  template: z.string(),
  recipient: z.string(),
  language: z.enum(locales),
  status: z.enum(messageStatuses),
  attempts: z.int(),
  error: z.string().nullable(),
  sentAt: isoTime.nullable(),
  createdAt: isoTime,
});

export const listMessages = route({
  method: 'get',
  path: '/api/admin/messages',
  summary: 'Every e-mail, push and LINE message with its delivery',
  tag,
  access: ['admin'],
  query: pageQuery.extend({
    status: z.enum(messageStatuses).optional(),
    template: z.string().max(100).optional(),
    channel: messageView.shape.channel.optional(),
  }),
  responses: { 200: pageOf(messageView) },
});

export const emailTemplateView = z.object({
  key: z.string(),
  language: z.enum(locales),
  subject: z.string(),
  body: z.string().describe('paragraphs parted by empty lines; a line `[label]({{link}})` is a button'),
  variables: z.array(z.string()).describe('what may stand between {{ }}'),
  isCustom: z.boolean(),
  version: z.int().describe('0 while it is the built-in text'),
  updatedAt: isoTime.nullable(),
});

export const listEmailTemplates = route({
  method: 'get',
  path: '/api/admin/email-templates',
  summary: 'E-mail texts in both languages',
  tag,
  access: ['admin'],
  responses: { 200: z.object({ items: z.array(emailTemplateView) }) },
});

const templateParams = z.object({ key: z.string().max(100), language: z.enum(locales) });
const templateText = z.object({
  subject: z.string().trim().min(1).max(200),
  body: z.string().trim().min(1).max(10_000),
});

export const putEmailTemplate = route({
  method: 'put',
  path: '/api/admin/email-templates/:key/:language',
  summary: 'Replace the text of an e-mail',
  tag,
  access: ['admin'],
  params: templateParams,
  body: templateText.extend({ version: z.int().min(0).optional().describe('refuse if another one is current') }),
  responses: { 200: emailTemplateView },
  errors: ['resource.not_found', 'resource.conflict', 'settings.invalid'],
});

export const resetEmailTemplate = route({
  method: 'delete',
  path: '/api/admin/email-templates/:key/:language',
  summary: 'Back to the built-in text',
  tag,
  access: ['admin'],
  params: templateParams,
  responses: { 200: emailTemplateView },
  errors: ['resource.not_found'],
});

export const previewEmailTemplate = route({
  method: 'post',
  path: '/api/admin/email-templates/:key/:language/preview',
  summary: 'How a text would look, with example values',
  tag,
  access: ['admin'],
  params: templateParams,
  body: templateText,
  responses: { 200: z.object({ subject: z.string(), html: z.string(), text: z.string() }) },
  errors: ['resource.not_found', 'settings.invalid'],
});
