import type { Upload } from 'tus-js-client';
import { online, reportUnreachable } from '../connectivity.ts';
import { ApiProblem } from '../problem.ts';
import { Store } from '../store.ts';
import type { Chosen } from './files.ts';
import { LARGEST_HASHED_BYTES, sha256Of } from './hash.ts';
import { isUnfinished, takeIn } from './intake.ts';
import { Rate } from './rate.ts';
import { singleOwner } from './single-owner.ts';
import { isReadable, Sources } from './sources.ts';
import type { UploadItem, UploadState } from './store.ts';
import * as store from './store.ts';
import { createTransfer, findKnown, type Refusal } from './transfer.ts';
import type { Added, Phase, UploadsView } from './view.ts';
import { WakeLock } from './wake-lock.ts';

const PARALLEL = 3;
const READY_AHEAD = 40;
const LONGEST_PAUSE_MS = 30_000;
export const isFinished = (item: UploadItem): boolean => !isUnfinished(item.state);

/** The queue of one person on this device. Every file is sent once, from wherever the server has it. */
export class UploadEngine {
  readonly view = new Store<UploadsView>({ phase: 'idle', items: [], bytesPerSecond: 0, isKept: true, tick: 0 });
  #userId = '';
  #items: UploadItem[] = [];
  readonly #sources = new Sources();
  readonly #active = new Map<string, Upload>();
  readonly #dirty = new Set<UploadItem>();
  readonly #rate = new Rate();
  readonly #wake = new WakeLock();
  #phase: Phase = 'idle';
  #preparing = false;
  #owner = false;
  #failures = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #followTimer: ReturnType<typeof setInterval> | undefined;
  #tellTimer: ReturnType<typeof setTimeout> | undefined;
  #sentBefore = 0;
  /** Rows that the device did not take; tried again with each update. */
  #isKept = true;

