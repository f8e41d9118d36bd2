import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { ErrorCode } from '#contracts/errors.ts';
import { uploads } from '../../data/uploads/engine.ts';
import type { UploadItem } from '../../data/uploads/store.ts';
import { d } from '../../i18n/desk.ts';
import { formatBytes } from '../../i18n/format.ts';
import { PxElement } from '../element.ts';
import { icon } from '../px-icon.ts';
import '../px-ring.ts';
import { vars } from '../vars.ts';

const ROW = 60;
/** Small pictures kept at most; the oldest go. */
const THUMBNAILS = 80;
const thumbnails = new Map<string, string | null>();

/** A small picture for a row, made one after another and only for rows that are seen. */
let making: Promise<unknown> = Promise.resolve();
async function makeThumbnail(id: string, file: File): Promise<void> {
  try {
    const { thumbnail } = await import('exifr');
    const embedded = await thumbnail(file).catch(() => undefined);
    let blob: Blob | null = embedded ? new Blob([new Uint8Array(embedded)], { type: 'image/jpeg' }) : null;
    if (!blob) {
      const bitmap = await createImageBitmap(file, { resizeWidth: 120, resizeQuality: 'medium' });
      const canvas = document.createElement('canvas');
      canvas.width = bitmap.width;
      canvas.height = bitmap.height;
      canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
      bitmap.close();
      blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.7));
    }
    thumbnails.set(id, blob ? URL.createObjectURL(blob) : null);
  } catch {
    thumbnails.set(id, null); // no picture: the server will say why
  }
  for (const [old, url] of thumbnails) {
    if (thumbnails.size <= THUMBNAILS) break;
    if (url) URL.revokeObjectURL(url);
    thumbnails.delete(old);
  }
}

/** The calm list. Rows have one height and only those near the screen are in the page: 5,000 files weigh like 30. */
@customElement('px-upload-list')
export class PxUploadList extends PxElement {
  @property({ attribute: false }) items: readonly UploadItem[] = [];
  /** Rows change in place; this says that they did. */
  @property({ type: Number }) tick = 0;
  @state() private from = 0;
  @state() private to = 24;
  #frame = 0;
  readonly #asked = new Set<string>();

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('scroll', this.#onScroll, { passive: true });
    addEventListener('resize', this.#onScroll);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('scroll', this.#onScroll);
    removeEventListener('resize', this.#onScroll);
    cancelAnimationFrame(this.#frame);
  }

  readonly #onScroll = (): void => {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      const top = -this.getBoundingClientRect().top;
      this.from = Math.max(0, Math.floor(top / ROW / 8) * 8 - 8);
      this.to = Math.ceil((top + innerHeight) / ROW / 8) * 8 + 8;
    });
  };

  protected override updated(changed: PropertyValues): void {
    if (changed.has('items')) this.#onScroll();
    for (const item of this.items.slice(this.from, this.to)) {
      const file = uploads.fileFor(item.id);
      if (!file || thumbnails.has(item.id) || this.#asked.has(item.id)) continue;
      this.#asked.add(item.id);
      making = making
        .then(() => makeThumbnail(item.id, file))
        .then(() => {
          this.#asked.delete(item.id);
          this.requestUpdate();
        });
    }
  }

  protected override render(): TemplateResult {
    const shown = this.items.slice(this.from, this.to);
    return html`<ul class="upload-list" ${vars({ height: `${this.items.length * ROW}px` })} aria-label=${d().upload.listLabel}>
      ${repeat(
        shown,
        (item) => item.id,
        (item, index) => this.#row(item, this.from + index),
      )}
    </ul>`;
  }

  #row(item: UploadItem, index: number): TemplateResult {
    const picture = thumbnails.get(item.id);
    return html`<li
      class="upload-row ${item.state}"
      aria-posinset=${index + 1}
      aria-setsize=${this.items.length}
      ${vars({ translate: `0 ${index * ROW}px` })}
    >
      ${picture ? html`<img src=${picture} alt="" />` : html`<span class="no-picture">${icon('gallery')}</span>`}
      <span class="upload-name"><b>${item.name}</b><small class="num">${formatBytes(item.bytes)} · ${stateText(item)}</small></span>
      ${this.#sign(item)}
    </li>`;
  }

  #sign(item: UploadItem): TemplateResult | typeof nothing {
    switch (item.state) {
      case 'sending':
        return html`<px-ring
          .value=${item.bytes ? item.sent / item.bytes : 0}
          .text=${`${Math.floor((item.sent / Math.max(1, item.bytes)) * 100)}`}
          .label=${item.name}
        ></px-ring>`;
      case 'done':
        return html`<span class="sign done">${icon('check')}</span>`;
      case 'duplicate':
        return html`<span class="sign">${icon('check')}</span>`;
      case 'failed':
      case 'lost':
        return html`<span class="sign bad">${icon('warning')}</span>`;
      default:
        return nothing;
    }
  }
}

function stateText(item: UploadItem): string {
  const texts = d().upload.states;
  if (item.state !== 'failed') return texts[item.state];
  const reasons: Record<string, string> = d().upload.reasons;
  return reasons[(item.code ?? '') as ErrorCode] ?? texts.failed;
}
