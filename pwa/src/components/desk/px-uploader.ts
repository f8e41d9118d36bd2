import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { toast } from '../../context/toasts.ts';
import { holdUpdatesWhile } from '../../context/updates.ts';
import { accountUser, session } from '../../data/session.ts';
import { isFinished, uploads } from '../../data/uploads/engine.ts';
import {
  ACCEPT,
  type Choice,
  hasFilePicker,
  hasFolderPicker,
  pickFiles,
  pickFolder,
  readDrop,
  sortOut,
} from '../../data/uploads/files.ts';
import { minutesLeft } from '../../data/uploads/rate.ts';
import type { UploadItem } from '../../data/uploads/store.ts';
import type { UploadsView } from '../../data/uploads/view.ts';
import { d } from '../../i18n/desk.ts';
import { formatBytes, formatNumber } from '../../i18n/format.ts';
import { problemText } from '../../i18n/problems.ts';
import { PxElement } from '../element.ts';
import { icon } from '../px-icon.ts';
import { vars } from '../vars.ts';
import './px-upload-list.ts';
import './uploader.css';

interface Sum {
  count: number;
  finished: number;
  sent: number;
  bytes: number;
  done: number;
  duplicates: number;
  doneBytes: number;
  hashed: number;
  failed: UploadItem[];
  lost: UploadItem[];
}

/** Files are at hand in this page only: a newer version of the app waits until they have arrived. */
const isBusy = ({ phase, items, isKept }: UploadsView): boolean =>
  phase === 'working' ||
  phase === 'network' ||
  (!isKept && items.some((item) => !isFinished(item) && item.state !== 'lost'));
holdUpdatesWhile(uploads.view, isBusy);

/** Drop zone, total line, list: the uploads of one event on this device. */
@customElement('px-uploader')
export class PxUploader extends PxElement {
  @property() eventId = '';
  @property() eventName = '';
  @state() private over = false;
  @state() private reading = false;
  #dragDepth = 0;

  constructor() {
    super();
    this.watch(uploads.view);
    this.watch(session);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('beforeunload', this.#leaving);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('beforeunload', this.#leaving);
  }

  protected override updated(_changed: PropertyValues): void {
    const user = accountUser();
    if (user) void uploads.start(user.id);
  }

  /** What this device holds comes back after a reload; the question is only worth it while bytes are moving, or where it holds nothing. */
  readonly #leaving = (event: BeforeUnloadEvent): void => {
    if (isBusy(uploads.view.value)) event.preventDefault();
  };

