import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { downloadBytes, type WantedSpaces } from '#face/browser/wanted.ts';
import { PxElement } from '../../components/element.ts';
import '../../components/px-file-picker.ts';
import { icon } from '../../components/px-icon.ts';
import '../../components/px-ring.ts';
import { online } from '../../data/connectivity.ts';
import { t } from '../../i18n/i18n.ts';
import type { CameraFailure } from './camera-stream.ts';
import type { FaceFinder } from './face-finder.ts';
import type { Selfie } from './px-camera.ts';
import './px-camera.ts';
import type { ManyFaces } from './px-pick-face.ts';
import './px-pick-face.ts';
import { readPicture, UnreadablePicture } from './pictures.ts';

/** LINE's browser and a few others give no camera to pages: there one starts with the file chooser. */
const hasCamera = (): boolean =>
  typeof navigator.mediaDevices?.getUserMedia === 'function' &&
  !/\bLine\/|FBAN|FBAV|Instagram/.test(navigator.userAgent);

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);

/** A selfie by camera, from a file, or the sample; emits `px-selfie` (Selfie), and `px-upload` when it should be sent instead. */
@customElement('px-selfie')
export class PxSelfie extends PxElement {
  @property({ attribute: false }) finder!: FaceFinder;
  @property({ attribute: false }) spaces!: WantedSpaces;
  @property({ attribute: false }) sampleUrl: string | null = null;
  /** Whether the picture itself may be sent instead. */
  @property({ type: Boolean }) canUpload = true;
  @state() private camera: 'asking' | 'open' | CameraFailure = hasCamera() ? 'asking' : 'none';
  @state() private reading = false;
  @state() private problem = '';
  /** A picture with several faces, of which one is to be chosen. */
  @state() private picture: ManyFaces | null = null;
  #stop: (() => void) | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.finder.load(this.spaces);
    const stopFinder = this.finder.state.watch(() => this.requestUpdate());
    const stopOnline = online.watch((reachable) => {
      if (!reachable) return;
      this.problem = '';
      this.finder.load(this.spaces);
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
    this.picture = null;
  }

  /** Where the camera was allowed before, it opens by itself; else one tap asks, so that the browser's question is expected. */
  async #openIfAllowed(): Promise<void> {
    if (this.camera !== 'asking') return;
    try {
      const permission = await navigator.permissions.query({ name: 'camera' as PermissionName });
      if (permission.state === 'granted' && this.camera === 'asking') this.camera = 'open';
    } catch {
      // not every browser tells
    }
  }

