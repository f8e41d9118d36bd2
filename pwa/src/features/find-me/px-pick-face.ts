import { html, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { PxElement } from '../../components/element.ts';
import { vars } from '../../components/vars.ts';
import { t } from '../../i18n/i18n.ts';
import { faceButtons } from './face-marks.ts';
import type { SeenFaceView } from './messages.ts';

export interface ManyFaces {
  image: ImageData;
  faces: readonly SeenFaceView[];
}

/** A picture with several people: which of them is me? Emits `px-face` with the index. */
@customElement('px-pick-face')
export class PxPickFace extends PxElement {
  @property({ attribute: false }) picture!: ManyFaces;
  @query('canvas') private canvas!: HTMLCanvasElement;

  protected override updated(changed: PropertyValues): void {
    if (!changed.has('picture')) return;
    const { image } = this.picture;
    this.canvas.width = image.width;
    this.canvas.height = image.height;
    this.canvas.getContext('2d')?.putImageData(image, 0, 0);
    this.querySelector<HTMLElement>('.face-choice')?.focus();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.canvas.width = 0;
  }

  protected override render(): TemplateResult {
    const { image, faces } = this.picture;
    return html`<p class="guide" role="status">${t().find.whichFace}</p>
      <div class="pick-face" ${vars({ 'aspect-ratio': `${image.width} / ${image.height}`, '--ratio': String(image.width / image.height) })}>
        <canvas aria-hidden="true"></canvas>
        ${faceButtons(faces, { isMirrored: false }, (_, index) => this.emit('px-face', index))}
      </div>`;
  }
}
