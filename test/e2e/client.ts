/** A program that talks to the API: bearer token after sign-in, else the guest session it is given. */
export class Client {
  token = '';
  readonly url: string;
  constructor(url: string) {
    this.url = url;
  }

  async raw(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const isForm = body instanceof FormData;
    return fetch(path.startsWith('http') ? path : `${this.url}${path}`, {
      method,
      headers: {
        ...(this.token && { authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(60_000),
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: an outside program has no types of ours
  async call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<any> {
    const response = await this.raw(method, path, body, headers);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 800)}`);
    return text ? JSON.parse(text) : undefined;
  }

  async signIn(name: string): Promise<this> {
    const session = await this.call('POST', '/api/auth/login', {
      email: `${name}@demo.thepixstock.test`,
      password: 'Demo-Pass-2026',
    });
    this.token = session.token;
    return this;
  }

  /** A guest session, as a program that keeps no cookies gets it. */
  async asGuest(): Promise<this> {
    this.token = (await this.call('POST', '/api/auth/guest')).token;
    return this;
  }
}

export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false | null>,
  timeoutMs = 30_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