  get #likeness() {
    return new Map(this.spaces.spaces.map(({ id, calibration }) => [id, calibration]));
  }

  async #read(file: Blob): Promise<void> {
    this.problem = '';
    this.reading = true;
    this.picture = null;
    this.#closeCamera();
    try {
      const picture = await readPicture(file);
      // The worker takes the pixels away; these stay in case that there is a choice.
      const shown = new ImageData(new Uint8ClampedArray(picture.data), picture.width, picture.height);
      const faces = await this.finder.look(picture, false);
      if (faces.length === 0) this.problem = t().find.noFace;
      else if (faces.length > 1) this.picture = { image: shown, faces };
      else await this.#describe(0);
    } catch (error) {
      this.problem = error instanceof UnreadablePicture ? unreadableText(error) : this.#whyFailed();
    } finally {
      this.reading = false;
    }
  }

  async #describe(face: number): Promise<void> {
    this.emit<Selfie>('px-selfie', { descriptors: await this.finder.describe(face), frames: 1 });
  }

  #whyFailed(): string {
    return this.finder.state.value.isUnsupported ? '' : t().find.engineNeedsSignal;
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
    const isUnsupported = this.finder.state.value.isUnsupported;
    const failed = this.camera === 'busy' || this.camera === 'denied';
    return html`<section class="selfie" aria-label=${texts.title}>
      <h1 class="sr-only">${texts.title}</h1>
      ${this.#stage(isUnsupported)}
      <p class="stays">${icon('shield')}${texts.stays}</p>
      <div role="alert">
        ${this.problem ? html`<p class="note note-error">${icon('warning')}<span>${this.problem}</span></p>` : nothing}
        ${
          isUnsupported
            ? html`<p class="note note-error">${icon('warning')}<span>${texts.engineFailed} ${texts.engineFailedHint}</span></p>`
            : nothing
        }
      </div>
      ${this.#loading()}
      ${
        isUnsupported
          ? nothing
          : html`<div class="selfie-actions">
            ${
              (this.camera === 'asking' || failed) && !this.reading && !this.picture
                ? html`<button class="btn btn-gold btn-big" @click=${() => this.#openCamera()}>
                  ${icon('camera')}${failed ? texts.cameraAgain : texts.start}
                </button>`
                : nothing
            }
            <px-file-picker
              .label=${this.picture ? texts.otherPicture : texts.chooseFile}
              .look=${this.camera === 'none' && !this.picture ? 'gold' : 'line'}
              ?disabled=${this.reading}
              @click=${() => this.#closeCamera()}
              @px-files=${(event: CustomEvent<File[]>) => this.#read(event.detail[0]!)}
            ></px-file-picker>
            ${
              this.sampleUrl
                ? html`<button class="btn btn-quiet" ?disabled=${this.reading} @click=${this.#sample}>
                  ${icon('sparkle')}${texts.sample}
                </button>`
                : nothing
            }
          </div>`
      }
      ${
        this.canUpload
          ? html`<div class="upload-offer ${isUnsupported ? 'is-main' : ''}">
            <button class="btn ${isUnsupported ? 'btn-gold btn-big' : 'btn-quiet'}" @click=${() => this.emit('px-upload')}>
              ${icon('upload')}${texts.upload.offer}
            </button>
            ${isUnsupported ? html`<p class="small soft">${texts.upload.offerHint}</p>` : nothing}
          </div>`
          : nothing
      }
    </section>`;
  }

  /** Who chooses a file must not be photographed meanwhile, nor afterwards unasked. */
  #closeCamera(): void {
    if (this.camera === 'open') this.camera = 'asking';
  }

  #openCamera(): void {
    this.problem = '';
    this.camera = 'open';
  }

  #stage(isUnsupported: boolean): TemplateResult {
    const texts = t().find;
    if (this.picture) {
      return html`<px-pick-face
        .picture=${this.picture}
        @px-face=${(event: CustomEvent<number>) => {
          this.reading = true;
          this.picture = null;
          this.#describe(event.detail)
            .catch(() => {
              this.problem = this.#whyFailed();
            })
            .finally(() => {
              this.reading = false;
            });
        }}
      ></px-pick-face>`;
    }
    if (this.camera === 'open' && !this.reading && !isUnsupported) {
      return html`<px-camera
        .finder=${this.finder}
        .likeness=${this.#likeness}
        @px-camera-failed=${(event: CustomEvent<CameraFailure>) => {
          this.camera = event.detail;
        }}
        @px-engine-failed=${() => {
          this.camera = 'asking';
          this.problem = this.#whyFailed();
        }}
      ></px-camera>`;
    }
    const words: Record<string, string> = {
      denied: texts.cameraDenied,
      none: texts.cameraNone,
      busy: texts.cameraBusy,
    };
    return html`<div class="camera camera-still ${this.reading ? 'scan' : ''}" aria-hidden="true">${icon('face')}</div>
      <p class="guide" role="status">${this.reading ? texts.reading : isUnsupported ? '' : (words[this.camera] ?? texts.intro)}</p>`;
  }

  #loading(): TemplateResult | typeof nothing {
    const { phase, came, total } = this.finder.state.value;
    if (phase !== 'loading') return nothing;
    const texts = t().find;
    const share = total > 0 ? came / total : 0;
    return html`<div class="model-load">
      <px-ring .value=${share} .text=${total > 0 ? `${Math.round(share * 100)}%` : ''} .label=${texts.preparing}></px-ring>
      <p>
        <strong>${texts.preparing}</strong> <span class="small soft num">${total > 0 ? texts.loaded(megabytes(came), megabytes(total)) : ''}</span><br />
        <span class="small soft">${texts.preparingHint(megabytes(downloadBytes(this.spaces)))}</span>
      </p>
    </div>`;
  }
}

export function unreadableText({ reason }: UnreadablePicture): string {
  const texts = t().find;
  return reason === 'heic' ? texts.unreadableHeic : reason === 'size' ? texts.unreadableSize : texts.unreadable;
}
