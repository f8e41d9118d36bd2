import { z } from 'zod';

/**
 * Every background job: its queue, its payload, and how its id is made. The id makes a repeat of the same job a no-op.
 * `high`, `medium` and `low` run on the worker (VM2); `server` runs beside the API: mail, payments, sweeps.
 */
export const queueNames = ['high', 'medium', 'low', 'server'] as const;
export type QueueName = (typeof queueNames)[number];

interface JobDefinition {
  queue: QueueName;
  /** Within its queue: without one a job goes before all that have one; larger is later. */
  priority?: number;
  payload: z.ZodType;
}
const job = <const J extends JobDefinition>(definition: J): J => definition;

const uuid = z.uuid();

export const jobs = {
  /** Find the faces of one search in its event. */
  'match-search': job({ queue: 'high', payload: z.object({ searchId: uuid }) }),
  /** Verify, decode once, faces, derivatives; then faces and status in one transaction. */
  'index-photo': job({ queue: 'medium', payload: z.object({ photoId: uuid, pipelineVersion: z.int() }) }),
  /** Compare the faces of a newly approved photo with the open searches of its event. */
  'match-photo': job({ queue: 'high', payload: z.object({ photoId: uuid }) }),
  /** Describe the known faces of a photo in the spaces that its event needs and it lacks. */
  'describe-photo': job({ queue: 'low', priority: 100, payload: z.object({ photoId: uuid }) }),
  /** Find the faces that a "hide me" means, and hide the sure ones. */
  'hide-faces': job({ queue: 'high', payload: z.object({ optOutId: uuid }) }),
  /** Group the faces of an event. */
  'group-faces': job({ queue: 'low', payload: z.object({ eventId: uuid }) }),
  /** Remove stored objects whose rows are gone. */
  'delete-objects': job({ queue: 'low', payload: z.object({ keys: z.array(z.string()) }) }),
  /** Enqueue what was lost or is below the current pipeline version; expire descriptors and searches. */
  'sweep-photos': job({ queue: 'low', payload: z.object({}) }),
  /** Send one e-mail, push or LINE message. */
  'send-message': job({ queue: 'server', payload: z.object({ messageId: uuid }) }),
  /** Re-check one payment with its gateway and settle it. */
  'check-payment': job({ queue: 'server', payload: z.object({ paymentId: uuid }) }),
  /** Apply one stored webhook. */
  'apply-webhook': job({ queue: 'server', payload: z.object({ webhookId: uuid }) }),
  /** Tell a buyer that originals of the order landed after it was paid. Written down by a trigger on photo_files. */
  'deliver-originals': job({ queue: 'server', payload: z.object({ orderId: uuid }) }),
  /** Landed originals nobody was told of, checksums that a ZIP will need. */
  'sweep-downloads': job({ queue: 'server', payload: z.object({}) }),
  /** Photos that a search found since its person was told last. */
  'sweep-notices': job({ queue: 'server', payload: z.object({}) }),
  /** Check payments that are due, expire orders, apply webhooks that were left. */
  'sweep-payments': job({ queue: 'server', payload: z.object({}) }),
  /** Read the bank feeds, match their rows, find what is missing. */
  'sweep-bank': job({ queue: 'server', payload: z.object({}) }),
  /** Finish uploads that arrived but were not turned into photos, remove the ones given up. */
  'sweep-uploads': job({ queue: 'server', payload: z.object({}) }),
  /** Expired sessions, idempotency keys, relayed outbox rows. */
  'sweep-housekeeping': job({ queue: 'server', payload: z.object({}) }),
} as const;

export type JobName = keyof typeof jobs;
export type JobPayload<N extends JobName> = z.output<(typeof jobs)[N]['payload']>;
