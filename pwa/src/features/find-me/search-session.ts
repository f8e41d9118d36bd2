import { onNotice } from '../../data/notices.ts';
import { onSettled, refreshWaiting, waiting } from '../../data/outbox.ts';
import { ApiProblem, isProblem } from '../../data/problem.ts';
import {
  forgetSearch,
  giveVerdict,
  keepSearch,
  loadSearch,
  readMatches,
  readStatus,
  type SearchState,
} from '../../data/searches.ts';
import { Store } from '../../data/store.ts';

const POLL_BUSY_MS = 1_200;
const POLL_IDLE_MS = 20_000;

export interface SessionState {
  /** none: never searched here. queued: waits for signal. running, done: at the server. failed: see problem. */
  phase: 'unknown' | 'none' | 'queued' | 'running' | 'done' | 'failed';
  search: SearchState | null;
  /** The server's refusal of the search itself. */
  problem: ApiProblem | null;
  /** Photos that came while the results were looked at. */
  fresh: number;
}

/** One person's search at one event, as the page follows it: from the outbox to results that keep growing. */
export class SearchSession {
  readonly state = new Store<SessionState>({ phase: 'unknown', search: null, problem: null, fresh: 0 });
  readonly #eventId: string;
  readonly #stops: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reading = false;
  #stopped = false;
  #opening = false;

  constructor(eventId: string) {
    this.#eventId = eventId;
    this.#stops.push(
      onSettled((effect, result) => {
        if (effect.kind !== 'search' || effect.about?.eventId !== eventId) return;
        if (result.ok) void this.#adopt((result.body as { id: string }).id);
        else this.state.patch({ phase: 'failed', problem: result.problem });
      }),
      // Another tab may have sent what was queued here.
      waiting.watch(() => {
        const { phase } = this.state.value;
        if (phase === 'queued' && !this.#isQueued && !this.#opening) void this.open();
      }),
    );
  }

  get #isQueued(): boolean {
    return waiting.value.some((effect) => effect.kind === 'search' && effect.about?.eventId === this.#eventId);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Shows what is known and goes on from there. */
  async open(): Promise<void> {
    this.#opening = true;
    try {
      await this.#open();
    } finally {
      this.#opening = false;
    }
  }

  async #open(): Promise<void> {
    const [search] = await Promise.all([loadSearch(this.#eventId), refreshWaiting()]);
    if (this.#stopped) return;
    if (this.#isQueued) this.state.set({ phase: 'queued', search: search ?? null, problem: null, fresh: 0 });
    else if (search?.searchId) {
      this.state.set({ phase: search.status?.status === 'done' ? 'done' : 'running', search, problem: null, fresh: 0 });
      this.#listen();
      await this.#read();
    } else this.state.set({ phase: 'none', search: null, problem: null, fresh: 0 });
  }

  /** A search was put into the outbox. */
  queued(): void {
    clearTimeout(this.#timer);
    this.state.set({ phase: 'queued', search: null, problem: null, fresh: 0 });
  }

  async again(): Promise<void> {
    clearTimeout(this.#timer);
    await forgetSearch(this.#eventId);
    this.state.set({ phase: 'none', search: null, problem: null, fresh: 0 });
  }

  async #adopt(searchId: string): Promise<void> {
    const search: SearchState = { eventId: this.#eventId, searchId, status: null, matches: [], verdicts: {} };
    await keepSearch(search);
    if (this.#stopped) return;
    this.state.set({ phase: 'running', search, problem: null, fresh: 0 });
    this.#listen();
    await this.#read();
  }

  #listening = false;
  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.#stops.push(
      onNotice((notice) => {
        const { search } = this.state.value;
        if (notice.type === 'resync' || (notice.type === 'search.changed' && notice.searchId === search?.searchId))
          void this.#read();
      }),
    );
  }

  async #read(): Promise<void> {
    const before = this.state.value.search;
    if (!before?.searchId || this.#reading || this.#stopped) return;
    clearTimeout(this.#timer);
    this.#reading = true;
    let wait = POLL_IDLE_MS;
    try {
      const status = await readStatus(before.searchId);
      const matches = status.status === 'queued' ? before.matches : await readMatches(before.searchId);
      const now = this.state.value.search ?? before;
      const search: SearchState = { ...now, status, matches };
      const known = new Set(before.matches.map((match) => match.photoId));
      // Growing while the first pass runs is no news; what comes after it is.
      const fresh = before.status?.status === 'done' ? matches.filter((match) => !known.has(match.photoId)).length : 0;
      if (status.status === 'failed' || status.status === 'withdrawn') {
        const code = status.errorCode ?? 'search.not_found';
        this.state.patch({ phase: 'failed', problem: new ApiProblem({ status: 422, code, retryable: false }) });
        await forgetSearch(this.#eventId);
      } else {
        const done = status.status === 'done';
        this.state.set({
          phase: done ? 'done' : 'running',
          search,
          problem: null,
          fresh: this.state.value.fresh + fresh,
        });
        await keepSearch(search);
        wait = done ? POLL_IDLE_MS : POLL_BUSY_MS;
      }
    } catch (error) {
      // The search has run out (24 hours): its numbers are deleted, a new selfie is needed.
      if (isProblem(error, 'search.not_found')) await this.again();
    } finally {
      this.#reading = false;
      if (!this.#stopped && this.state.value.search?.searchId && this.state.value.phase !== 'failed') {
        this.#timer = setTimeout(() => {
          if (document.visibilityState === 'visible') void this.#read();
          else this.#timer = setTimeout(() => void this.#read(), POLL_IDLE_MS);
        }, wait);
      }
    }
  }

  /** "Me" or "not me": counts here at once, at the server exactly once. */
  verdict(photoId: string, verdict: 'me' | 'not_me'): void {
    const { search } = this.state.value;
    if (!search?.searchId) return;
    const next: SearchState = { ...search, verdicts: { ...search.verdicts, [photoId]: verdict } };
    this.state.patch({ search: next });
    void keepSearch(next);
    void giveVerdict(photoId, verdict, search.searchId);
  }

  seen(): void {
    this.state.patch({ fresh: 0 });
  }
}