  /** Opens the queue of this person; a second call with the same one does nothing. */
  async start(userId: string): Promise<void> {
    if (this.#userId === userId) return;
    this.#userId = userId;
    online.watch((reachable) => {
      if (reachable && this.#phase === 'network') this.#go();
    });
    await singleOwner(
      'px-uploads',
      () => this.#own(),
      () => this.#follow(),
    );
  }

  async #own(): Promise<void> {
    clearInterval(this.#followTimer);
    this.#owner = true;
    this.#items = await this.#load();
    for (const item of this.#items) {
      if (item.state === 'hashing') item.state = 'new';
      if (item.state === 'sending') item.state = 'ready';
    }
    this.#go();
  }

  /** Another tab works: show what it writes. */
  async #follow(): Promise<void> {
    this.#phase = 'elsewhere';
    this.#items = await this.#load();
    this.#tell(true);
    this.#followTimer = setInterval(() => {
      void this.#load().then((items) => {
        if (this.#owner) return;
        this.#items = items;
        this.#tell(true);
      });
    }, 3_000);
  }

  async #load(): Promise<UploadItem[]> {
    const items = await store.loadItems(this.#userId).catch(() => []);
    return items.sort((a, b) => a.at - b.at);
  }

  /** Puts files into the queue. Names that wait for their file find it again, what is there already is not added twice. */
  async add(eventId: string, chosen: readonly Chosen[]): Promise<Added> {
    const intake = takeIn(this.#items, { userId: this.#userId, eventId }, chosen);
    const result: Added = { added: intake.fresh.length, found: 0, known: intake.arrived };
    for (const { item, choice } of intake.fresh) this.#sources.hold(item.id, { file: choice.file });
    for (const { item, choice } of intake.open) {
      this.#sources.hold(item.id, choice);
      if (item.state === 'lost' || item.state === 'failed') {
        this.#set(item, item.sha256 ? 'ready' : 'new');
        result.found++;
      } else result.known++;
    }
    const fresh = intake.fresh.map(({ item }) => item);
    this.#items = [...this.#items, ...fresh];
    await this.#save(fresh);
    void this.#sources.keep(fresh, chosen);
    void navigator.storage?.persist?.();
    if (this.#phase === 'idle' || this.#phase === 'permission') this.#go();
    else this.#tell();
    void this.#prepare();
    this.#pump();
    return result;
  }

  pause(): void {
    clearTimeout(this.#retryTimer);
    this.#phase = 'paused';
    this.#stopActive();
    this.#tell();
  }

  /** Goes on: after a pause, a new sign-in, or the browser's question about the files (needs a click). */
  async resume(): Promise<void> {
    const ask = this.#phase === 'permission';
    if (ask) {
      // One answer covers a folder; files chosen one by one may be asked for one by one.
      for (const item of this.#items) {
        if (isFinished(item) || this.#sources.at(item.id)) continue;
        if ((await this.#fileOf(item, true)) === 'ask') break;
      }
    }
    this.#failures = 0;
    this.#go();
  }

  /** Takes rows off the list; one that is on its way is given up on the server too. */
  async remove(items: readonly UploadItem[]): Promise<void> {
    for (const item of items) {
      void this.#active
        .get(item.id)
        ?.abort(true)
        .catch(() => undefined);
      this.#active.delete(item.id);
      this.#sources.letGo(item.id);
      this.#dirty.delete(item);
    }
    const gone = new Set(items.map((item) => item.id));
    this.#items = this.#items.filter((item) => !gone.has(item.id));
    await store.deleteItems([...gone]).catch(() => undefined);
    this.#tell(true);
    this.#pump();
  }

  retryFailed(items: readonly UploadItem[]): void {
    for (const item of items) {
      if (item.state !== 'failed') continue;
      item.code = undefined;
      item.uploadUrl = undefined;
      item.sent = 0;
      this.#set(item, item.sha256 ? 'ready' : 'new');
    }
    this.#go();
  }

  /** The picture for a row, while its file is at hand. */
  fileFor = (id: string): File | undefined => this.#sources.at(id);

  #go(): void {
    if (!this.#owner) return;
    clearTimeout(this.#retryTimer);
    this.#rate.reset();
    this.#phase = this.#items.some((item) => isUnfinished(item.state) && item.state !== 'lost') ? 'working' : 'idle';
    void this.#prepare();
    this.#pump();
    this.#tell(true);
  }

  #stopActive(): void {
    for (const [id, upload] of this.#active) {
      void upload.abort().catch(() => undefined);
      const item = this.#items.find((candidate) => candidate.id === id);
      if (item?.state === 'sending') this.#set(item, 'ready');
    }
    this.#active.clear();
  }

  /** Hashes ahead of the sending and asks the server which of the files it has: small rounds first, so that sending starts. */
  async #prepare(): Promise<void> {
    if (this.#preparing) return;
    this.#preparing = true;
    try {
      for (let round = PARALLEL; this.#phase === 'working'; round = Math.min(round * 2, 50)) {
        if (this.#items.filter((item) => item.state === 'ready').length > READY_AHEAD) break;
        const next = this.#items.find((item) => item.state === 'new');
        if (!next) break;
        const batch = this.#items
          .filter((item) => item.state === 'new' && item.eventId === next.eventId)
          .slice(0, round);
        if (!(await this.#hashAll(batch))) break;
        await this.#check(batch.filter((item) => item.state === 'hashing'));
        this.#pump();
      }
    } catch (error) {
      this.#trouble(error);
    } finally {
      for (const item of this.#items) if (item.state === 'hashing') this.#set(item, 'new');
      this.#preparing = false;
      this.#settle();
    }
  }

  async #hashAll(batch: readonly UploadItem[]): Promise<boolean> {
    for (const item of batch) {
      if (this.#phase !== 'working') return false;
      const file = await this.#fileOf(item);
      if (file === 'ask') {
        this.#phase = 'permission';
        return false;
      }
      if (!file) continue;
      this.#set(item, 'hashing');
      if (item.sha256 || item.bytes > LARGEST_HASHED_BYTES) continue;
      try {
        item.sha256 = await sha256Of(file);
      } catch {
        this.#lose(item);
      }
    }
    return true;
  }

  async #check(batch: readonly UploadItem[]): Promise<void> {
    const hashed = batch.flatMap((item) => (item.sha256 ? [item.sha256] : []));
    const known = await findKnown(batch[0]?.eventId ?? '', hashed);
    for (const item of batch) {
      const photoId = item.sha256 && known.get(item.sha256);
      if (photoId) this.#finish(item, 'duplicate', photoId);
      else this.#set(item, 'ready');
    }
  }

  async #fileOf(item: UploadItem, ask = false): Promise<File | 'ask' | undefined> {
    const file = await this.#sources.open(item, ask);
    if (!file) this.#lose(item);
    return file;
  }

  #lose(item: UploadItem): void {
    this.#sources.letGo(item.id);
    this.#set(item, 'lost');
  }

  #pump(): void {
    while (this.#phase === 'working' && this.#active.size < PARALLEL) {
      const item = this.#items.find((candidate) => candidate.state === 'ready');
      if (!item) break;
      void this.#send(item);
    }
    this.#settle();
  }

  async #send(item: UploadItem): Promise<void> {
    this.#set(item, 'sending');
    const placeholder = { abort: async () => undefined } as unknown as Upload;
    this.#active.set(item.id, placeholder);
    const file = await this.#fileOf(item);
    const readable = file instanceof File && (await isReadable(file));
    if (this.#active.get(item.id) !== placeholder) return; // paused or removed meanwhile
    if (file === 'ask' || !file || !readable) {
      this.#active.delete(item.id);
      if (file === 'ask') {
        this.#set(item, 'ready');
        this.#stopActive();
        this.#phase = 'permission';
      } else this.#lose(item);
      this.#pump();
      return;
    }
    const upload = createTransfer(item, file, {
      placed: (url) => {
        item.uploadUrl = url;
        this.#touch(item);
      },
      progress: (sent) => {
        item.sent = sent;
        this.#failures = 0;
        this.#tell();
      },
      arrived: (state, photoId) => {
        this.#active.delete(item.id);
        this.#finish(item, state, photoId);
        this.#pump();
        void this.#prepare();
      },
      refused: (refusal) => this.#refused(item, refusal),
    });
    this.#active.set(item.id, upload);
    upload.start();
  }

  #refused(item: UploadItem, { status, code, final }: Refusal): void {
    this.#active.delete(item.id);
    if (final) {
      item.code = code ?? 'response.unreadable';
      this.#set(item, 'failed');
      this.#pump();
      return;
    }
    this.#set(item, 'ready');
    this.#trouble(new ApiProblem({ status, code: code ?? (status ? 'server.unavailable' : 'network.unreachable') }));
  }

  /** No signal, a busy server or an ended session: everything stays where it is and goes on by itself. */
  #trouble(error: unknown): void {
    if (this.#phase !== 'working' && this.#phase !== 'network') return;
    const status = error instanceof ApiProblem ? error.status : 0;
    this.#stopActive();
    if (status === 401) this.#phase = 'signed-out';
    else {
      if (status === 0) reportUnreachable();
      this.#phase = 'network';
      const pause = Math.min(1_000 * 1.8 ** this.#failures++, LONGEST_PAUSE_MS);
      clearTimeout(this.#retryTimer);
      this.#retryTimer = setTimeout(() => this.#go(), pause * (0.75 + Math.random() / 2));
    }
    this.#tell();
  }

  #finish(item: UploadItem, state: 'done' | 'duplicate', photoId: string | undefined): void {
    item.photoId = photoId;
    item.sent = item.bytes;
    this.#sources.letGo(item.id);
    this.#set(item, state);
    void store.deleteSource(item.id).catch(() => undefined);
  }

  /** Writes rows down; those that find no room go with the next ones. */
  async #save(items: readonly UploadItem[]): Promise<void> {
    const wasKept = this.#isKept;
    this.#isKept = await store.saveItems(wasKept ? items : this.#items).then(
      () => true,
      () => false,
    );
    if (this.#isKept !== wasKept) this.#tell();
  }

  #settle(): void {
    if (this.#phase === 'working' && this.#active.size === 0 && !this.#preparing) {
      const more = this.#items.some((item) => item.state === 'new' || item.state === 'ready');
      if (!more) this.#phase = 'idle';
    }
    this.#tell();
  }

  #set(item: UploadItem, state: UploadState): void {
    item.state = state;
    this.#touch(item);
  }

  #touch(item: UploadItem): void {
    this.#dirty.add(item);
    this.#tell();
  }

  /** At most four times a second the page hears of it and the device writes it down. */
  #tell(now = false): void {
    if (now) {
      clearTimeout(this.#tellTimer);
      this.#publish();
    } else this.#tellTimer ??= setTimeout(() => this.#publish(), 250);
  }

  #publish(): void {
    this.#tellTimer = undefined;
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    if (this.#owner) void this.#save(dirty);
    let sent = 0;
    for (const item of this.#items) if (item.state !== 'duplicate') sent += item.sent;
    if (sent < this.#sentBefore) this.#rate.reset();
    this.#sentBefore = sent;
    this.#rate.mark(performance.now(), sent);
    this.#wake.want(this.#phase === 'working' || this.#phase === 'network');
    this.view.set({
      phase: this.#phase,
      items: this.#items,
      bytesPerSecond: this.#phase === 'working' ? this.#rate.perSecond() : 0,
      isKept: this.#isKept,
      tick: this.view.value.tick + 1,
    });
  }
}

export const uploads = new UploadEngine();
