import type { t } from '../../i18n/i18n.ts';
import type { SeenFaceView } from './messages.ts';

export type Guide = Exclude<keyof ReturnType<typeof t>['find']['guide'], 'shot' | 'face'>;

/** Share of the picture's shorter side beyond which a face is too close for the lens. */
const TOO_LARGE = 0.86;
const OFF_CENTRE = 0.3;

/** The first thing to mend, in words; "good" when nothing is in the way. */
export function guideFor(face: Pick<SeenFaceView, 'problems' | 'box'> | null): Guide {
  if (!face) return 'none';
  const [first] = face.problems;
  switch (first) {
    case 'far':
      return 'closer';
    case 'cut':
      return 'centre';
    case 'dark':
      return 'dark';
    case 'bright':
      return 'bright';
    case 'blurry':
      return 'blurry';
    case 'turned':
      return 'turn';
    case 'tilted':
      return 'upright';
  }
  const { x, y, w, h } = face.box;
  if (Math.max(w, h) > TOO_LARGE) return 'further';
  if (Math.hypot(x + w / 2 - 0.5, y + h / 2 - 0.5) > OFF_CENTRE) return 'centre';
  return 'good';
}

/** Centre of a box. */
export const centreOf = ({ box }: Pick<SeenFaceView, 'box'>): { x: number; y: number } => ({
  x: box.x + box.w / 2,
  y: box.y + box.h / 2,
});

/** How far a face may move from one frame to the next and still be the same one, in its own widths. */
const STEP = 0.8;

/**
 * Which of the faces is meant: the only one, or the one that was chosen, followed from frame to frame. 'many' when nobody chose
 * yet, null when there is none (or the chosen one is gone).
 */
export function subjectOf(
  faces: readonly SeenFaceView[],
  chosen: { x: number; y: number } | null,
): SeenFaceView | 'many' | null {
  if (faces.length === 0) return null;
  if (!chosen) return faces.length === 1 ? faces[0]! : 'many';
  const away = (face: SeenFaceView): number => {
    const { x, y } = centreOf(face);
    return Math.hypot(x - chosen.x, y - chosen.y);
  };
  const nearest = faces.reduce((best, face) => (away(face) < away(best) ? face : best));
  if (away(nearest) <= nearest.box.w * STEP) return nearest;
  return faces.length === 1 ? faces[0]! : 'many';
}

/** Says a sentence only when it held for two looks: what flickers helps nobody. */
export class Steady<T> {
  #shown: T;
  #next: T;
  constructor(first: T) {
    this.#shown = first;
    this.#next = first;
  }
  say(value: T): T {
    if (value === this.#next) this.#shown = value;
    this.#next = value;
    return this.#shown;
  }
}
