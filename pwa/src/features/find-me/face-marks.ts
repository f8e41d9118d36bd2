import { html, nothing, svg, type TemplateResult } from 'lit';
import { vars } from '../../components/vars.ts';
import { t } from '../../i18n/i18n.ts';
import type { SeenFaceView } from './messages.ts';

interface Place {
  isMirrored: boolean;
}

const leftOf = ({ box }: SeenFaceView, { isMirrored }: Place): number => (isMirrored ? 1 - box.x - box.w : box.x);

/** Corners around each face, in a square of 100, above a picture of the same shape. */
export function faceMarks(
  faces: readonly SeenFaceView[],
  options: Place & { isGood: boolean },
): TemplateResult | typeof nothing {
  if (faces.length === 0) return nothing;
  return html`<svg class="face-marks ${options.isGood ? 'good' : ''}" viewBox="0 0 100 100" aria-hidden="true">
    ${faces.map((face) => {
      const { y, w, h } = face.box;
      return svg`<rect
        x=${leftOf(face, options) * 100}
        y=${y * 100}
        width=${w * 100}
        height=${h * 100}
        rx="5"
        pathLength="8"
      />`;
    })}
  </svg>`;
}

/** "That is me": one button over each face, for a thumb, a keyboard and a screen reader alike. */
export const faceButtons = (
  faces: readonly SeenFaceView[],
  place: Place,
  onChosen: (face: SeenFaceView, index: number) => void,
): TemplateResult[] =>
  faces.map((face, index) => {
    const { y, w, h } = face.box;
    return html`<button
      class="face-choice"
      aria-label=${t().find.guide.face(index + 1, faces.length)}
      ${vars({
        left: `${leftOf(face, place) * 100}%`,
        top: `${y * 100}%`,
        width: `${w * 100}%`,
        height: `${h * 100}%`,
      })}
      @click=${() => onChosen(face, index)}
    >
      <span aria-hidden="true">${index + 1}</span>
    </button>`;
  });
