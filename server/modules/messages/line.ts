import { createHmac } from 'node:crypto';
import { safeEqual } from '#server/platform/crypto.ts';
import { Permanent } from './sending.ts';

export interface LineSettings {
  /** Channel access token and channel secret of the Messaging API channel. */
  token: string;
  secret: string;
  /** "@shop", for the link that opens the chat; null when not told. */
  accountId: string | null;
  apiUrl: string;
}
export type LineSender = ReturnType<typeof createLineSender>;
const timeoutMs = 10_000;
/** LINE's limit for a text message. */
const maxText = 5_000;

export function createLineSender({ token, secret, accountId, apiUrl }: LineSettings) {
  async function call(path: string, body: object, headers: Record<string, string> = {}) {
    const answer = await fetch(`${apiUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { answer, text: await answer.text() };
  }
  return {
    accountId,
    /** LINE signs the raw body: base64 of HMAC-SHA256 under the channel secret. */
    isSigned(rawBody: Buffer, signature: string): boolean {
      return safeEqual(createHmac('sha256', secret).update(rawBody).digest('base64'), signature);
    },
    /**
     * Pushes a text. `retryKey` (a UUID) makes LINE accept it once, however often we try within a day. Throws Permanent
     * when it will never work, also when the month's quota is used up; anything else is to be tried again.
     */
    async push(to: string, text: string, retryKey: string): Promise<string> {
      const message = { to, messages: [{ type: 'text', text: text.slice(0, maxText) }] };
      const { answer, text: body } = await call('/v2/bot/message/push', message, { 'x-line-retry-key': retryKey });
      const requestId = answer.headers.get('x-line-request-id') ?? '';
      if (answer.ok) return requestId;
      // The same retry key was taken before: that try arrived.
      if (answer.status === 409) return answer.headers.get('x-line-accepted-request-id') ?? requestId;
      const problem = `LINE answered ${answer.status}: ${body.slice(0, 200)}`;
      const isQuota = answer.status === 429 && /monthly limit/i.test(body);
      throw (answer.status === 429 && !isQuota) || answer.status >= 500 ? new Error(problem) : new Permanent(problem);
    },
    /** Answers what somebody wrote, which costs nothing of the quota; the token is good once and for about a minute. */
    async reply(replyToken: string, text: string): Promise<void> {
      const { answer } = await call('/v2/bot/message/reply', { replyToken, messages: [{ type: 'text', text }] });
      if (!answer.ok) throw new Error(`LINE answered ${answer.status} to a reply`);
    },
  };
}
