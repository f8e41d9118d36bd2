import { createECDH, createHash } from 'node:crypto';
import webpush from 'web-push';
import type { PushPayload } from '#contracts/http/notices.ts';
import { Permanent, SubscriptionEnded } from './sending.ts';

export interface PushSettings {
  /** P-256 private key, 32 bytes, base64url. */
  privateKey: string;
  /** mailto: or https:, for the push service to complain to. */
  subject: string;
  /** Hosts beyond the known push services, also over http: for tests and services of one's own. */
  moreHosts: readonly string[];
}
export interface Subscription {
  endpoint: string;
  p256dh: string;
  auth: string;
}
export type PushSender = ReturnType<typeof createPushSender>;

/** Browsers name the address we send to, so it is one of the services that browsers have; never a host of our own network. */
const knownServices = [
  /^fcm\.googleapis\.com$/,
  /^(updates|[\w-]+)\.push\.services\.mozilla\.com$/,
  /^([\w-]+\.)*push\.apple\.com$/,
  /^[\w-]+\.notify\.windows\.com$/,
];
const ttlSeconds = 3 * 86_400;
const timeoutMs = 10_000;

/** The public key that belongs to the private one; browsers subscribe with it. */
export function publicKeyOf(privateKey: string): string {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(Buffer.from(privateKey, 'base64url'));
  return ecdh.getPublicKey('base64url');
}

export function createPushSender({ privateKey, subject, moreHosts }: PushSettings) {
  const publicKey = publicKeyOf(privateKey);
  function isAllowed(endpoint: string): boolean {
    const url = new URL(endpoint);
    if (moreHosts.includes(url.host)) return true;
    return url.protocol === 'https:' && url.port === '' && knownServices.some((each) => each.test(url.hostname));
  }
  return {
    publicKey,
    isAllowed,
    /**
     * Sends one message, encrypted for the device. Throws SubscriptionEnded when there is no such device any more, Permanent
     * when it will never work, anything else to be tried again.
     */
    async send({ endpoint, p256dh, auth }: Subscription, payload: PushPayload, isUrgent: boolean): Promise<string> {
      if (!isAllowed(endpoint)) throw new Permanent('not a push service');
      const request = webpush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, JSON.stringify(payload), {
        vapidDetails: { subject, publicKey, privateKey },
        TTL: ttlSeconds,
        contentEncoding: 'aes128gcm',
        urgency: isUrgent ? 'high' : 'normal',
        // What waits for a phone without signal is replaced by the newer message of the same tag.
        topic: createHash('sha256').update(payload.tag).digest('base64url').slice(0, 32),
      });
      const { 'Content-Length': _length, ...headers } = request.headers as Record<string, string>;
      const answer = await fetch(endpoint, {
        method: 'POST',
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
        body: new Uint8Array(request.body as Buffer),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      await answer.arrayBuffer();
      if (answer.ok) return answer.headers.get('location') ?? String(answer.status);
      if (answer.status === 404 || answer.status === 410) throw new SubscriptionEnded(`${answer.status}`);
      const text = `push service answered ${answer.status}`;
      throw answer.status === 429 || answer.status >= 500 ? new Error(text) : new Permanent(text);
    },
  };
}
