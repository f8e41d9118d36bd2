import type { UserView } from '#contracts/http/auth.ts';
import { api, setGate } from './api.ts';
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
  if (key === REMEMBERED) session.set({ known: true, user: remembered().user });
});

let entering: Promise<void> | null = null;

/**
 * Makes sure that there is a session, a guest's at least, before things are asked for that need one. Calls in parallel without one would
 * each get a guest of their own, and what the first keeps the second would not see.
 */
export function ensureSession(): Promise<void> {
  if (session.value.user && !isDoubted) return Promise.resolve();
  entering ??= enter().finally(() => {
    entering = null;
  });
  return entering;
}
async function enter(): Promise<void> {
  if (isDoubted) await refreshSession();
  if (!session.value.user) setSession((await api('POST /api/auth/guest')).user);
  isDoubted = false;
  setGate(null);
}

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
