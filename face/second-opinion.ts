import { iou, suppress } from './boxes.ts';
import { logit, sigmoid } from './decoders.ts';
import type { ScoredBox } from './types.ts';

/** One look of the far detector. */
export interface FarLook {
  /** In pixels of the picture. */
  boxes: ScoredBox[];
  /** Network pixels for one of the picture. */
  scale: number;
  /** Width in network pixels from which its word on a face counts. */
  minWidth: number;
  /** Meant for faces that are large in the picture. */
  isForLarge: boolean;
}

/** A box of a photo. `score` is the SSD's, 0 where only the far detector saw something. */
export interface Candidate extends ScoredBox {
  /**
   * Mean logit of the far detector's looks that can see a face of this size, UNSEEN for those that saw none; absent where it did not
   * look.
   */
  far?: number;
  /** Best score of the crowd detector, where it is its box: it alone decides. */
  crowd?: number;
  /** Large enough in the picture for the looks that are meant for such faces. */
  isLarge?: boolean;
}

/** Stands for the logit of a detector that saw nothing; boxes from 0.1 are told of, -2.2. */
const UNSEEN = -4;
/** Width, in network pixels, of the largest face that the far detector can be expected to see. */
const MAX_WIDTH = 121;
/** Boxes that overlap by more speak of one face. */
const SAME_FACE = 0.3;

/** The SSD's boxes with what the far detector makes of them, then faces that it alone saw. */
export function withSecondOpinion(boxes: readonly ScoredBox[], looks: readonly FarLook[]): Candidate[] {
  const own = looks.flatMap((look) => look.boxes.filter((box) => canSee(look, box)));
  const alone = suppress(
    own.filter((box) => boxes.every((other) => iou(other, box) <= SAME_FACE)),
    0.4,
  );
  return [...boxes.map((box) => judged(box, 1, looks)), ...alone.map((box) => judged({ ...box, score: 0 }, 0, looks))];
}

/** Share of the picture's longer side below which a face is the crowd detector's: what the others see there is as often wrong. */
const SMALL_SHARE = 48 / 512;

/** The boxes of a photo at whose small faces the crowd detector looked: its own, and the large ones of the others. */
export function withCrowd(boxes: readonly Candidate[], crowd: readonly ScoredBox[], longer: number): Candidate[] {
  return [
    ...boxes.filter(({ w }) => w >= SMALL_SHARE * longer),
    ...crowd.map(({ score, ...box }) => ({ ...box, score: 0, crowd: score })),
  ];
}

const canSee = ({ scale, minWidth }: FarLook, { w }: ScoredBox) => w * scale >= minWidth && w * scale <= MAX_WIDTH;

function judged(box: ScoredBox, ownWeight: number, looks: readonly FarLook[]): Candidate {
  let sum = 0;
  let count = 0;
  let isLarge = false;
  let weight = ownWeight;
  const mean = { x: box.x * weight, y: box.y * weight, w: box.w * weight, h: box.h * weight };
  for (const look of looks) {
    if (!canSee(look, box)) continue;
    count++;
    isLarge ||= look.isForLarge;
    const best = look.boxes
      .filter((other) => iou(other, box) > SAME_FACE)
      .reduce<ScoredBox | null>((a, b) => (a && a.score >= b.score ? a : b), null);
    sum += best ? Math.max(UNSEEN, logit(best.score)) : UNSEEN;
    if (!best) continue;
    // by degrees, so that a hair of difference in the picture moves no box by much
    const share = best.score * iou(best, box);
    weight += share;
    for (const side of ['x', 'y', 'w', 'h'] as const) mean[side] += best[side] * share;
  }
  if (count === 0) return box;
  const opinion = { far: sum / count, isLarge };
  if (weight === 0) return { ...box, ...opinion };
  return { ...box, x: mean.x / weight, y: mean.y / weight, w: mean.w / weight, h: mean.h / weight, ...opinion };
}

/**
 * Logistic model of both detectors, fitted to labelled crowd photos; figures by photos that the fit had not seen are in docs/faces.md.
 */
const MODEL = { constant: 1.92, ssd: 0.97, ssdUnseen: 0.4, far: 0.44, farUnseen: -0.59, reliable: 0.12 };

/** Both detectors are of one mind about a box: a face, or none, whatever the landmarks will say. */
export function isSettled(box: ScoredBox, looks: readonly FarLook[]): boolean {
  const candidate = judged(box, 1, looks);
  if (candidate.far === undefined) return false;
  const probability = probabilityOf({ ...candidate, far: candidate.far }, false);
  return probability <= SETTLED.none || probability >= SETTLED.face;
}
const SETTLED = { none: 0.2, face: 0.85 };

/** The same of the crowd detector's best score: what its other looks, or the other detectors, say of such a face adds nothing. */
const CROWD_MODEL = { constant: -0.09, crowd: 0.48 };

/** Probability that a box of the crowd detector is a face. */
export const crowdProbabilityOf = (score: number): number =>
  sigmoid(CROWD_MODEL.constant + CROWD_MODEL.crowd * logit(Math.min(score, 0.9999)));

/** Probability that a candidate with a second opinion is a face. */
export function probabilityOf({ score, far, isLarge }: Candidate & { far: number }, isReliable: boolean): number {
  // what fills the frame may be more than the SSD takes in; landmarks of a large face can be believed
  if (score === 0 && isLarge && isReliable) return sigmoid(far);
  const ssd = score > 0 ? Math.max(UNSEEN, logit(score)) : UNSEEN;
  return sigmoid(
    MODEL.constant +
      MODEL.ssd * ssd +
      (score > 0 ? 0 : MODEL.ssdUnseen) +
      MODEL.far * far +
      (far <= UNSEEN ? MODEL.farUnseen : 0) +
      (isReliable ? MODEL.reliable : 0),
  );
}
