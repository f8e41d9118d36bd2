import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

export const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest();
export const sha256Hex = (data: string | Uint8Array): string => sha256(data).toString('hex');
export const randomToken = (bytes = 32): string => randomBytes(bytes).toString('base64url');

export function safeEqual(a: string | Uint8Array, b: string | Uint8Array): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}

/** AES-256-GCM under a key derived from the secret: iv(12) | tag(16) | ciphertext. `context` binds the use. */
export function createBox(secret: string, context: string) {
  const key = Buffer.from(hkdfSync('sha256', secret, '', `thepixstock ${context}`, 32));
  return {
    seal(text: string): Buffer {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]);
    },
    /** Throws when the data was altered or sealed under another key. */
    open(data: Buffer): string {
      const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, 12));
      decipher.setAuthTag(data.subarray(12, 28));
      return Buffer.concat([decipher.update(data.subarray(28)), decipher.final()]).toString('utf8');
    },
  };
}

/** Signed, expiring tokens for links: base64url(JSON).base64url(HMAC). `purpose` keeps one kind from serving as another. */
export function createTokens(secret: string, purpose: string) {
  const key = Buffer.from(hkdfSync('sha256', secret, '', `thepixstock link ${purpose}`, 32));
  const sign = (body: string) => createHmac('sha256', key).update(body).digest('base64url');
  return {
    issue(data: Record<string, unknown>, expiresAt: Date): string {
      const body = Buffer.from(JSON.stringify({ ...data, exp: Math.floor(expiresAt.getTime() / 1000) })).toString(
        'base64url',
      );
      return `${body}.${sign(body)}`;
    },
    /** 'invalid' when not ours or altered, 'expired' when too late. */
    read<T extends Record<string, unknown>>(token: string, now: Date): { data: T } | 'invalid' | 'expired' {
      const [body, signature, rest] = token.split('.');
      if (!body || !signature || rest !== undefined || !safeEqual(sign(body), signature)) return 'invalid';
      try {
        const data = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as T & { exp: number };
        return data.exp * 1000 < now.getTime() ? 'expired' : { data };
      } catch {
        return 'invalid';
      }
    },
  };
}
