import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { icon } from '../../components/px-icon.ts';
import { vars } from '../../components/vars.ts';
import { t } from '../../i18n/i18n.ts';
import { Burst, type Likeness, SHOTS } from './burst.ts';
import { type Camera, CameraError, openCamera } from './camera-stream.ts';
import type { FaceFinder } from './face-finder.ts';
import { faceButtons, faceMarks } from './face-marks.ts';
import { centreOf, type Guide, guideFor, Steady, subjectOf } from './guide.ts';
import type { Descriptors, SeenFaceView } from './messages.ts';
import { dropFrame, readFrame } from './pictures.ts';

/** Side of the square that is looked at: enough for a sharp face, quick on a mid-range phone. */
const LOOK_AT = 480;
/** Good for this long: then it takes the pictures by itself. */
const HOLD_MS = 400;
/** A face that never gets good is shown the button after this, and taken as it is after that. */
const OFFER_MS = 5_000;
const GIVE_UP_MS = 12_000;
/** Mean brightness of a face, 0..255, below which the screen helps with light, and above which it stops. */
const DARK = 70;
const LIT = 105;
/** Screen readers hear a new sentence at most this often. */
const SAY_MS = 2_500;

export interface Selfie {
  descriptors: Descriptors;
  /** Pictures that were averaged. */
  frames: number;
}

/**
 * The camera in a circle. Says in words what would make the picture better, takes a burst of good ones by itself or at the button, and
 * emits `px-selfie` (Selfie); `px-camera-failed` (CameraFailure) when there is none to be had; `px-engine-failed`.
 */
@customElement('px-camera')
export class PxCamera extends PxElement {
  @property({ attribute: false }) finder!: FaceFinder;
  @property({ attribute: false }) likeness: ReadonlyMap<string, Likeness> = new Map();
  @state() private guide: Guide = 'looking';
  @state() private said = '';
  @state() private shots = 0;
  @state() private faces: readonly SeenFaceView[] = [];
  @state() private chosen: { x: number; y: number } | null = null;
  @state() private camera: Camera | null = null;
  @state() private isLive = false;
  @state() private isDark = false;
  @state() private isSlow = false;
  @query('video') private video!: HTMLVideoElement;
  /** The button was pressed: what is usable is good enough. */
  #isWanted = false;
  #run = 0;
  #saidAt = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.#onVisibility);
    addEventListener('pagehide', this.#rest);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.#onVisibility);
    removeEventListener('pagehide', this.#rest);
    this.#rest();
    dropFrame();
  }

  protected override firstUpdated(): void {
    void this.#start();
  }

  /** The light goes out when nobody looks: a camera that runs behind another app frightens. */
  readonly #onVisibility = (): void => {
    if (document.visibilityState === 'hidden') this.#rest();
    else if (!this.camera) void this.#start();
  };

