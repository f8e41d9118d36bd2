import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { photoUrls } from '#contracts/sync/photos.ts';
import { PxElement } from '../../components/element.ts';
import { namedEvent } from '../../components/event-parts.ts';
import '../../components/person/px-ask.ts';
import { icon } from '../../components/px-icon.ts';
import '../../components/px-share-photo.ts';
import { fetchFile, saveBlob, savesByShare, shareFiles } from '../../components/save.ts';
import { vars } from '../../components/vars.ts';
import { toast } from '../../context/toasts.ts';
import { api } from '../../data/api.ts';
import { online } from '../../data/connectivity.ts';
import { type DownloadLinks, loadDownloads, type Order } from '../../data/orders.ts';
import { keptOriginal, keptOriginals } from '../../data/originals.ts';
import { accountUser } from '../../data/session.ts';
import { loadMyShares, type PhotoShare } from '../../data/shares.ts';
import { formatBytes, formatDateTime, formatMoney } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { problemText } from '../../i18n/problems.ts';
import { documentLinks } from './documents.ts';
import './px-keep-originals.ts';
import './px-refund.ts';

/** Share sheets of phones choke on more files, and a page of a phone on more bytes at once. */
const BATCH = 25;
const BATCH_BYTES = 160 * 1024 * 1024;
type Item = Order['items'][number];

/** The screen after payment: the photos themselves, each to save, all at once, and the receipt. */
@customElement('px-delivery')
export class PxDelivery extends PxElement {
  @property({ attribute: false }) order!: Order;
  @property() token = '';
  @property({ type: Boolean }) isFresh = false;
  @state() private links: DownloadLinks | null = null;
  /** My public pages by photo; null: not mine to share (a friend’s link), or not known. */
  @state() private shares: ReadonlyMap<string, PhotoShare> | null = null;
  @state() private busy = new Set<string>();
  @state() private saved = new Set<string>();
  /** Files fetched and waiting for a fresh tap, by batch or photo. */
  #ready = new Map<string, File[]>();
  #stop: (() => void) | null = null;
  @state() private fetched: { key: string; done: number; of: number } | null = null;

  constructor() {
    super();
    this.watch(online);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = online.watch((isReachable) => {
      if (isReachable && !this.links && this.order) void this.#loadLinks();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('order')) return;
    void this.#loadLinks();
    // Whoever only holds the order's link has nothing bought to show.
    if (!this.token)
      loadMyShares()
        .then((shares) => {
          this.shares = shares;
        })
        .catch(() => undefined);
  }

  async #loadLinks(): Promise<void> {
    try {
      this.links = await loadDownloads(this.order.id, this.token);
    } catch (error) {
      if (!this.links) toast(problemText(error), { kind: 'error' });
    }
  }

  #linkOf(photoId: string): DownloadLinks['items'][number] | undefined {
    return this.links?.items.find((item) => item.photoId === photoId);
  }

  protected override render(): TemplateResult {
    const { order } = this;
    const texts = t().order;
    const photos = order.items.filter((item) => item.delivery !== 'revoked');
    return html`<div class="page delivery ${this.isFresh ? 'fresh' : ''}">
      <header class="delivery-head">
        <p class="paid-mark" role="status">${icon('check')}<span>${this.isFresh ? t().pay.paid : texts.statuses[order.status]}</span></p>
        <h1 class="display">${texts.paidTitle}</h1>
        <p class="soft">${texts.paidBody(photos.length)}${this.isFresh ? html`<br />${texts.mailed(order.email)}` : nothing}</p>
        ${this.#saveAll(photos)}
        <px-keep-originals .orderId=${order.id} .links=${this.links}></px-keep-originals>
      </header>
      <ul class="delivery-photos">
        ${repeat(
          photos,
          (item) => item.photoId,
          (item, index) => this.#photo(item, index),
        )}
      </ul>
      <px-ask moment="order"></px-ask>
      ${this.#foot(order)}
    </div>`;
  }

