import type { Answer, Body } from './contract.ts';
import { enqueue, flush, onSettled, waiting } from './outbox.ts';
import { session, setSession } from './session.ts';

type Account = Answer<'GET /api/account'>;
type Change = Body<'PUT /api/account'>;

/** Changes the profile, now or when there is signal. False: it waits. Rejects with the server's refusal. */
export async function changeProfile(change: Change): Promise<boolean> {
  let refusal: unknown = null;
  const { id } = await enqueue({ kind: 'profile', method: 'PUT', path: '/api/account', body: change });
  const stop = onSettled((effect, result) => {
    if (effect.id !== id || result.ok) return false;
    refusal = result.problem;
    return true;
  });
  await flush();
  stop();
  if (refusal) throw refusal;
  return !waiting.value.some((effect) => effect.id === id);
}

/** The profile as it will be: what waits is laid over what the server said. */
export const profileWithChanges = (account: Account): Account =>
  Object.assign({}, account, ...waiting.value.filter(({ kind }) => kind === 'profile').map(({ body }) => body));

/** Keeps the remembered person up to date, whenever the server took a change. Call once. */
export function watchProfile(): void {
  onSettled((effect, result) => {
    if (effect.kind !== 'profile' || !result.ok) return false;
    const account = result.body as Account;
    if (session.value.user?.id === account.id) setSession(account);
    return false;
  });
}
