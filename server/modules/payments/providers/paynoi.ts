import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import { formatBaht, parseBaht, type Satang } from '#contracts/money.ts';
import { safeEqual } from '#server/platform/crypto.ts';
import type { CheckAnswer, CreateAnswer, GatewayStatus, PaymentProvider, WebhookClaim } from './port.ts';
import { rawMember } from './raw-member.ts';

export interface PaynoiSettings {
  /** The full URL that create, check and cancel are POSTed to. */
  baseUrl: string;
  apiKey: string;
  keyId: string;
  account: string;
  type: string;
  createTimeoutMs?: number;
  checkTimeoutMs?: number;
}

const text = z.union([z.string(), z.number()]).transform(String);
const isOk = z.union([z.literal(1), z.literal('1'), z.literal(true)]);
const amount = text.transform((value, context): Satang => {
  try {
    return parseBaht(value.replaceAll(',', ''));
  } catch {
    context.addIssue({ code: 'custom', message: 'not an amount in baht' });
    return z.NEVER;
  }
});
/** "2026-11-22 20:45:00": Thai wall clock without an offset. */
const thaiTime = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?$/)
  .transform((value) => new Date(`${value.replace(' ', 'T')}+07:00`))
  .refine((date) => !Number.isNaN(date.getTime()));
const created = z.object({
  status: isOk,
  trans_id: text.pipe(z.string().min(1).max(100)),
  amount: amount.pipe(z.int().positive()),
  qr_image_base64: z.string().min(1).max(500_000),
  expire_at: thaiTime,
});
const checked = z.object({
  status: isOk,
  payment_status: z.string(),
  amount: amount.optional(),
  ref1: text.optional(),
});
const claim = z.object({ trans_id: text.optional(), ref1: text.optional() });
const refusal = z.object({ status: z.union([z.literal(0), z.literal('0'), z.literal(false)]), msg: text.optional() });

/** What the gateway calls it -> what it is. Anything unheard of waits, as pending does. */
const statuses: Record<string, GatewayStatus> = {
  completed: 'completed',
  success: 'completed',
  paid: 'completed',
  expired: 'expired',
  cancelled: 'cancelled',
  canceled: 'cancelled',
  failed: 'failed',
};
/** Failures before a single byte of the request was sent. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

type Answer =
  | { kind: 'json'; ok: boolean; body: unknown }
  | { kind: 'never_sent'; reason: string }
  | { kind: 'lost'; reason: string };

/** PayNoi's PromptPay protocol (docs of five public clients agree on it). Needs whole baht; answers the satang to pay. */
export function createPaynoi(settings: PaynoiSettings): PaymentProvider {
  const { createTimeoutMs = 15_000, checkTimeoutMs = 8_000 } = settings;

  async function call(method: string, fields: Record<string, string>, timeoutMs: number): Promise<Answer> {
    try {
      const response = await fetch(settings.baseUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ method, api_key: settings.apiKey, ...fields }),
        signal: AbortSignal.timeout(timeoutMs),
        redirect: 'error',
      });
      return { kind: 'json', ok: response.ok, body: await response.json() };
    } catch (error) {
      const code = ((error as Error).cause as { code?: string } | undefined)?.code ?? (error as Error).name;
      return { kind: neverSent.has(code) ? 'never_sent' : 'lost', reason: code };
    }
  }

  return {
    name: 'paynoi',
    stepSatang: 100,
    async create({ ref1, amountSatang }): Promise<CreateAnswer> {
      const { keyId: key_id, account, type } = settings;
      const fields = { amount: formatBaht(amountSatang, true).replace(/\.00$/, ''), ref1, key_id, account, type };
      const answer = await call('create', fields, createTimeoutMs);
      if (answer.kind === 'never_sent') return { kind: 'refused', reason: answer.reason };
      if (answer.kind === 'lost') return { kind: 'unknown', reason: answer.reason };
      const parsed = created.safeParse(answer.body);
      if (parsed.success) {
        const { trans_id, qr_image_base64, expire_at } = parsed.data;
        const qrImageBase64 = qr_image_base64.replace(/^data:image\/\w+;base64,/, '');
        return {
          kind: 'created',
          transId: trans_id,
          payableSatang: parsed.data.amount,
          qrImageBase64,
          expiresAt: expire_at,
        };
      }
      const refused = refusal.safeParse(answer.body);
      if (refused.success) return { kind: 'refused', reason: refused.data.msg ?? 'refused' };
      return { kind: 'unknown', reason: 'an answer that we cannot read' };
    },
    async check(transId): Promise<CheckAnswer> {
      const answer = await call('check', { trans_id: transId }, checkTimeoutMs);
      if (answer.kind !== 'json') return { kind: 'unknown', reason: answer.reason };
      const parsed = checked.safeParse(answer.body);
      if (parsed.success) {
        const status = statuses[parsed.data.payment_status.toLowerCase()] ?? 'pending';
        return { kind: 'found', status, amountSatang: parsed.data.amount ?? null, ref1: parsed.data.ref1 || null };
      }
      const refused = refusal.safeParse(answer.body);
      if (answer.ok && refused.success && /not found/i.test(refused.data.msg ?? '')) return { kind: 'not_found' };
      return { kind: 'unknown', reason: refused.data?.msg ?? 'an answer that we cannot read' };
    },
    async cancel(transId): Promise<boolean> {
      const answer = await call('cancel', { trans_id: transId }, checkTimeoutMs);
      return answer.kind === 'json' && z.object({ status: isOk }).safeParse(answer.body).success;
    },
    verifyWebhook(rawBody): WebhookClaim | undefined {
      const data = rawMember(rawBody, 'data');
      const signature = rawMember(rawBody, 'signature');
      if (!data || !signature) throw new AppError('request.malformed');
      const expected = createHmac('sha256', settings.apiKey).update(data).digest('hex');
      const given = /^"([0-9a-fA-F]{64})"$/.exec(signature.toString('latin1'))?.[1]?.toLowerCase() ?? '';
      if (!safeEqual(expected, given)) return undefined;
      const parsed = claim.safeParse(readJson(data));
      return { transId: parsed.data?.trans_id || null, ref1: parsed.data?.ref1 || null };
    },
  };
}

function readJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    throw new AppError('request.malformed');
  }
}
