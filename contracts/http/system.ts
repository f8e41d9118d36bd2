import { z } from 'zod';
import { route } from './route.ts';

export const getConfig = route({
  method: 'get',
  path: '/api/config',
  summary: 'What the pages need to know about this installation',
  tag: 'System',
  access: 'public',
  rateLimit: 'none',
  responses: {
    200: z.object({
      demo: z.boolean(),
      demoSelfieUrl: z.string().nullable().describe('a picture to try the face search with, in demo mode'),
      demoEventSlug: z.string().nullable(),
      searchEngines: z.array(z.string()).describe('values of `engine` that POST /api/face/search compares with'),
      maxUploadBytes: z.int(),
      publicUrl: z.string(),
      dev: z.object({ mailUrl: z.string(), paymentsUrl: z.string() }).nullable(),
    }),
  },
});
