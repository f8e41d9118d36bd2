import type { Box } from '#face/types.ts';

/** Where a cropped photo should look: the middle of its faces, larger and surer ones pulling more; 0..1, null without faces. */
export function focusOf(
  faces: ReadonlyArray<{ box: Box; score: number }>,
  width: number,
  height: number,
): { x: number; y: number } | null {
  let x = 0;
  let y = 0;
  let sum = 0;
  for (const { box, score } of faces) {
    const weight = box.w * box.h * score;
    x += (box.x + box.w / 2) * weight;
    y += (box.y + box.h / 2) * weight;
    sum += weight;
  }
  if (!(sum > 0)) return null;
  const unit = (value: number) => Math.min(1, Math.max(0, value));
  return { x: unit(x / sum / width), y: unit(y / sum / height) };
}
