import { onNotice } from '../../data/notices.ts';
import { onSettled, refreshWaiting, waiting } from '../../data/outbox.ts';
import { ApiProblem, isProblem } from '../../data/problem.ts';
import {
  forgetSearch,
  giveVerdict,
  keepSearch,
  loadSearch,
  newSearch,
  readMatches,
  readStatus,
  type SearchState,
  withdrawSearch,
} from '../../data/searches.ts';
import { Store } from '../../data/store.ts';

const POLL_BUSY_MS = 1_200;
const POLL_IDLE_MS = 20_000;
/** For so long an answer can be taken back before anybody hears of it: as long as the sentence with "Undo" stands. */
const UNDO_MS = 8_000;

export type Verdict = 'me' | 'not_me';

export interface SessionState {
  /** none: never searched here. queued: waits for signal. running, done: at the server. failed: see problem. */
  phase: 'unknown' | 'none' | 'queued' | 'running' | 'done' | 'failed';
  search: SearchState | null;
  /** The server's refusal of the search itself. */
  problem: ApiProblem | null;
  /** Photos that came while the results were looked at. */
  fresh: ReadonlySet<string>;
  /** The last look at the server failed: what is shown is from before. */
  isStale: boolean;
}

const NOTHING: ReadonlySet<string> = new Set();
const start: SessionState = { phase: 'unknown', search: null, problem: null, fresh: NOTHING, isStale: false };

/** One person's search at one event, as the page follows it: from the outbox to results that keep growing. */
export class SearchSession {
  readonly state = new Store<SessionState>(start);
  readonly #eventId: string;
  readonly #stops: (() => void)[] = [];
  /** Answers whose time to be taken back has not run out. */
  readonly #undoable = new Map<string, ReturnType<typeof setTimeout>>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reading = false;
  #readAgain = false;
  #stopped = false;
  #opening = false;
  /** Counts what a person or the server decided: what was read before such a moment is old. */
  #turn = 0;

