/** Failures before a single byte of the request was sent. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

export type GatewayReply =
  | { kind: 'json'; httpStatus: number; body: unknown }
  /** It cannot have done anything. */
  | { kind: 'never_sent'; reason: string }
  /** It may have done what was asked. */
  | { kind: 'lost'; reason: string };

/** One HTTP call to a gateway; never throws, follows no redirects, gives up after `timeoutMs`. */
export async function callGateway(url: string, init: RequestInit, timeoutMs: number): Promise<GatewayReply> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
    return { kind: 'json', httpStatus: response.status, body: await response.json() };
  } catch (error) {
    const code = ((error as Error).cause as { code?: string } | undefined)?.code ?? (error as Error).name;
    return { kind: neverSent.has(code) ? 'never_sent' : 'lost', reason: code };
  }
}
