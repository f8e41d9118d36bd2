import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type * as photos from '#contracts/http/photos.ts';
import type { PhotoView } from '#contracts/http/photos.ts';
import { ask } from '../../components/desk/ask.ts';
import { Loader, Pager } from '../../components/desk/loader.ts';
import { justify, type Tile, tileInNextRow, tilesWithin, type Wall } from '../../components/justify.ts';
import { icon } from '../../components/px-icon.ts';
import { thumbnailFor } from '../../components/px-photo-grid.ts';
import { emptyState } from '../../components/states.ts';
import { vars } from '../../components/vars.ts';
import { toast } from '../../context/toasts.ts';
import { call } from '../../data/call.ts';
import { ApiProblem } from '../../data/problem.ts';
import type { Photo } from '../../data/types.ts';
import { d } from '../../i18n/desk.ts';
import { formatTime } from '../../i18n/format.ts';
import { problemText } from '../../i18n/problems.ts';
import { PhotoFaces } from './approve-faces.ts';
import { keyHelp } from './approve-help.ts';
import { pressKey } from './approve-keys.ts';
import { loupe } from './approve-loupe.ts';
import { type Entry, toEntries } from './bursts.ts';
import { FilteredPage } from './filtered.ts';
import { eventFilter, loadAllEvents } from './px-admin-photos.ts';
import { type Decision, ReviewQueue } from './review-queue.ts';
import './approve.css';

const GAP = 3;

/**
 * Approval: the wall edge to edge, hands on the keyboard. J K and arrows walk, A approves, R rejects, U takes back, Shift
 * stretches the selection, Enter looks closely, F shows faces, S stacks bursts.
 */
@customElement('px-admin-approve')
export class PxAdminApprove extends FilteredPage {
  protected readonly filters = ['event'];
  @state() private at = 0;
  @state() private selected: ReadonlySet<string> = new Set();
  @state() private stacked = false;
  @state() private large = false;
  @state() private showFaces = false;
  @state() private showHelp = false;
  @state() private width = 0;
  @state() private band: [number, number] = [0, 2_000];
  #anchor = 0;
  #entries: Entry[] = [];
  #wall: Wall = { tiles: [], height: 0 };
  #frame = 0;
  readonly #faces = new PhotoFaces(this);
  #observer: ResizeObserver | null = null;