  #saveAll(photos: readonly Item[]): TemplateResult | typeof nothing {
    const texts = t().order;
    if (!this.links && !online.value) return nothing;
    if (!this.links) return html`<span class="skeleton save-all-wait" aria-hidden="true"></span>`;
    const zip = this.links.zipUrl
      ? html`<a class="btn btn-big ${savesByShare() ? 'btn-line' : 'btn-gold'}" href=${this.links.zipUrl} download=${this.links.zipFileName}
          >${icon('download')}${texts.saveZip}<span class="num small">${formatBytes(this.links.totalBytes)}</span></a
        >`
      : nothing;
    if (!savesByShare() || photos.length < 2)
      return photos.length > 1 ? html`<div class="save-all">${zip}</div>` : nothing;
    const available = photos.filter((item) => this.#linkOf(item.photoId)?.url);
    const batches = inBatches(available, (item) => this.#linkOf(item.photoId)?.bytes ?? 0);
    return html`<div class="save-all">
      ${batches.map(({ items: batch, first }, i) => {
        const key = `batch-${i}`;
        const label = batches.length === 1 ? texts.saveAll : texts.shareBatch(first + 1, first + batch.length);
        return html`<button
          class="btn btn-big ${this.saved.has(key) ? 'btn-line' : 'btn-gold'}"
          ?disabled=${this.busy.has(key)}
          @click=${() => this.#share(key, batch)}
        >
          ${icon(this.saved.has(key) ? 'check' : 'share')}${
            this.fetched?.key === key
              ? texts.preparing(this.fetched.done, this.fetched.of)
              : this.#ready.has(key)
                ? texts.tapAgain
                : label
          }
        </button>`;
      })}
      ${zip} ${batches.length > 1 ? html`<p class="small soft">${texts.shareHint}</p>` : nothing}
    </div>`;
  }

  #photo(item: Item, index: number): TemplateResult {
    const texts = t().order;
    const link = this.#linkOf(item.photoId);
    const isKept = keptOriginals.value[item.photoId] !== undefined;
    const label = t().photo.label(index + 1, '');
    // A single photo's own button is the one action of the screen.
    const look = this.order.items.length === 1 ? 'btn-gold' : 'btn-line';
    const shape = item.width && item.height ? (item.width / item.height).toFixed(4) : '1.5';
    const small = item.thumbnailUrl ?? photoUrls(item.photoId).thumbnails.medium;
    const picture = html`<img src=${item.cleanUrl ?? small} alt=${label} loading="lazy"
      @error=${(event: Event) => fallBack(event.target as HTMLImageElement, small)} />`;
    return html`<li ${vars({ '--ratio': shape })}>
      ${link?.url ? html`<a href=${link.url} target="_blank" aria-label=${label}>${picture}</a>` : picture}
      ${
        item.delivery === 'waiting' || (link && !link.url)
          ? html`<p class="small">${texts.originalLater}</p>`
          : savesByShare()
            ? html`<button
              class="btn ${look}"
              aria-label="${texts.save}: ${label}"
              aria-busy=${this.busy.has(item.photoId) ? 'true' : 'false'}
              ?disabled=${!link && !isKept}
              @click=${() => this.#share(item.photoId, [item])}
            >
              ${icon(this.saved.has(item.photoId) ? 'check' : 'download')}${
                this.#ready.has(item.photoId)
                  ? texts.tapAgain
                  : this.saved.has(item.photoId)
                    ? t().app.saved
                    : texts.save
              }
            </button>`
            : isKept && !link
              ? html`<button class="btn ${look}" aria-label="${texts.save}: ${label}" @click=${() => this.#saveKept(item.photoId)}>
                  ${icon('download')}${texts.save}
                </button>`
              : html`<a
              class="btn ${look}"
              aria-label="${texts.save}: ${label}"
              aria-disabled=${link ? 'false' : 'true'}
              href=${link?.url ?? nothing}
              download=${link?.fileName ?? nothing}
              >${icon('download')}${texts.save}</a
            >`
      }
      ${
        this.shares
          ? html`<px-share-photo
              .photoId=${item.photoId}
              .eventName=${namedEvent(item)}
              .label=${label}
              .share=${this.shares.get(item.photoId) ?? null}
            ></px-share-photo>`
          : nothing
      }
    </li>`;
  }

  /** From this device, also without signal. */
  async #saveKept(photoId: string): Promise<void> {
    const file = await keptOriginal(photoId).catch(() => null);
    if (file) await saveBlob(file, file.name);
    else toast(t().order.saveFailed, { kind: 'error' });
  }

  /** Fetches, then shares; when fetching took so long that the tap no longer counts, the next tap shares at once. */
  async #share(key: string, items: readonly Item[]): Promise<void> {
    if (this.busy.has(key)) return;
    this.busy = new Set(this.busy).add(key);
    try {
      let files = this.#ready.get(key);
      if (!files) {
        files = [];
        for (const item of items) {
          const kept = await keptOriginal(item.photoId).catch(() => null);
          const link = this.#linkOf(item.photoId);
          if (!kept && !link?.url) continue;
          if (items.length > 1) this.fetched = { key, done: files.length, of: items.length };
          files.push(kept ?? (await fetchFile(link!.url!, link!.fileName)));
        }
      }
      const outcome = await shareFiles(files);
      if (outcome === 'needs-tap') this.#ready.set(key, files);
      else this.#ready.delete(key);
      if (outcome === 'saved') this.saved = new Set(this.saved).add(key);
    } catch {
      toast(t().order.saveFailed, { kind: 'error' });
      void this.#loadLinks(); // the signed link may have run out
    } finally {
      this.fetched = null;
      const busy = new Set(this.busy);
      busy.delete(key);
      this.busy = busy;
    }
  }

  #foot(order: Order): TemplateResult {
    const texts = t().order;
    return html`<footer class="delivery-foot stack">
      <p class="spread"><span>${texts.number(order.number)}</span><strong class="num">${formatMoney(order.payment?.paidSatang ?? order.totalSatang)}</strong></p>
      <p class="small soft num">${texts.placed(formatDateTime(order.placedAt))}</p>
      <div class="row wrap">
        ${documentLinks(order)}
        <button class="btn btn-quiet" @click=${this.#newLinks}>${icon('mail')}${texts.newLink}</button>
        ${order.can.refund ? html`<px-refund .order=${order}></px-refund>` : nothing}
      </div>
      ${order.refunds.map((refund) => html`<p class="note num">${icon('info')}<span>${formatMoney(refund.amountSatang)} · ${texts.refundStates[refund.status]}</span></p>`)}
      ${
        accountUser()
          ? nothing
          : html`<p class="note">${icon('user')}<span>${texts.keepInAccount} <a href="/register">${t().auth.register}</a></span></p>`
      }
    </footer>`;
  }

  readonly #newLinks = async (): Promise<void> => {
    try {
      this.links = await api('POST /api/orders/:id/redownload', {
        params: { id: this.order.id },
        query: { token: this.token || undefined },
        idempotencyKey: crypto.randomUUID(),
      });
      toast(t().order.newLinkSent, { kind: 'success' });
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    }
  };
}

/** Groups for one share sheet each: so many files, and so many bytes unless one file alone is more. */
export function inBatches<T>(items: readonly T[], bytesOf: (item: T) => number): { first: number; items: T[] }[] {
  const batches: { first: number; items: T[]; bytes: number }[] = [];
  for (const [index, item] of items.entries()) {
    const last = batches.at(-1);
    const bytes = bytesOf(item);
    if (last && last.items.length < BATCH && last.bytes + bytes <= BATCH_BYTES) {
      last.items.push(item);
      last.bytes += bytes;
    } else batches.push({ first: index, items: [item], bytes });
  }
  return batches;
}

/** Offline or just refunded: the small thumbnail, which carries no watermark either, stands in. */
function fallBack(image: HTMLImageElement, thumbnailUrl: string): void {
  if (image.getAttribute('src') !== thumbnailUrl) image.src = thumbnailUrl;
}