  get #items(): UploadItem[] {
    return uploads.view.value.items.filter((item) => item.eventId === this.eventId);
  }

  async #take(choosing: Promise<Choice | null>): Promise<void> {
    this.reading = true;
    try {
      const choice = await choosing;
      if (!choice) return;
      const { added, found, known } = await uploads.add(this.eventId, choice.photos);
      const texts = d().upload;
      const told = [
        added + found > 0 ? texts.added(added + found) : '',
        known > 0 ? texts.knownHere(known) : '',
        choice.leftOut > 0 ? texts.leftOut(choice.leftOut) : '',
      ].filter(Boolean);
      if (told.length > 0) toast(told.join(' '));
      else toast(texts.nothing);
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    } finally {
      this.reading = false;
    }
  }

  protected override render(): TemplateResult {
    const { phase } = uploads.view.value;
    const items = this.#items;
    const sum = sumOf(items);
    return html`
      ${phase === 'elsewhere' ? this.#elsewhere() : this.#zone(items.length > 0)}
      ${items.length > 0 ? this.#total(sum) : nothing} ${this.#lost(sum)}
      ${items.length > 0 ? html`<px-upload-list .items=${items} .tick=${uploads.view.value.tick}></px-upload-list>` : nothing}
    `;
  }

  #elsewhere(): TemplateResult {
    return html`<p class="note">${icon('info')}<span>${d().upload.elsewhere}</span></p>`;
  }

  #zone(compact: boolean): TemplateResult {
    const texts = d().upload;
    const touch = matchMedia('(pointer: coarse)').matches;
    return html`<section
      class="drop-zone ${compact ? 'compact' : ''} ${this.over ? 'over' : ''}"
      aria-label=${texts.zone}
      @dragenter=${(event: DragEvent) => {
        event.preventDefault();
        this.#dragDepth++;
        this.over = true;
      }}
      @dragleave=${() => {
        this.#dragDepth = Math.max(0, this.#dragDepth - 1);
        if (this.#dragDepth === 0) this.over = false;
      }}
      @dragover=${(event: DragEvent) => event.preventDefault()}
      @drop=${(event: DragEvent) => {
        event.preventDefault();
        this.#dragDepth = 0;
        this.over = false;
        if (event.dataTransfer) void this.#take(readDrop(event.dataTransfer));
      }}
    >
      ${compact ? nothing : icon('upload')}
      <div>
        <p class="drop-title">${this.over ? texts.dropNow : compact ? texts.dropMore : touch ? texts.choose : texts.drop}</p>
        ${compact ? nothing : html`<p class="soft small">${texts.dropBody}</p>`}
      </div>
      <div class="row">${this.#chooser(false)} ${this.#chooser(true)}</div>
    </section>`;
  }

  /** The chooser with handles where there is one (it survives a reload), else the plain input. */
  #chooser(folder: boolean): TemplateResult {
    const texts = d().upload;
    const label = folder ? texts.folder : texts.files;
    const look = folder ? 'btn btn-line folder' : 'btn btn-gold';
    const busy = this.reading ? 'true' : 'false';
    if (folder ? hasFolderPicker() : hasFilePicker())
      return html`<button class=${look} aria-busy=${busy} @click=${() => void this.#take(folder ? pickFolder() : pickFiles())}>
        ${label}
      </button>`;
    return html`<label class="${look} file-picker" aria-busy=${busy}
      ><span>${label}</span>
      <input
        class="sr-only"
        type="file"
        multiple
        accept=${folder ? nothing : ACCEPT}
        ?webkitdirectory=${folder}
        @change=${(event: Event) => {
          const input = event.target as HTMLInputElement;
          const files = [...(input.files ?? [])];
          input.value = '';
          void this.#take(Promise.resolve(sortOut(files.map((file) => ({ file })))));
        }}
      />
    </label>`;
  }

  #total(sum: Sum): TemplateResult {
    const { phase, bytesPerSecond } = uploads.view.value;
    const texts = d().upload;
    const left = sum.count - sum.finished - sum.lost.length;
    const complete = left === 0 && sum.lost.length === 0;
    const minutes = minutesLeft(sum.bytes - sum.sent, bytesPerSecond);
    const line = [
      texts.progress(sum.finished, sum.count),
      bytesPerSecond > 0 ? texts.speed(formatBytes(bytesPerSecond)) : '',
      minutes && left > 0 ? texts.minutes(minutes) : '',
    ].filter(Boolean);
    return html`<section class="upload-total ${complete ? 'complete' : ''}" aria-label=${texts.total}>
      <div class="spread">
        <div>
          <p class="upload-line num" role="status" aria-live="off">
            ${complete ? texts.complete(sum.done + sum.duplicates) : line.join(' · ')}
          </p>
          <p class="soft small num">${complete ? this.#proof(sum) : this.#phaseText(phase, sum)}</p>
        </div>
        <div class="desk-actions">${this.#buttons(sum, complete)}</div>
      </div>
      <div class="upload-bar" role="progressbar" aria-label=${texts.total} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.floor(
        shareOf(sum) * 100,
      )}>
        <span ${vars({ width: `${shareOf(sum) * 100}%` })}></span>
      </div>
      ${
        phase === 'network' && left > 0
          ? html`<p class="note note-warning" role="status">${icon('cloud-off')}<span>${texts.networkLost}</span></p>`
          : nothing
      }
      ${
        phase === 'signed-out'
          ? html`<p class="note note-warning" role="status">${icon('lock')}<span>${texts.signedOut} <a href="/sign-in?next=${encodeURIComponent(
              window.location.pathname,
            )}">${d().upload.signIn}</a></span></p>`
          : nothing
      }
      ${
        phase === 'permission'
          ? html`<p class="note note-warning" role="status">${icon('info')}<span>${texts.permission}</span></p>`
          : nothing
      }
      ${
        left > 0 && !uploads.view.value.isKept
          ? html`<p class="note note-warning" role="status">${icon('warning')}<span>${texts.notKept}</span></p>`
          : nothing
      }
    </section>`;
  }

  #phaseText(phase: string, sum: Sum): string {
    const texts = d().upload;
    const bytes = `${formatBytes(sum.sent)} / ${formatBytes(sum.bytes)}`;
    if (phase === 'paused') return `${bytes} · ${texts.paused}`;
    if (phase === 'working' && uploads.view.value.isKept) return `${bytes} · ${texts.closeLid}`;
    return bytes;
  }

  #proof(sum: Sum): string {
    const texts = d().upload;
    const parts = [formatBytes(sum.doneBytes), texts.checksums(sum.hashed)];
    if (sum.duplicates > 0) parts.push(texts.duplicates(sum.duplicates));
    if (sum.failed.length > 0) parts.push(texts.failedCount(sum.failed.length));
    return parts.join(' · ');
  }

  #buttons(sum: Sum, complete: boolean): TemplateResult {
    const texts = d().upload;
    const { phase } = uploads.view.value;
    const finished = this.#items.filter((item) => isFinished(item));
    return html`
      ${
        sum.failed.length > 0
          ? html`<button class="btn btn-line" @click=${() => uploads.retryFailed(sum.failed)}>${texts.retryFailed}</button>`
          : nothing
      }
      ${
        phase === 'working' || phase === 'network'
          ? html`<button class="btn btn-line" @click=${() => uploads.pause()}>${texts.pause}</button>`
          : nothing
      }
      ${
        phase === 'paused' || phase === 'permission' || phase === 'signed-out'
          ? html`<button class="btn btn-solid" @click=${() => void uploads.resume()}>${texts.resume}</button>`
          : nothing
      }
      ${
        complete
          ? html`<button class="btn btn-line" @click=${() => this.#list(finished)}>${icon('download')}${texts.list}</button>`
          : nothing
      }
      ${
        finished.length > 0 && phase !== 'elsewhere'
          ? html`<button class="btn btn-quiet" @click=${() => void uploads.remove(finished)}>${texts.clear}</button>`
          : nothing
      }
    `;
  }

  #lost(sum: Sum): TemplateResult | typeof nothing {
    if (sum.lost.length === 0) return nothing;
    const texts = d().upload;
    return html`<div class="note note-warning">
      ${icon('warning')}
      <div>
        <p>${texts.lost(sum.lost.length)}</p>
        <p class="num">${sum.lost
          .slice(0, 6)
          .map((item) => item.name)
          .join(', ')}${sum.lost.length > 6 ? ` … +${formatNumber(sum.lost.length - 6)}` : ''}</p>
        <button class="link" @click=${() => void uploads.remove(sum.lost)}>${texts.forget}</button>
      </div>
    </div>`;
  }

  /** The proof to keep: file, bytes, checksum, photo, result. */
  #list(items: readonly UploadItem[]): void {
    const cell = (value: string | number | undefined): string => `"${String(value ?? '').replaceAll('"', '""')}"`;
    const rows = items.map((item) =>
      [item.name, item.bytes, item.sha256, item.photoId, item.code ?? item.state].map(cell).join(','),
    );
    const text = `\uFEFFfile,bytes,sha256,photo,result\r\n${rows.join('\r\n')}\r\n`;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
    link.download = `${this.eventName || 'uploads'}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
}

const shareOf = (sum: Sum): number => (sum.bytes === 0 ? 0 : Math.min(1, sum.sent / sum.bytes));

function sumOf(items: readonly UploadItem[]): Sum {
  const sum: Sum = {
    count: items.length,
    finished: 0,
    sent: 0,
    bytes: 0,
    done: 0,
    duplicates: 0,
    doneBytes: 0,
    hashed: 0,
    failed: [],
    lost: [],
  };
  for (const item of items) {
    if (item.state === 'lost') sum.lost.push(item);
    if (item.state === 'failed') {
      sum.failed.push(item);
      sum.finished++;
      continue; // its bytes will not arrive
    }
    sum.bytes += item.bytes;
    sum.sent += item.sent;
    if (!isFinished(item)) continue;
    sum.finished++;
    sum.doneBytes += item.bytes;
    if (item.sha256) sum.hashed++;
    if (item.state === 'done') sum.done++;
    else sum.duplicates++;
  }
  return sum;
}