  constructor(eventId: string) {
    this.#eventId = eventId;
    const onHide = (): void => {
      if (document.visibilityState === 'hidden') this.#sendVerdicts();
    };
    document.addEventListener('visibilitychange', onHide);
    this.#stops.push(
      () => document.removeEventListener('visibilitychange', onHide),
      onSettled((effect, result) => {
        if (effect.kind !== 'search' || effect.about?.eventId !== eventId) return;
        if (result.ok) void this.adopt((result.body as { id: string }).id, Number(effect.about?.frames ?? 1));
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
    this.#sendVerdicts();
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
    const turn = this.#turn;
    const [search] = await Promise.all([loadSearch(this.#eventId), refreshWaiting()]);
    // The outbox empties a moment before it tells what became of the search: then the search is adopted meanwhile.
    if (this.#stopped || turn !== this.#turn) return;
    if (this.#isQueued) this.state.set({ ...start, phase: 'queued', search: search ?? null });
    else if (search?.searchId) {
      this.state.set({ ...start, phase: search.status?.status === 'done' ? 'done' : 'running', search });
      this.#sendForgotten(search);
      this.#listen();
      await this.#read();
    } else this.state.set({ ...start, phase: 'none' });
  }

  /** A search was put into the outbox. */
  queued(): void {
    this.#turn++;
    clearTimeout(this.#timer);
    this.state.set({ ...start, phase: 'queued' });
  }

  async again(): Promise<void> {
    this.#turn++;
    clearTimeout(this.#timer);
    this.#sendVerdicts();
    await forgetSearch(this.#eventId);
    this.state.set({ ...start, phase: 'none' });
  }

  /** Everything about this face goes, here at once. 'queued': at the server when there is signal. */
  async withdraw(): Promise<'done' | 'queued'> {
    this.#turn++;
    clearTimeout(this.#timer);
    for (const timer of this.#undoable.values()) clearTimeout(timer);
    this.#undoable.clear();
    this.state.set({ ...start, phase: 'none' });
    return withdrawSearch(this.#eventId);
  }

  /** Follows a search that the server has taken. `frames`: null for a selfie that was sent. */
  async adopt(searchId: string, frames: number | null): Promise<void> {
    this.#turn++;
    const search = newSearch(this.#eventId, searchId, frames);
    this.state.set({ ...start, phase: 'running', search });
    await keepSearch(search);
    if (this.#stopped) return;
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
    if (this.#reading) {
      this.#readAgain = true; // a notice during a read tells of something newer
      return;
    }
    if (!before?.searchId || this.#stopped) return;
    clearTimeout(this.#timer);
    this.#reading = true;
    let wait = POLL_IDLE_MS;
    try {
      wait = await this.#readOnce(before, before.searchId);
    } catch (error) {
      // The search has run out (24 hours): its numbers are deleted, a new selfie is needed.
      if (isProblem(error, 'search.not_found')) await this.again();
      else this.state.patch({ isStale: true });
    } finally {
      this.#reading = false;
      if (!this.#stopped && this.state.value.search?.searchId && this.state.value.phase !== 'failed') {
        this.#timer = setTimeout(
          () => {
            if (document.visibilityState === 'visible') void this.#read();
            else this.#timer = setTimeout(() => void this.#read(), POLL_IDLE_MS);
          },
          this.#readAgain ? 0 : wait,
        );
      }
      this.#readAgain = false;
    }
  }

  /** Answers when to look again. */
  async #readOnce(before: SearchState, searchId: string): Promise<number> {
    const isSame = (): boolean => !this.#stopped && this.state.value.search?.searchId === searchId;
    const status = await readStatus(searchId);
    if (!isSame()) return POLL_IDLE_MS;
    if (status.status === 'failed' || status.status === 'withdrawn') {
      const code = status.errorCode ?? (status.status === 'withdrawn' ? 'consent.required' : 'search.not_found');
      await forgetSearch(this.#eventId);
      this.state.set({ ...start, phase: 'failed', problem: new ApiProblem({ status: 422, code, retryable: false }) });
      return POLL_IDLE_MS;
    }
    const isDone = status.status === 'done';
    const known = new Set(before.matches.map((match) => match.photoId));
    const show = (matches: SearchState['matches'], calibration: SearchState['calibration']): SearchState => {
      const now = this.state.value.search ?? before;
      return { ...now, status, matches, calibration };
    };
    if (status.status === 'queued') {
      this.state.patch({ search: show(before.matches, before.calibration), isStale: false });
      return POLL_BUSY_MS;
    }
    const { matches, calibration } = await readMatches(searchId, (some) => {
      if (isSame() && known.size === 0) this.state.patch({ search: show(some, before.calibration) });
    });
    if (!isSame()) return POLL_IDLE_MS;
    const search = show(matches, calibration);
    // Growing while the first pass runs is no news; what comes after it is.
    const isLater = before.status?.status === 'done';
    const fresh = new Set(this.state.value.fresh);
    if (isLater) for (const { photoId } of matches) if (!known.has(photoId)) fresh.add(photoId);
    this.state.set({ phase: isDone ? 'done' : 'running', search, problem: null, fresh, isStale: false });
    await keepSearch(search);
    return isDone ? POLL_IDLE_MS : POLL_BUSY_MS;
  }

  /** "Me" or "not me": counts here at once, at the server exactly once and when it can no longer be taken back. */
  verdict(photoId: string, verdict: Verdict): void {
    const { search } = this.state.value;
    if (!search?.searchId) return;
    clearTimeout(this.#undoable.get(photoId));
    this.#undoable.set(
      photoId,
      setTimeout(() => this.#sendVerdict(photoId), UNDO_MS),
    );
    this.#keep({ ...search, verdicts: { ...search.verdicts, [photoId]: verdict } });
  }

  /** Takes the answer back; false when it was sent already. */
  undo(photoId: string): boolean {
    const { search } = this.state.value;
    const timer = this.#undoable.get(photoId);
    if (!search || timer === undefined) return false;
    clearTimeout(timer);
    this.#undoable.delete(photoId);
    const verdicts = { ...search.verdicts };
    delete verdicts[photoId];
    this.#keep({ ...search, verdicts });
    return true;
  }

  #keep(search: SearchState): void {
    this.state.patch({ search });
    void keepSearch(search);
  }

  #sendVerdict(photoId: string): void {
    clearTimeout(this.#undoable.get(photoId));
    this.#undoable.delete(photoId);
    const { search } = this.state.value;
    const verdict = search?.verdicts[photoId];
    if (search?.searchId && verdict)
      void giveVerdict(photoId, verdict, { searchId: search.searchId, eventId: this.#eventId });
  }

  #sendVerdicts(): void {
    for (const photoId of [...this.#undoable.keys()]) this.#sendVerdict(photoId);
  }

  /** The page went away before an answer was sent: it is said again now; saying it twice changes nothing. */
  #sendForgotten({ searchId, matches, verdicts }: SearchState): void {
    for (const [photoId, verdict] of Object.entries(verdicts)) {
      const isKnown = matches.some((match) => match.photoId === photoId && match.verdict === verdict);
      const isQueued = waiting.value.some((effect) => effect.kind === 'feedback' && effect.about?.photoId === photoId);
      if (!isKnown && !isQueued) void giveVerdict(photoId, verdict, { searchId: searchId!, eventId: this.#eventId });
    }
  }

  seen(): void {
    this.state.patch({ fresh: NOTHING });
  }
}
