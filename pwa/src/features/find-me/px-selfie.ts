import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import '../../components/px-file-picker.ts';
import '../../components/px-ring.ts';
import { online } from '../../data/connectivity.ts';
import { t } from '../../i18n/i18n.ts';
import { type FaceFinder, readPicture } from './face-finder.ts';
import './px-camera.ts';

/** LINE's browser and a few others give no camera to pages: there one starts with the file chooser. */
const hasCamera = (): boolean =>
  typeof navigator.mediaDevices?.getUserMedia === 'function' &&
  !/\bLine\/|FBAN|FBAV|Instagram/.test(navigator.userAgent);

/** A selfie by camera, from a file, or the sample; emits `px-selfie` with the descriptor. */
@customElement('px-selfie')
export class PxSelfie extends PxElement {
  @property({ attribute: false }) finder!: FaceFinder;
  @property({ attribute: false }) sampleUrl: string | null = null;
  @property() eventSlug = '';
  @state() private camera: 'asking' | 'open' | 'denied' | 'none' = hasCamera() ? 'asking' : 'none';
  @state() private reading = false;
  @state() private problem = '';
  #stop: (() => void) | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.finder.load();
    const stopFinder = this.finder.state.watch(() => this.requestUpdate());
    const stopOnline = online.watch((reachable) => {
      if (!reachable) return;
      this.problem = '';
      this.finder.load();
    });
    this.#stop = () => {
      stopFinder();
      stopOnline();
    };
    void this.#openIfAllowed();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
  }

  /** Where the camera was allowed before, it opens by itself; else one tap asks, so that the browser's question is expected. */
  async #openIfAllowed(): Promise<void> {
    if (this.camera !== 'asking') return;
    try {
      const permission = await navigator.permissions.query({ name: 'camera' as PermissionName });
      if (permission.state === 'granted') this.camera = 'open';
    } catch {
      // not every browser tells
    }
  }

  #whyFailed(): string {
    return this.finder.state.value.isUnsupported ? t().find.engineFailed : t().find.engineNeedsSignal;
  }

  async #read(file: Blob): Promise<void> {
    this.problem = '';
    this.reading = true;
    try {
      const picture = await readPicture(file).catch(() => null);
      if (!picture) {
        this.problem = t().find.unreadable;
        return;
      }
      const seen = await this.finder.describe(picture);
      if (!seen.descriptor) this.problem = t().find.noFace;
      else if (seen.faceCount > 1) this.problem = t().find.manyFaces;
      else this.emit('px-selfie', seen.descriptor);
    } catch {
      this.problem = this.#whyFailed();
    } finally {
      this.reading = false;
    }
  }

  readonly #sample = async (): Promise<void> => {
    this.reading = true;
    try {
      const response = await fetch(this.sampleUrl!);
      if (!response.ok) throw new Error(`sample answered ${response.status}`);
      await this.#read(await response.blob());
    } catch {
      this.problem = t().errors.unreachable;
      this.reading = false;
    }
  };

  protected override render(): TemplateResult {
    const texts = t().find;
    return html`<section class="selfie" aria-label=${texts.title}>
      ${
        this.camera === 'open' && !this.reading
          ? html`<px-camera
            .finder=${this.finder}
            @px-camera-failed=${(event: CustomEvent<'denied' | 'none'>) => {
              this.camera = event.detail;
            }}
            @px-engine-failed=${() => {
              this.camera = 'asking';
              this.problem = this.#whyFailed();
            }}
          ></px-camera>`
          : this.#still()
      }
      <p class="stays">${icon('shield')}${texts.stays}</p>
      <div role="alert">
        ${this.problem ? html`<p class="note note-error">${icon('warning')}<span>${this.problem}</span></p>` : nothing}
      </div>
      ${this.#loading()}
      <div class="selfie-actions">
        ${
          this.camera === 'asking' && !this.reading
            ? html`<button class="btn btn-gold btn-big" @click=${() => (this.camera = 'open')}>
              ${icon('camera')}${texts.start}
            </button>`
            : nothing
        }
        <px-file-picker
          .label=${texts.chooseFile}
          .look=${this.camera === 'asking' || this.camera === 'open' ? 'line' : 'gold'}
          ?disabled=${this.reading}
          @px-files=${(event: CustomEvent<File[]>) => this.#read(event.detail[0]!)}
        ></px-file-picker>
        ${
          this.sampleUrl
            ? html`<button class="btn btn-quiet" ?disabled=${this.reading} @click=${this.#sample}>
              ${icon('sparkle')}${texts.sample}
            </button>`
            : nothing
        }
      </div>
    </section>`;
  }

  #still(): TemplateResult {
    const texts = t().find;
    const words = this.reading
      ? texts.reading
      : this.camera === 'denied'
        ? texts.cameraDenied
        : this.camera === 'none'
          ? texts.cameraNone
          : texts.intro;
    return html`<div class="camera camera-still ${this.reading ? 'scan' : ''}" aria-hidden="true">${icon('face')}</div>
      <p class="guide" role="status">${words}</p>`;
  }

  #loading(): TemplateResult | typeof nothing {
    const { phase, loadedBytes, totalBytes } = this.finder.state.value;
    if (phase !== 'loading') return nothing;
    const share = totalBytes > 0 ? loadedBytes / totalBytes : 0;
    const percent = Math.round(share * 100);
    return html`<div class="model-load">
      <px-ring .value=${share} .text=${totalBytes > 0 ? `${percent}%` : ''} .label=${t().find.preparing}></px-ring>
      <p><strong>${t().find.preparing}</strong><br /><span class="small soft">${t().find.preparingHint}</span></p>
    </div>`;
  }
}
