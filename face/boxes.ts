import type { Box, ScoredBox } from './types.ts';

function intersection(a: Box, b: Box): number {
  const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  return w > 0 && h > 0 ? w * h : 0;
}

/** Intersection over union, 0..1. */
export function iou(a: Box, b: Box): number {
  const i = intersection(a, b);
  return i === 0 ? 0 : i / (a.w * a.h + b.w * b.h - i);
}

/** Intersection over the smaller box, 0..1: 1 when one lies within the other. */
export function overlapOfSmaller(a: Box, b: Box): number {
  const i = intersection(a, b);
  return i === 0 ? 0 : i / Math.min(a.w * a.h, b.w * b.h);
}

/** The part of `box` inside a picture of `width` x `height`; sides may become 0, never negative. */
export function clipBox<T extends Box>(box: T, width: number, height: number): T {
  const x = Math.min(Math.max(box.x, 0), width);
  const y = Math.min(Math.max(box.y, 0), height);
  return {
    ...box,
    x,
    y,
    w: Math.max(0, Math.min(box.x + box.w, width) - x),
    h: Math.max(0, Math.min(box.y + box.h, height) - y),
  };
}

/** Square of the given side around the centre of `box`. */
export function squareAround(box: Box, side: number): Box {
  return { x: box.x + (box.w - side) / 2, y: box.y + (box.h - side) / 2, w: side, h: side };
}

/** Best first; drops every box that overlaps a better one by more than `threshold`. Order of equal scores is by place, not by input. */
export function suppress<T extends ScoredBox>(
  boxes: readonly T[],
  threshold: number,
  overlap: (a: Box, b: Box) => number = iou,
): T[] {
  const sorted = [...boxes].sort((a, b) => b.score - a.score || a.x - b.x || a.y - b.y || a.w - b.w);
  const kept: T[] = [];
  for (const box of sorted) {
    if (kept.every((better) => overlap(better, box) <= threshold)) kept.push(box);
  }
  return kept;
}

/** What one look at a part of the picture found, in pixels of the whole picture. */
export interface LookedAt {
  /** The part looked at. */
  region: Box;
  boxes: ScoredBox[];
}

/**
 * One list from overlapping looks at several scales; where looks agree on a face, its box is the mean of theirs. A box cut
 * by the border of its region, where the picture goes on, is half a face: it is kept only when no other look saw that face
 * whole.
 */
export function mergeLooks(looks: readonly LookedAt[], width: number, height: number): ScoredBox[] {
  const whole: ScoredBox[] = [];
  const cut: ScoredBox[] = [];
  for (const { region, boxes } of looks) {
    for (const box of boxes) (touchesInnerBorder(box, region, width, height) ? cut : whole).push(box);
  }
  const kept = suppress(whole, 0.4).reduce<ScoredBox[]>((list, box) => {
    // one face seen at two scales: the boxes differ in size more than plain overlap allows for
    if (!list.some((better) => overlapOfSmaller(better, box) > 0.7 && iou(better, box) > 0.2)) list.push(box);
    return list;
  }, []);
  const voted = kept.map((box) => meanBox(box, whole));
  for (const box of suppress(cut, 0.3, overlapOfSmaller)) {
    if (voted.every((other) => overlapOfSmaller(other, box) <= 0.3)) voted.push(box);
  }
  return voted;
}

/** Mean of the boxes that cover the same face as `box`, by their scores; the score is that of `box`. */
function meanBox(box: ScoredBox, all: readonly ScoredBox[]): ScoredBox {
  let weight = 0;
  const sum = { x: 0, y: 0, w: 0, h: 0 };
  for (const other of all) {
    if (iou(box, other) <= 0.5) continue;
    weight += other.score;
    sum.x += other.x * other.score;
    sum.y += other.y * other.score;
    sum.w += other.w * other.score;
    sum.h += other.h * other.score;
  }
  if (!(weight > 0)) return box;
  return { x: sum.x / weight, y: sum.y / weight, w: sum.w / weight, h: sum.h / weight, score: box.score };
}

function touchesInnerBorder(box: Box, region: Box, width: number, height: number): boolean {
  const margin = 0.1;
  const left = region.x > 0 && box.x < region.x + box.w * margin;
  const top = region.y > 0 && box.y < region.y + box.h * margin;
  const right = region.x + region.w < width && box.x + box.w > region.x + region.w - box.w * margin;
  const bottom = region.y + region.h < height && box.y + box.h > region.y + region.h - box.h * margin;
  return left || top || right || bottom;
}
