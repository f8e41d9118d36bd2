import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../../components/px-icon.ts';
import { vars } from '../../components/vars.ts';

export interface CroppedFace {
  /** x, y, width, height in pixels of the upright original. */
  box: readonly number[];
  /** Of the original. */
  width: number | null;
  thumbnailUrl: string;
}

/** A button that shows one face of a photo, cut out by the browser; pressed when chosen. */
export function faceCrop(
  face: CroppedFace,
  options: { label: string; chosen: boolean; choose: () => void },
): TemplateResult {
  const [x = 0, y = 0, w = 1, h = 1] = face.box;
  const side = Math.max(w, h) * 1.5;
  const left = x + w / 2 - side / 2;
  const top = y + h / 2 - side / 2;
  const share = (part: number) => `${(part / side) * 100}%`;
  return html`<button
    class="face-crop"
    data-face
    aria-pressed=${options.chosen ? 'true' : 'false'}
    aria-label=${options.label}
    @click=${options.choose}
  >
    <img
      src=${face.thumbnailUrl}
      alt=""
      loading="lazy"
      ${vars({ width: share(face.width ?? side), left: share(-left), top: share(-top) })}
    />
    ${options.chosen ? icon('check-circle') : nothing}
  </button>`;
}
