import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { meanDescriptor } from '#face/descriptor.ts';
import { PxElement } from '../../components/element.ts';
import { vars } from '../../components/vars.ts';
import { t } from '../../i18n/i18n.ts';
import { type FaceFinder, readFrame } from './face-finder.ts';
import type { Described } from './messages.ts';

type Guide = keyof ReturnType<typeof t>['find']['guide'];
const SHOTS = 3;
/** The shorter side that is looked at: enough for a sharp face, quick on a mid-range phone. */
const LOOK_AT = 480;
const GIVE_UP_MS = 9_000;

/**
 * The camera in a circle. Says in words what would make the picture better, takes three good ones by itself and emits `px-selfie` with
 * the mean of their descriptors; `px-camera-failed` (detail: 'denied' | 'none') when there is no camera to be had.
 */
@customElement('px-camera')
export class PxCamera extends PxElement {
  @property({ attribute: false }) finder!: FaceFinder;
  @state() private guide: Exclude<Guide, 'shot'> = 'looking';
  @state() private shots = 0;
  @state() private isLive = false;
  @query('video') private video!: HTMLVideoElement;
  #stream: MediaStream | null = null;
  #running = false;

  protected override firstUpdated(): void {
    void this.#start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  #stop(): void {
    this.#running = false;
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
  }

  async #start(): Promise<void> {
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: 'user', width: { ideal: 1280 }, height: { ideal: 960 } },
      });
    } catch (error) {
      const denied =
        error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'SecurityError');
      this.emit('px-camera-failed', denied ? 'denied' : 'none');
      return;
    }
    if (!this.isConnected) {
      this.#stop();
      return;
    }
    this.video.srcObject = this.#stream;
    await this.video.play().catch(() => undefined);
    this.isLive = true;
    this.#running = true;
    await this.#look();
  }

  /** Looks again and again until there are three good frames, or after a while takes the best of what it saw. */
  async #look(): Promise<void> {
    const good: Float32Array[] = [];
    let usable: { descriptor: Float32Array; quality: number } | null = null;
    let firstUsableAt = 0;
    while (this.#running) {
      if (this.video.videoWidth === 0) {
        await nextFrame();
        continue;
      }
      let seen: Described;
      try {
        seen = await this.finder.describe(readFrame(this.video, LOOK_AT));
      } catch {
        this.#stop();
        this.emit('px-engine-failed');
        return;
      }
      if (!this.#running) return;
      this.guide = guideFor(seen);
      if (this.guide === 'good') good.push(seen.descriptor!);
      else if (seen.descriptor && seen.faceCount === 1) {
        firstUsableAt ||= performance.now();
        if (!usable || seen.quality > usable.quality) usable = { descriptor: seen.descriptor, quality: seen.quality };
      }
      this.shots = good.length;
      const tired = firstUsableAt > 0 && performance.now() - firstUsableAt > GIVE_UP_MS;
      if (good.length >= SHOTS || (tired && (good.length > 0 || usable))) {
        const taken = good.length > 0 ? good : [usable!.descriptor];
        this.#stop();
        this.emit('px-selfie', meanDescriptor(taken));
        return;
      }
      await nextFrame();
    }
  }

  protected override render(): TemplateResult {
    const texts = t().find.guide;
    return html`<div class="camera ${this.guide === 'good' ? 'good' : ''}">
      <video class=${this.isLive ? 'in' : ''} playsinline muted aria-hidden="true"></video>
      <svg viewBox="0 0 100 100" aria-hidden="true">
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
    </div>
    <p class="guide" role="status" aria-live="polite">
      ${texts[this.guide]}${this.shots > 0 ? html` <span class="num soft">${texts.shot(this.shots, SHOTS)}</span>` : nothing}
    </p>`;
  }
}

const nextFrame = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 60));

/** The first thing to mend, in words; "good" when nothing is in the way. */
export function guideFor(seen: Pick<Described, 'problems' | 'centre' | 'sizeRatio'>): Exclude<Guide, 'shot'> {
  const [first] = seen.problems;
  switch (first) {
    case 'none':
      return 'none';
    case 'many':
      return 'many';
    case 'far':
      return 'closer';
    case 'cut':
      return 'centre';
    case 'dark':
    case 'bright':
      return 'dark';
    case 'blurry':
      return 'blurry';
    case 'turned':
    case 'tilted':
      return 'turn';
  }
  if (seen.sizeRatio > 0.85) return 'further';
  if (seen.centre && Math.hypot(seen.centre.x - 0.5, seen.centre.y - 0.5) > 0.3) return 'centre';
  return 'good';
}
