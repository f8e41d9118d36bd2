import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { cart, cartPrice } from '../context/cart.ts';
import { favorites, isFavorite, toggleFavorite } from '../context/favorites.ts';
import { toast } from '../context/toasts.ts';
import { bought, loadBought } from '../data/bought.ts';
import { keptOriginal } from '../data/originals.ts';
import { sharePhoto, unsharePhoto } from '../data/shares.ts';
import type { EventView, Photo, PhotoList } from '../data/types.ts';
import { t } from '../i18n/i18n.ts';
import { problemText } from '../i18n/problems.ts';
import { PxElement } from './element.ts';
import { photoActions } from './photo-actions.ts';
import { icon } from './px-icon.ts';
import './px-lightbox.ts';
import { fetchFile, saveBlob, savesByShare, shareFiles } from './save.ts';
import { shareLink } from './share.ts';

/**
 * The lightbox with what can be done with the photo: into the cart, heart, share; with a bought one save and share instead. The events of
 * the lightbox bubble through: `px-show`, `px-close`.
 */
@customElement('px-photo-viewer')
export class PxPhotoViewer extends PxElement {
  @property({ attribute: false }) photos: readonly Photo[] | PhotoList = [];
  /** Id of the photo shown. */
  @property() current = '';
  /** All there are, when more than what is loaded. */
  @property({ type: Number }) total = 0;
  /** More photos may still come. */
  @property({ type: Boolean }) partial = false;
  /** Every photo is the person's own: the library. */
  @property({ type: Boolean }) isMine = false;
  @property({ attribute: false }) eventOf: (photo: Photo) => EventView | null = () => null;
  /** The event's name, for the words beside a link. */
  @property({ attribute: false }) nameOf: (photo: Photo) => string = () => '';
  /** The photo's own page; null: there is none to hand on. */
  @property({ attribute: false }) pathOf: (photo: Photo) => string | null = () => null;
  /** More to decide about the photo, above its actions. */
  @property({ attribute: false }) extra: ((photo: Photo) => TemplateResult) | null = null;
  @state() private busy = '';
  /** An original that was fetched and waits for a fresh tap. */
  #ready: { id: string; file: File } | null = null;

  constructor() {
    super();
    for (const store of [bought, favorites, cart, cartPrice]) this.watch<unknown>(store as never);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void loadBought();
  }

  protected override render(): TemplateResult {
    return html`<px-lightbox
      .photos=${this.photos}
      .current=${this.current}
      .total=${this.total}
      .partial=${this.partial}
      .tools=${(photo: Photo) => this.#tools(photo)}
      .actions=${(photo: Photo) => html`${this.extra?.(photo) ?? nothing}${this.#owns(photo) ? this.#own(photo) : photoActions(photo, this.eventOf(photo))}`}
    ></px-lightbox>`;
  }

  #owns(photo: Photo): boolean {
    return this.isMine || bought.value.has(photo.id);
  }

  #tools(photo: Photo): TemplateResult {
    const marked = isFavorite(photo.id);
    const isMine = this.#owns(photo);
    const path = this.pathOf(photo);
    return html`${
      this.isMine
        ? nothing
        : html`<button
            class="btn btn-icon ${marked ? 'heart-on' : ''}"
            aria-pressed=${marked ? 'true' : 'false'}
            aria-label=${marked ? t().favorites.remove : t().favorites.add}
            @click=${() => toggleFavorite(photo)}
          >
            ${icon('heart')}
          </button>`
    }
    ${
      isMine || path
        ? html`<button
            class="btn btn-icon"
            aria-label=${t().gallery.sharePhoto}
            ?disabled=${this.busy === 'share'}
            @click=${() =>
              isMine
                ? this.#share(photo)
                : shareLink(path!, t().gallery.sharePhotoText(this.nameOf(photo)), t().gallery.sharePhoto)}
          >
            ${icon('share')}
          </button>`
        : nothing
    }`;
  }

  /** Below a photo that is the person's: where it comes from, and the original. */
  #own(photo: Photo): TemplateResult {
    const texts = t().order;
    const orderId = bought.value.get(photo.id);
    const label = this.#ready?.id === photo.id ? texts.tapAgain : texts.save;
    return html`<div class="photo-actions">
      <p>
        <strong class="row">${icon('check')}${t().photo.bought}</strong>
        ${orderId ? html`<a class="soft" href="/orders/${orderId}">${t().photo.toOrder}</a>` : nothing}
      </p>
      ${
        savesByShare()
          ? html`<button class="btn btn-gold" aria-busy=${this.busy === 'save' ? 'true' : 'false'} @click=${() => this.#save(photo)}>
              ${icon('download')}${label}
            </button>`
          : html`<a class="btn btn-gold" href=${originalOf(photo)} download @click=${(event: Event) => this.#saveKept(photo, event)}
              >${icon('download')}${label}</a
            >`
      }
    </div>`;
  }

  /** Makes the photo's public page and hands on its link; what that means is said, with the way back. */
  async #share(photo: Photo): Promise<void> {
    if (this.busy) return;
    this.busy = 'share';
    try {
      const { path } = await sharePhoto(photo.id);
      await shareLink(path, t().share.text(this.nameOf(photo)));
      toast(t().share.yours, { action: { label: t().share.stop, run: () => void this.#unshare(photo) } });
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    } finally {
      this.busy = '';
    }
  }
  async #unshare(photo: Photo): Promise<void> {
    try {
      await unsharePhoto(photo.id);
      toast(t().share.stopped, { kind: 'success' });
    } catch (error) {
      toast(problemText(error), { kind: 'error' });
    }
  }

  /** Through the share sheet; when fetching took so long that the tap no longer counts, the next tap shares at once. */
  async #save(photo: Photo): Promise<void> {
    if (this.busy) return;
    this.busy = 'save';
    try {
      const ready = this.#ready?.id === photo.id ? this.#ready.file : null;
      const kept = ready ?? (await keptOriginal(photo.id).catch(() => null));
      const file = kept ?? (await fetchFile(originalOf(photo), `${photo.id.slice(0, 8)}.jpg`));
      this.#ready = (await shareFiles([file])) === 'needs-tap' ? { id: photo.id, file } : null;
    } catch {
      toast(t().order.saveFailed, { kind: 'error' });
    } finally {
      this.busy = '';
    }
  }

  /** Without signal the link leads nowhere; the original may lie on the device. */
  async #saveKept(photo: Photo, event: Event): Promise<void> {
    if (navigator.onLine) return;
    event.preventDefault();
    const file = await keptOriginal(photo.id).catch(() => null);
    if (file) await saveBlob(file, file.name);
    else toast(t().order.saveFailed, { kind: 'error' });
  }
}

const originalOf = (photo: Photo): string => `/api/photos/${photo.id}/original`;
