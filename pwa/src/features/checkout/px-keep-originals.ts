import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import { toast } from '../../context/toasts.ts';
import type { DownloadLinks } from '../../data/orders.ts';
import { canKeepOriginals, dropOriginals, keepOriginal, keptOriginals } from '../../data/originals.ts';
import { formatBytes } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';

/** Bought originals on this device, if the person wants it: how much, and away again. Without an order: all that is kept. */
@customElement('px-keep-originals')
export class PxKeepOriginals extends PxElement {
  @property() orderId = '';
  @property({ attribute: false }) links: DownloadLinks | null = null;
  @state() private done: number | null = null;

  constructor() {
    super();
    this.watch(keptOriginals);
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!canKeepOriginals()) return nothing;
    const texts = t().order.keep;
    const kept = Object.entries(keptOriginals.value).filter(
      ([, { orderId }]) => !this.orderId || orderId === this.orderId,
    );
    const bytes = kept.reduce((sum, [, each]) => sum + each.bytes, 0);
    const missing = this.#missing;
    if (kept.length === 0 && missing.length === 0) return nothing;
    return html`<div class="row wrap keep-originals" role="status">
      ${
        kept.length > 0
          ? html`<span class="small num">${icon('check')}${texts.kept(kept.length, formatBytes(bytes))}</span>
              <button class="link small" @click=${() => dropOriginals(kept.map(([photoId]) => photoId))}>
                ${texts.remove}
              </button>`
          : nothing
      }
      ${
        missing.length > 0
          ? html`<button class="btn btn-quiet" ?disabled=${this.done !== null} @click=${this.#keep}>
              ${icon('download')}${
                this.done === null
                  ? texts.action(formatBytes(missing.reduce((sum, item) => sum + item.bytes, 0)))
                  : t().order.preparing(this.done, missing.length + this.done)
              }
            </button>`
          : nothing
      }
    </div>`;
  }

  get #missing(): { photoId: string; url: string; fileName: string; bytes: number }[] {
    return (this.links?.items ?? []).flatMap(({ photoId, url, fileName, bytes }) =>
      url && !keptOriginals.value[photoId] ? [{ photoId, url, fileName, bytes: bytes ?? 0 }] : [],
    );
  }

  readonly #keep = async (): Promise<void> => {
    const texts = t().order.keep;
    this.done = 0;
    try {
      for (const item of this.#missing) {
        await keepOriginal(item.photoId, item, this.orderId);
        this.done++;
      }
    } catch (error) {
      const isFull = error instanceof DOMException && error.name === 'QuotaExceededError';
      toast(isFull ? texts.full : texts.failed, { kind: 'error' });
    } finally {
      this.done = null;
    }
  };
}
