import type { UserView } from '#contracts/http/auth.ts';
import { api, setGate, setIdentity } from './api.ts';
import { ApiProblem } from './problem.ts';
import { Store } from './store.ts';

export type SessionUser = UserView;

export interface Session {
  /** False until the server answered once (or the device remembered). */
  known: boolean;
  user: SessionUser | null;
}

const REMEMBERED = 'px.session';

function remembered(): Session {
  try {
    const text = localStorage.getItem(REMEMBERED);
    if (text) return { known: true, user: JSON.parse(text) as SessionUser };
  } catch {
    // storage refused or an older shape: the server will say
  }
  return { known: false, user: null };
}

/** Who is here. Starts with what the device remembers, so that the app opens offline as the same person. */
export const session = new Store<Session>(remembered());

const ACCOUNT = 'px.account';
function rememberedAccount(): string | null {
  try {
    return localStorage.getItem(ACCOUNT);
  } catch {
    return null;
  }
}
/** The account that this device's lists are of: from its sign-in until it signs out, also when its session ends in between. */
let account = rememberedAccount();

/** The account whose device this is, while its session has ended: a guest must not be taken for it. */
export const awaitedAccount = (): string | null => (accountUser() ? null : account);

function belongTo(userId: string | null): void {
  account = userId;
  try {
    if (userId) localStorage.setItem(ACCOUNT, userId);
    else localStorage.removeItem(ACCOUNT);
  } catch {
    // lasts for this visit
  }
}

/** Whoever signed out here last: what was still asked for them is answered for nobody else. */
let left: string | null = null;

/** Sign-out: the device is nobody's. */
export function leaveSession(): void {
  left = session.value.user?.id ?? account;
  belongTo(null);
  setSession(null);
}

/** True while somebody signs out, here or in another tab: nothing new is begun for who is about to be gone. */
export const signingOut = new Store<boolean>(false);
const signedOut = (): Promise<void> =>
  new Promise((resolve) => {
    const stop = signingOut.watch(() => {
      stop();
      resolve();
    });
  });

/** Counts how often somebody else was here: what was asked before that says nothing about who is here now. */
let turn = 0;

export function setSession(user: SessionUser | null): void {
  if (user?.id !== session.value.user?.id) turn++;
  try {
    if (user) localStorage.setItem(REMEMBERED, JSON.stringify(user));
    else localStorage.removeItem(REMEMBERED);
  } catch {
    // lasts for this visit
  }
  if (user && !user.isGuest) belongTo(user.id);
  session.set({ known: true, user });
}

/** Asks the server. Keeps what is remembered when it cannot be reached. An answer that a sign-in overtook is asked for again. */
export async function refreshSession(): Promise<void> {
  const asked = turn;
  const { user } = await api('GET /api/auth/session');
  if (asked === turn) setSession(user);
  else await refreshSession();
}

/** Another tab of this device signed in or out: this one is that person, too. */
globalThis.window?.addEventListener('storage', ({ key }) => {
  if (key === ACCOUNT) account = rememberedAccount();
  if (key === REMEMBERED) session.set({ known: true, user: remembered().user });
});

let entering: Promise<void> | null = null;
let signingIn: Promise<unknown> | null = null;

/**
 * Signs in by this call, which answers who is here then. No guest is made meanwhile: its cookie would take the place of the account's.
 * Rejects as the call does.
 */
export async function signIn(call: () => Promise<{ user: SessionUser }>): Promise<SessionUser> {
  await entering?.catch(() => undefined);
  const work = call();
  signingIn = work;
  try {
    const { user } = await work;
    setSession(user);
    return user;
  } finally {
    if (signingIn === work) signingIn = null;
  }
}

/**
 * Makes sure that there is a session, a guest's at least, before things are asked for that need one. Calls in parallel without one would
 * each get a guest of their own, and what the first keeps the second would not see.
 */
export function ensureSession(): Promise<void> {
  if (session.value.user && !isDoubted && !signingOut.value) return Promise.resolve();
  entering ??= enter().finally(() => {
    entering = null;
  });
  return entering;
}
async function enter(): Promise<void> {
  // A guest made in between would be the next person at this device, or take the place of who signs in. What wanted one is of the past.
  if (signingOut.value) {
    await signedOut();
    throw new ApiProblem({ status: 401, code: 'auth.session_ended', retryable: false });
  }
  await signingIn?.catch(() => undefined);
  if (isDoubted) await refreshSession();
  if (!session.value.user) setSession((await api('POST /api/auth/guest')).user);
  isDoubted = false;
  setGate(null);
}

/** As `ensureSession`, for what belongs to whose device this is: rejects while that account's session has ended. */
export async function ensureOwnSession(): Promise<void> {
  if (!awaitedAccount()) await ensureSession();
  if (awaitedAccount()) throw new Error('the account is not signed in');
}

setIdentity({
  userId: () => session.value.user?.id,
  async renew(userId) {
    if (signingOut.value) return false;
    await refreshSession();
    // What an account does never goes under a guest; what a guest does goes along into the account.
    if (userId !== undefined && (userId === awaitedAccount() || userId === left)) return false;
    await ensureSession();
    return true;
  },
});

let isDoubted = false;
/** The cookie may be gone. Until the server has said who is here, or made somebody new of us, nothing else is asked. */
export function doubtSession(): void {
  isDoubted = true;
  setGate(ensureSession);
}

/** The person behind an account; null for guests and strangers. */
export const accountUser = (): SessionUser | null => {
  const { user } = session.value;
  return user && !user.isGuest ? user : null;
};
