import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import { safeEqual } from '#server/platform/crypto.ts';
import { callGateway, type GatewayReply } from './call.ts';
import type {
  CheckAnswer,
  CreateAnswer,
  FeedAnswer,
  GatewayStatus,
  PaymentProvider,
  ReceivedWebhook,
  RefundAnswer,
  WebhookClaim,
} from './port.ts';

export interface OmiseSettings {
  /** Without a slash at the end; charges lie below it. */
  baseUrl: string;
  secretKey: string;
  /** As the dashboard shows it, base64; while it is being changed both may sign. */
  webhookSecret: string;
  /** What the buyer pays with: alipay, truemoney, mobile_banking_scb ... */
  sourceType: string;
  createTimeoutMs?: number;
  checkTimeoutMs?: number;
}

/** A signed webhook is taken this long after (or, by clocks that differ, before) its time. */
const toleranceMs = 5 * 60_000;
/** A hosted page that says no end of its own. */
const lifetimeMs = 30 * 60_000;

const charge = z.object({
  object: z.literal('charge'),
  id: z.string().min(1).max(100),
  amount: z.int().positive(),
  currency: z.string().regex(/^thb$/i),
  status: z.string(),
  paid: z.boolean().default(false),
  authorize_uri: z.url({ protocol: /^https?$/ }).nullish(),
  expires_at: z.coerce.date().nullish(),
  metadata: z.object({ ref1: z.string().optional() }).loose().default({}),
});
const refunded = z.object({ object: z.literal('refund'), id: z.string().min(1), amount: z.int() });
const refusal = z.object({ object: z.literal('error'), code: z.string(), message: z.string().default('') });
const transactions = z.object({
  data: z
    .array(
      z.object({
        id: z.string().min(1),
        origin: z.string().nullish(),
        direction: z.string(),
        currency: z.string().regex(/^thb$/i),
        amount: z.int(),
        fee: z.int().min(0).default(0),
        created_at: z.coerce.date(),
      }),
    )
    .max(10_000),
});
const event = z.object({ object: z.literal('event'), key: z.string(), data: z.object({ object: z.string() }).loose() });

const statuses: Record<string, GatewayStatus> = {
  successful: 'completed',
  pending: 'pending',
  failed: 'failed',
  expired: 'expired',
  reversed: 'cancelled',
};

/**
 * A gateway with a hosted page, in the shape of Omise's charges: amounts in satang, secret key as basic authentication,
 * Idempotency-Key, signed webhooks with their time, refunds by call. Its details are to be confirmed with the account before going live.
 */