  readonly #events = new Loader(this, loadAllEvents);
  readonly #photos = new Pager<PhotoView>(this, (cursor) => {
    const eventId = this.filter('event');
    // Within one event in the order they were taken, so that bursts lie side by side.
    return eventId
      ? call<typeof photos.listEventPhotos>('GET', '/api/events/:id/photos', {
          params: { id: eventId },
          query: { status: 'pending', order: 'taken', limit: 100, cursor },
        })
      : call<typeof photos.listPhotos>('GET', '/api/photos', { query: { status: 'pending', limit: 100, cursor } });
  });
  readonly #queue = new ReviewQueue({
    review: (ids, decision) =>
      call<typeof photos.reviewPhotos>('POST', '/api/photos/review', {
        body: { ids: [...ids], decision, reason: decision === 'reject' ? this.#reason || undefined : undefined },
        idempotencyKey: crypto.randomUUID(),
      }),
    undo: (ids) =>
      call<typeof photos.undoReview>('POST', '/api/photos/review/undo', {
        body: { ids: [...ids] },
        idempotencyKey: crypto.randomUUID(),
      }),
    retryAfterMs: (error) =>
      error instanceof ApiProblem && error.retryable ? (error.retryAfterSeconds ?? 5) * 1000 : null,
    refused: (_ids, error) => toast(problemText(error), { kind: 'error' }),
    changed: () => this.requestUpdate(),
  });
  #reason = '';

  protected refresh(): void {
    this.at = 0;
    this.selected = new Set();
    void this.#photos.reload({ fresh: true });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('keydown', this.#onKey);
    addEventListener('scroll', this.#onScroll, { passive: true });
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('keydown', this.#onKey);
    removeEventListener('scroll', this.#onScroll);
    this.#observer?.disconnect();
    this.#observer = null;
    void this.#queue.flush();
  }

  protected override willUpdate(): void {
    super.willUpdate();
    this.#entries = toEntries(this.#photos.items, this.stacked);
    const target = this.width < 640 ? 150 : this.width < 1200 ? 210 : 250;
    this.#wall = justify(
      this.#entries.map(({ photo }) => photo),
      { width: Math.max(1, this.width), target, gap: GAP },
    );
    this.at = Math.max(0, Math.min(this.at, this.#entries.length - 1));
  }

  protected override updated(_changed: PropertyValues): void {
    const frame = this.querySelector('.approve');
    if (frame && !this.#observer) {
      this.#observer = new ResizeObserver(([entry]) => {
        this.width = Math.floor(entry!.contentRect.width);
        this.#onScroll();
      });
      this.#observer.observe(frame);
    }
    if (this.at > this.#entries.length - 30) void this.#photos.more();
    if (this.showFaces) void this.#loadFaces();
  }

  readonly #onScroll = (): void => {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      const wall = this.querySelector('.approve-wall');
      if (!wall) return;
      const top = -wall.getBoundingClientRect().top;
      const step = innerHeight / 2;
      const from = Math.floor((top - innerHeight) / step) * step;
      const to = Math.ceil((top + innerHeight * 2) / step) * step;
      if (from !== this.band[0] || to !== this.band[1]) this.band = [from, to];
      if (top + innerHeight * 3 > this.#wall.height) void this.#photos.more();
    });
  };

  protected override render(): TemplateResult {
    return html`<div class="approve" data-surface="night" data-own-keys>
      ${this.#bar()}
      ${this.#photos.view(
        ({ items }) =>
          items.length === 0
            ? emptyState({
                drawing: 'frames',
                title: d().approve.none,
                body: d().approve.noneBody,
                action: html`<a class="btn btn-line" href="/admin">${d().admin.nav.dashboard}</a>`,
              })
            : html`<ul class="approve-wall" ${vars({ height: `${this.#wall.height}px` })} aria-label=${d().approve.title}>
              ${repeat(
                tilesWithin(this.#wall.tiles, this.band[0], this.band[1]),
                (tile) => this.#entries[tile.index]?.photo.id,
                (tile) => this.#tile(tile),
              )}
            </ul>`,
        html`<div class="approve-wall skeletons">${Array.from({ length: 15 }, () => html`<span class="skeleton"></span>`)}</div>`,
      )}
      ${this.#actions()} ${this.large ? this.#loupe() : nothing}
    </div>`;
  }

  #bar(): TemplateResult {
    const texts = d().approve;
    const decided = this.#queue.decisions.size;
    const left =
      this.#photos.items.length - this.#photos.items.filter(({ id }) => this.#queue.decisions.has(id)).length;
    return html`<header class="approve-bar">
        <h1>${texts.title}</h1>
        <p class="soft num" role="status">
          ${texts.left(left, this.#photos.value?.nextCursor !== null)}${decided > 0 ? ` · ${texts.decided(decided)}` : ''}${
            this.#queue.waiting > 0 ? ` · ${texts.saving}` : ''
          }
        </p>
        <div class="desk-actions">
          ${this.#events.value ? eventFilter(this.#events.value, this.filter('event')) : nothing}
          <button class="btn btn-quiet" aria-pressed=${this.stacked ? 'true' : 'false'} @click=${() => this.#stack()}>${texts.stack}</button>
          <button class="btn btn-quiet" aria-pressed=${this.showFaces ? 'true' : 'false'} @click=${() => (this.showFaces = !this.showFaces)}>
            ${texts.faces}
          </button>
          <button class="btn btn-quiet keys" aria-expanded=${this.showHelp ? 'true' : 'false'} @click=${() => (this.showHelp = !this.showHelp)}>
            ${texts.keys}
          </button>
        </div>
      </header>
      ${this.showHelp ? keyHelp() : nothing}`;
  }

  #tile(tile: Tile): TemplateResult | typeof nothing {
    const entry = this.#entries[tile.index];
    if (!entry) return nothing;
    const { photo, members } = entry;
    const decision = this.#queue.decisions.get(photo.id);
    const selected = this.selected.has(photo.id);
    const current = tile.index === this.at;
    const name = photo.manage?.fileName ?? '';
    return html`<li
      class="approve-tile ${current ? 'current' : ''} ${selected ? 'selected' : ''} ${decision ? `is-${decision}` : ''}"
      ${vars({
        translate: `${tile.x}px ${tile.y}px`,
        width: `${tile.width}px`,
        height: `${tile.height}px`,
        '--placeholder': photo.placeholderColor,
      })}
    >
      <button
        data-index=${tile.index}
        tabindex=${current ? '0' : '-1'}
        aria-pressed=${selected ? 'true' : 'false'}
        aria-label=${d().approve.tile(name, photo.takenAt ? formatTime(photo.takenAt) : '', decision ? d().approve.done[decision] : '')}
        @click=${(event: MouseEvent) => this.#click(event, tile.index)}
        @dblclick=${() => (this.large = true)}
        @focus=${() => (this.at = tile.index)}
      >
        <img src=${thumbnailFor(photo as Photo, tile)} alt="" loading="lazy" decoding="async" draggable="false" />
      </button>
      ${current && this.showFaces ? this.#faces.boxes(photo) : nothing}
      ${members.length > 1 ? html`<span class="stack-count num">${members.length}</span>` : nothing}
      ${decision ? html`<span class="verdict">${icon(decision === 'approve' ? 'check' : 'close')}</span>` : nothing}
      <button class="look" tabindex="-1" aria-label=${d().approve.look(name)} @click=${() => {
        this.at = tile.index;
        this.large = true;
      }}>${icon('eye')}</button>
    </li>`;
  }

  async #loadFaces(): Promise<void> {
    const photo = this.#entries[this.at]?.photo;
    if (photo && !(await this.#faces.load(photo.id))) this.showFaces = false;
  }

  #actions(): TemplateResult | typeof nothing {
    if (this.#entries.length === 0) return nothing;
    const texts = d().approve;
    const count = this.selected.size;
    return html`<footer class="approve-actions">
      <span class="soft num">${count > 0 ? texts.selected(count) : ''}</span>
      <button class="btn btn-line" ?disabled=${!this.#queue.canUndo} @click=${() => this.#undo()}>
        ${texts.undo}<kbd class="kbd">U</kbd>
      </button>
      ${count > 0 ? html`<button class="btn btn-quiet" @click=${() => void this.#rejectWithReason()}>${texts.rejectWhy}</button>` : nothing}
      <button class="btn btn-line reject" @click=${() => this.#decide('reject')}>${texts.reject}<kbd class="kbd">R</kbd></button>
      <button class="btn btn-gold" @click=${() => this.#decide('approve')}>${texts.approve}<kbd class="kbd">A</kbd></button>
    </footer>`;
  }

  #loupe(): TemplateResult {
    return loupe({
      photos: this.#entries.map(({ photo }) => photo),
      current: this.#entries[this.at]?.photo.id ?? '',
      decisions: this.#queue.decisions,
      decide: (decision) => this.#decide(decision),
      show: (id) => {
        this.at = this.#entries.findIndex(({ photo }) => photo.id === id);
      },
      close: () => {
        this.large = false;
        this.#reveal();
      },
    });
  }

  #click(event: MouseEvent, index: number): void {
    const touch = matchMedia('(pointer: coarse)').matches;
    if (event.shiftKey) this.#range(index);
    else if (event.ctrlKey || event.metaKey || touch) this.#toggle(index);
    else {
      this.selected = new Set();
      this.#anchor = index;
    }
    this.at = index;
  }

  #toggle(index: number): void {
    const id = this.#entries[index]?.photo.id;
    if (!id) return;
    const next = new Set(this.selected);
    if (!next.delete(id)) next.add(id);
    this.selected = next;
    this.#anchor = index;
  }

  #range(to: number): void {
    const [first, last] = [Math.min(this.#anchor, to), Math.max(this.#anchor, to)];
    this.selected = new Set(this.#entries.slice(first, last + 1).map(({ photo }) => photo.id));
  }

  #targets(): Entry[] {
    if (this.selected.size > 0) return this.#entries.filter(({ photo }) => this.selected.has(photo.id));
    const current = this.#entries[this.at];
    return current ? [current] : [];
  }

  #decide(decision: Decision, reason = ''): void {
    const targets = this.#targets();
    if (targets.length === 0) return;
    this.#reason = reason;
    this.#queue.decide(
      targets.flatMap(({ members }) => members.map(({ id }) => id)),
      decision,
    );
    const after = Math.max(...targets.map((entry) => this.#entries.indexOf(entry)));
    this.selected = new Set();
    const next = this.#entries.findIndex((entry, index) => index > after && !this.#queue.decisions.has(entry.photo.id));
    this.#go(next === -1 ? after : next);
  }

  async #rejectWithReason(): Promise<void> {
    const texts = d().approve;
    await ask({
      title: texts.rejectWhy,
      fields: [{ name: 'reason', label: d().events.reason, kind: 'area', required: true, maxlength: 500 }],
      action: texts.reject,
      danger: true,
      run: async ({ reason }) => {
        await this.#queue.flush(); // decisions before it keep their own
        this.#decide('reject', reason);
        await this.#queue.flush();
        this.#reason = '';
      },
    });
  }

  #undo(): void {
    const [first] = this.#queue.undo();
    const index = this.#entries.findIndex(({ members }) => members.some(({ id }) => id === first));
    if (index >= 0) this.#go(index);
  }

  #stack(): void {
    const id = this.#entries[this.at]?.photo.id;
    this.stacked = !this.stacked;
    this.selected = new Set();
    void this.updateComplete.then(() => {
      const index = this.#entries.findIndex(({ members }) => members.some((one) => one.id === id));
      if (index >= 0) this.#go(index);
    });
  }

  #go(index: number, stretch = false): void {
    const to = Math.max(0, Math.min(this.#entries.length - 1, index));
    if (stretch) this.#range(to);
    else {
      if (this.selected.size > 0) this.selected = new Set();
      this.#anchor = to;
    }
    this.at = to;
    this.#reveal();
  }

  /** Scrolls the current tile into the middle band and gives it the focus. */
  #reveal(): void {
    const tile = this.#wall.tiles[this.at];
    const wall = this.querySelector('.approve-wall');
    if (!tile || !wall || this.large) return;
    const top = wall.getBoundingClientRect().top + tile.y;
    const above = 130;
    const below = innerHeight - 90;
    if (top < above) scrollBy({ top: top - above });
    else if (top + tile.height > below) scrollBy({ top: top + tile.height - below });
    void this.updateComplete.then(() =>
      this.querySelector<HTMLElement>(`[data-index="${this.at}"]`)?.focus({ preventScroll: true }),
    );
  }

  readonly #onKey = (event: KeyboardEvent): void =>
    pressKey(event, {
      isOpen: () => this.large,
      walk: (step, stretch) => this.#go(this.at + step, stretch),
      walkRow: (step, stretch) => this.#go(tileInNextRow(this.#wall.tiles, this.at, step), stretch),
      decide: (decision) => this.#decide(decision),
      undo: () => this.#undo(),
      select: () => this.#toggle(this.at),
      clear: () => {
        this.selected = new Set();
      },
      open: () => {
        this.large = true;
      },
      faces: () => {
        this.showFaces = !this.showFaces;
      },
      stack: () => this.#stack(),
      help: () => {
        this.showHelp = !this.showHelp;
      },
    });
}
