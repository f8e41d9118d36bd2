import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import '../../components/px-file-picker.ts';
import { icon } from '../../components/px-icon.ts';
import { online } from '../../data/connectivity.ts';
import { grantConsent } from '../../data/consents.ts';
import { uploadSelfie } from '../../data/searches.ts';
import { t } from '../../i18n/i18n.ts';
import { problemText } from '../../i18n/problems.ts';
import './px-consent.ts';
import { shrinkPicture, UnreadablePicture } from './pictures.ts';
import { unreadableText } from './px-selfie.ts';

/** As large as a face needs; also keeps the upload below half a megabyte. */
const LONGEST_SIDE = 1600;

/**
 * The other way: the selfie itself goes to the server, with a consent of its own, and is deleted there after the search. Needs signal: the
 * picture is never kept on the phone. Emits `px-uploaded` (the search's id) and `px-back`.
 */
@customElement('px-upload-selfie')
export class PxUploadSelfie extends PxElement {
  @property() eventId = '';
  /** The device can do it by itself after all. */
  @property({ type: Boolean }) canGoBack = false;
  @state() private consentId: string | null = null;
  @state() private picture: { blob: Blob; url: string } | null = null;
  @state() private busy = false;
  @state() private problem = '';

  constructor() {
    super();
    this.watch(online);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#forget();
  }

  #forget(): void {
    if (this.picture) URL.revokeObjectURL(this.picture.url);
    this.picture = null;
  }

  readonly #agree = async (): Promise<void> => {
    this.problem = '';
    this.busy = true;
    try {
      this.consentId = (await grantConsent(this.eventId, 'selfie_upload')).id;
    } catch (error) {
      this.problem = online.value ? problemText(error) : t().find.upload.offline;
    } finally {
      this.busy = false;
    }
  };

  async #choose(file: Blob): Promise<void> {
    this.problem = '';
    this.#forget();
    try {
      const blob = await shrinkPicture(file, LONGEST_SIDE);
      this.picture = { blob, url: URL.createObjectURL(blob) };
    } catch (error) {
      // What this browser cannot open (HEIC), the server perhaps can: it is shown without a preview.
      if (error instanceof UnreadablePicture && error.reason === 'heic') this.picture = { blob: file, url: '' };
      else this.problem = error instanceof UnreadablePicture ? unreadableText(error) : t().find.unreadable;
    }
  }

  readonly #send = async (): Promise<void> => {
    if (!this.picture || !this.consentId || this.busy) return;
    this.problem = '';
    this.busy = true;
    try {
      const { id } = await uploadSelfie(this.eventId, this.picture.blob, this.consentId);
      this.#forget();
      this.emit('px-uploaded', id);
    } catch (error) {
      this.problem = online.value ? problemText(error) : t().find.upload.offline;
    } finally {
      this.busy = false;
    }
  };

  protected override render(): TemplateResult {
    const texts = t().find.upload;
    return html`<div class="upload-selfie stack">
      ${
        this.consentId
          ? this.#chooser()
          : html`<px-consent purpose="selfie_upload" .busy=${this.busy} @px-agree=${this.#agree}></px-consent>`
      }
      ${online.value ? nothing : html`<p class="note">${icon('cloud-off')}<span>${texts.offline}</span></p>`}
      <div role="alert">
        ${this.problem && online.value ? html`<p class="note note-error">${icon('warning')}<span>${this.problem}</span></p>` : nothing}
      </div>
      ${
        this.canGoBack
          ? html`<button class="btn btn-quiet btn-wide" @click=${() => this.emit('px-back')}>${icon('phone')}${texts.back}</button>`
          : nothing
      }
    </div>`;
  }

  #chooser(): TemplateResult {
    const texts = t().find.upload;
    return html`<section class="selfie" aria-labelledby="upload-title">
      <h1 class="page-title" id="upload-title">${texts.title}</h1>
      ${
        this.picture
          ? html`<div class="camera camera-still">
            ${this.picture.url ? html`<img src=${this.picture.url} alt=${texts.preview} />` : icon('face')}
          </div>`
          : html`<div class="camera camera-still" aria-hidden="true">${icon('face')}</div>`
      }
      <p class="leaves">${icon('upload')}${texts.leaves}</p>
      <div class="selfie-actions">
        ${
          this.picture
            ? html`<button
              class="btn btn-gold btn-big"
              ?disabled=${this.busy || !online.value}
              aria-busy=${this.busy ? 'true' : 'false'}
              @click=${this.#send}
            >
              ${icon('search')}${this.busy ? texts.sending : texts.send}
            </button>`
            : nothing
        }
        <px-file-picker
          .label=${this.picture ? t().find.otherPicture : texts.choose}
          .look=${this.picture ? 'line' : 'gold'}
          ?disabled=${this.busy}
          @px-files=${(event: CustomEvent<File[]>) => this.#choose(event.detail[0]!)}
        ></px-file-picker>
      </div>
    </section>`;
  }
}
