import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import { formatBaht, parseBaht, type Satang } from '#contracts/money.ts';
import { safeEqual, sha256Hex } from '#server/platform/crypto.ts';
import { callGateway, type GatewayReply } from './call.ts';
import type {
  BankRow,
  CheckAnswer,
  CreateAnswer,
  FeedAnswer,
  GatewayStatus,
  PaymentProvider,
  WebhookClaim,
} from './port.ts';
import { rawMember } from './raw-member.ts';

export interface PaynoiSettings {
  /** The full URL that create, check and cancel are POSTed to. */
  baseUrl: string;
  apiKey: string;
  keyId: string;
  account: string;
  type: string;
  /** Opens the bank feed; without it there is nothing to reconcile with. */
  recordKey?: string | undefined;
  /** The feed's address; without: `api_line` beside `baseUrl`. */
  feedUrl?: string | undefined;
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
const feedRow = z.object({
  source: text.catch(''),
  amount,
  bankaccount: text.catch(''),
  currency: z.literal('THB').catch('THB'),
  date: thaiTime,
  balance: text.catch(''),
  trans_id: text.nullish().catch(null),
  transactiontype: z.string(),
});
const feed = z.object({ status: z.literal('success'), list: z.array(z.unknown()).max(100_000) });

/**
 * Rows of money that came in. What makes a row itself is where, when, how much and the balance after it: its trans_id may be
 * missing at first. Lines that cannot be read are left out, the payment they belong to then shows as missing.
 */
function readFeed(list: readonly unknown[]): BankRow[] {
  const rows = new Map<string, BankRow>();
  for (const line of list) {
    const { data: row } = feedRow.safeParse(line);
    if (row?.transactiontype !== 'เงินเข้า' || row.amount <= 0) continue;
    const transId = row.trans_id || null;
    const parts = [row.source, row.bankaccount, row.date.toISOString(), row.amount, row.balance];
    const key = sha256Hex(JSON.stringify(row.balance ? parts : [...parts, transId])).slice(0, 40);
    const before = rows.get(key);
    const source = `${row.source} ${row.bankaccount}`.trim().slice(0, 100);
    rows.set(key, {
      key,
      transId: transId ?? before?.transId ?? null,
      amountSatang: row.amount,
      feeSatang: 0,
      arrivedAt: row.date,
      source,
    });
  }
  return [...rows.values()];
}

/** PayNoi's PromptPay protocol (docs of five public clients agree on it). Needs whole baht; answers the satang to pay. */
export function createPaynoi(settings: PaynoiSettings): PaymentProvider {
  const { createTimeoutMs = 60_000, checkTimeoutMs = 8_000 } = settings;

  const call = (method: string, fields: Record<string, string>, timeoutMs: number): Promise<GatewayReply> => {
    const body = JSON.stringify({ method, api_key: settings.apiKey, ...fields });
    const headers = { 'content-type': 'application/json' };
    return callGateway(settings.baseUrl, { method: 'POST', headers, body }, timeoutMs);
  };
  async function bankFeed(recordKey: string): Promise<FeedAnswer> {
    const url = new URL(settings.feedUrl ?? new URL('api_line', settings.baseUrl).href);
    url.searchParams.set('api_key', settings.apiKey);
    url.searchParams.set('record_key', recordKey);
    const answer = await callGateway(url.href, { headers: { accept: 'application/json' } }, checkTimeoutMs);
    if (answer.kind !== 'json') return { kind: 'unknown', reason: answer.reason };
    const parsed = feed.safeParse(answer.body);
    if (!parsed.success) return { kind: 'unknown', reason: 'a feed that we cannot read' };
    return { kind: 'rows', rows: readFeed(parsed.data.list) };
  }

  return {
    name: 'paynoi',
    stepSatang: 100,
    isCreateRepeatable: false,
    ...(settings.recordKey && { bankFeed: () => bankFeed(settings.recordKey!) }),
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
          redirectUrl: null,
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
      if (answer.httpStatus < 300 && refused.success && /not found/i.test(refused.data.msg ?? ''))
        return { kind: 'not_found' };
      return { kind: 'unknown', reason: refused.data?.msg ?? 'an answer that we cannot read' };
    },
    async cancel(transId): Promise<boolean> {
      const answer = await call('cancel', { trans_id: transId }, checkTimeoutMs);
      return answer.kind === 'json' && z.object({ status: isOk }).safeParse(answer.body).success;
    },
    verifyWebhook({ rawBody }): WebhookClaim | undefined {
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