export function createOmise(settings: OmiseSettings): PaymentProvider {
  const { createTimeoutMs = 60_000, checkTimeoutMs = 8_000 } = settings;
  const authorization = `Basic ${Buffer.from(`${settings.secretKey}:`).toString('base64')}`;

  function call(method: 'GET' | 'POST', path: string, timeoutMs: number, body?: object, key?: string) {
    const headers = {
      authorization,
      ...(body && { 'content-type': 'application/json' }),
      ...(key && { 'idempotency-key': key }),
    };
    return callGateway(
      `${settings.baseUrl}${path}`,
      { method, headers, ...(body && { body: JSON.stringify(body) }) },
      timeoutMs,
    );
  }
  /** A 4xx says no for good; anything else that is not an answer may have been done. */
  const saidNo = (answer: GatewayReply & { kind: 'json' }): string | undefined =>
    answer.httpStatus >= 400 && answer.httpStatus < 500
      ? (refusal.safeParse(answer.body).data?.code ?? 'refused')
      : undefined;
  const pathOf = (transId: string) => `/charges/${encodeURIComponent(transId)}`;

  async function bankFeed(): Promise<FeedAnswer> {
    const answer = await call('GET', '/transactions?order=reverse_chronological&limit=100', checkTimeoutMs);
    if (answer.kind !== 'json') return { kind: 'unknown', reason: answer.reason };
    const parsed = transactions.safeParse(answer.body);
    if (!parsed.success) return { kind: 'unknown', reason: 'transactions that we cannot read' };
    const credits = parsed.data.data.filter((each) => each.direction === 'credit' && each.amount > 0);
    const rows = credits.map((each) => ({
      key: each.id,
      transId: each.origin || null,
      amountSatang: each.amount,
      feeSatang: each.fee,
      arrivedAt: each.created_at,
      source: 'omise',
    }));
    return { kind: 'rows', rows: [...new Map(rows.map((row) => [row.key, row])).values()] };
  }

  return {
    name: 'omise',
    stepSatang: 1,
    isCreateRepeatable: true,
    bankFeed,
    async create({ ref1, amountSatang, returnUrl }): Promise<CreateAnswer> {
      const body = {
        amount: amountSatang,
        currency: 'thb',
        source: { type: settings.sourceType },
        return_uri: returnUrl,
        metadata: { ref1 },
      };
      const answer = await call('POST', '/charges', createTimeoutMs, body, ref1);
      if (answer.kind === 'never_sent') return { kind: 'refused', reason: answer.reason };
      if (answer.kind === 'lost') return { kind: 'unknown', reason: answer.reason };
      const parsed = charge.safeParse(answer.body);
      if (parsed.success && answer.httpStatus < 300) {
        const { id, amount, authorize_uri, expires_at, status } = parsed.data;
        if (status === 'failed') return { kind: 'refused', reason: 'failed' };
        return {
          kind: 'created',
          transId: id,
          payableSatang: amount,
          qrImageBase64: null,
          redirectUrl: authorize_uri ?? null,
          expiresAt: expires_at ?? new Date(Date.now() + lifetimeMs),
        };
      }
      const no = saidNo(answer);
      return no ? { kind: 'refused', reason: no } : { kind: 'unknown', reason: 'an answer that we cannot read' };
    },
    async check(transId): Promise<CheckAnswer> {
      const answer = await call('GET', pathOf(transId), checkTimeoutMs);
      if (answer.kind !== 'json') return { kind: 'unknown', reason: answer.reason };
      if (answer.httpStatus === 404) return { kind: 'not_found' };
      const parsed = charge.safeParse(answer.body);
      if (!parsed.success) return { kind: 'unknown', reason: 'an answer that we cannot read' };
      const { status, paid, amount, metadata } = parsed.data;
      const isPaid = paid || status === 'successful';
      return {
        kind: 'found',
        status: isPaid ? 'completed' : (statuses[status] ?? 'pending'),
        amountSatang: isPaid ? amount : null,
        ref1: metadata.ref1 ?? null,
      };
    },
    async cancel(transId): Promise<boolean> {
      const answer = await call('POST', `${pathOf(transId)}/expire`, checkTimeoutMs, {});
      return answer.kind === 'json' && charge.safeParse(answer.body).data?.status === 'expired';
    },
    async refund({ transId, amountSatang, key }): Promise<RefundAnswer> {
      const answer = await call('POST', `${pathOf(transId)}/refunds`, createTimeoutMs, { amount: amountSatang }, key);
      if (answer.kind === 'never_sent') return { kind: 'refused', reason: answer.reason };
      if (answer.kind === 'lost') return { kind: 'unknown', reason: answer.reason };
      const parsed = refunded.safeParse(answer.body);
      if (parsed.success && parsed.data.amount === amountSatang) return { kind: 'refunded', reference: parsed.data.id };
      const no = saidNo(answer);
      return no ? { kind: 'refused', reason: no } : { kind: 'unknown', reason: 'an answer that we cannot read' };
    },
    verifyWebhook({ rawBody, headers, receivedAt }: ReceivedWebhook): WebhookClaim | undefined {
      const stamp = headers['omise-signature-timestamp'];
      const given = headers['omise-signature'];
      if (typeof stamp !== 'string' || typeof given !== 'string') return undefined;
      const signed = Buffer.concat([Buffer.from(`${stamp}.`), rawBody]);
      const secret = Buffer.from(settings.webhookSecret, 'base64');
      const expected = createHmac('sha256', secret).update(signed).digest('hex');
      // All are compared, whichever fits.
      const fits = given
        .split(',')
        .slice(0, 4)
        .map((each) => safeEqual(expected, each.trim().toLowerCase()));
      if (!fits.includes(true)) return undefined;
      const at = Number(stamp) * 1000;
      if (!/^\d{1,12}$/.test(stamp) || Math.abs(receivedAt.getTime() - at) > toleranceMs) return undefined;
      const parsed = event.safeParse(readJson(rawBody));
      if (!parsed.success) throw new AppError('request.malformed');
      const about = charge.safeParse(parsed.data.data).data;
      return { transId: about?.id ?? null, ref1: about?.metadata.ref1 ?? null };
    },
  };
}

function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new AppError('request.malformed');
  }
}