  readonly #rest = (): void => {
    this.#run++;
    this.camera?.stop();
    this.camera = null;
    this.isLive = false;
    this.faces = [];
    this.shots = 0;
    this.guide = 'paused';
  };

  readonly #lost = (): void => {
    this.#rest();
    this.emit('px-camera-failed', 'busy');
  };

  async #start(switchFrom: Camera | null = null): Promise<void> {
    const run = ++this.#run;
    this.isLive = false;
    this.guide = 'looking';
    let camera: Camera;
    try {
      camera = await openCamera(this.#lost, switchFrom);
    } catch (error) {
      if (run !== this.#run) return;
      this.camera = null;
      this.emit('px-camera-failed', error instanceof CameraError ? error.reason : 'none');
      return;
    }
    if (run !== this.#run || !this.isConnected) {
      camera.stop();
      return;
    }
    this.camera = camera;
    this.video.srcObject = camera.stream;
    await this.video.play().catch(() => undefined);
    this.isLive = true;
    this.chosen = null;
    this.#isWanted = false;
    await this.#watch(run).catch(() => {
      if (run !== this.#run) return;
      this.#rest();
      this.emit('px-engine-failed');
    });
  }

  /** Looks frame by frame until the burst is complete. */
  async #watch(run: number): Promise<void> {
    let burst = new Burst(this.likeness);
    const steady = new Steady<Guide>('looking');
    let goodSince = 0;
    let usableSince = 0;
    let lastTime = -1;
    while (run === this.#run) {
      if (this.video.videoWidth === 0 || this.video.currentTime === lastTime) {
        await nextFrame();
        continue;
      }
      lastTime = this.video.currentTime;
      const at = performance.now();
      const faces = await this.finder.look(readFrame(this.video, LOOK_AT), true);
      if (run !== this.#run) return;
      const subject = subjectOf(faces, this.chosen);
      const face = subject === 'many' ? null : subject;
      const guide = subject === 'many' ? 'many' : guideFor(face);
      this.faces = faces;
      this.#light(face);
      if (face && this.chosen) this.chosen = centreOf(face);
      goodSince = guide === 'good' ? goodSince || at : 0;
      if (face) usableSince ||= at;
      else {
        usableSince = 0;
        if (burst.count > 0) burst = new Burst(this.likeness);
      }
      const waited = usableSince > 0 ? at - usableSince : 0;
      this.isSlow = waited > OFFER_MS && burst.count === 0;
      const isTaken =
        face !== null &&
        (this.#isWanted || waited > GIVE_UP_MS || (goodSince > 0 && (burst.count > 0 || at - goodSince >= HOLD_MS)));
      if (isTaken && burst.isDue(at)) {
        const descriptors = await this.finder.describe(faces.indexOf(face));
        if (run !== this.#run) return;
        burst.add(descriptors, at);
      }
      this.shots = burst.count;
      this.#say(steady.say(guide));
      if (burst.isComplete(performance.now())) {
        this.#rest();
        this.shots = burst.count;
        this.emit<Selfie>('px-selfie', { descriptors: burst.template(), frames: burst.count });
        return;
      }
      await nextFrame();
    }
  }

  #light(face: SeenFaceView | null): void {
    if (!face || !this.camera?.isMirrored) return;
    if (face.brightness < DARK) this.isDark = true;
    else if (face.brightness > LIT) this.isDark = false;
  }

  #say(guide: Guide): void {
    this.guide = guide;
    const now = performance.now();
    const sentence = t().find.guide[guide];
    if (sentence === this.said || now - this.#saidAt < SAY_MS) return;
    this.said = sentence;
    this.#saidAt = now;
  }

  protected override render(): TemplateResult {
    const texts = t().find;
    const isMirrored = this.camera?.isMirrored ?? true;
    const isMany = subjectOf(this.faces, this.chosen) === 'many';
    return html`<div class="camera ${this.guide === 'good' ? 'good' : ''} ${this.isDark ? 'lamp' : ''}">
      <video class="${this.isLive ? 'in' : ''} ${isMirrored ? 'mirrored' : ''}" playsinline muted aria-hidden="true"></video>
      ${faceMarks(this.faces, { isMirrored, isGood: this.guide === 'good' })}
      <svg class="shot-ring" viewBox="0 0 100 100" aria-hidden="true">
        <circle class="ring-track" cx="50" cy="50" r="48.5" pathLength="100" />
        <circle
          class="ring-value"
          cx="50"
          cy="50"
          r="48.5"
          pathLength="100"
          ${vars({ 'stroke-dashoffset': String(100 - (this.shots / SHOTS) * 100) })}
        />
      </svg>
      ${
        isMany
          ? faceButtons(this.faces, { isMirrored }, (face) => {
              this.chosen = centreOf(face);
            })
          : nothing
      }
    </div>
    <p class="guide" aria-hidden="true">
      ${texts.guide[this.guide]}${this.shots > 0 ? html` <span class="num soft">${texts.guide.shot(this.shots, SHOTS)}</span>` : nothing}
    </p>
    <p class="sr-only" role="status">${this.said}</p>
    <p class="small soft take-anyway" ?hidden=${!this.isSlow}>${texts.takeAnyway}</p>
    <div class="camera-buttons">
      <span></span>
      <button
        class="shutter"
        aria-label=${texts.shutter}
        ?disabled=${!this.isLive || this.faces.length === 0 || isMany}
        @click=${() => {
          this.#isWanted = true;
        }}
      ></button>
      ${
        (this.camera?.count ?? 0) > 1
          ? html`<button class="btn btn-quiet switch-camera" aria-label=${texts.switchCamera} @click=${() => void this.#start(this.camera)}>
            ${icon('refresh')}
          </button>`
          : html`<span></span>`
      }
    </div>`;
  }
}

const nextFrame = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 30));
