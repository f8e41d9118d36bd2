import type { Box, Point } from './types.ts';

/** `x' = a x - b y + tx`, `y' = b x + a y + ty`: rotation, uniform scale and shift, never a mirror image. */
export interface Similarity {
  a: number;
  b: number;
  tx: number;
  ty: number;
}

export const identity: Similarity = { a: 1, b: 0, tx: 0, ty: 0 };

export function applySimilarity(m: Similarity, p: Point): Point {
  return { x: m.a * p.x - m.b * p.y + m.tx, y: m.b * p.x + m.a * p.y + m.ty };
}

export function similarityScale(m: Similarity): number {
  return Math.hypot(m.a, m.b);
}

/** Radians, counter-clockwise in a y-up picture, clockwise as seen on a screen. */
export function similarityAngle(m: Similarity): number {
  return Math.atan2(m.b, m.a);
}

/** Throws RangeError when the transform collapses to a point. */
export function invertSimilarity(m: Similarity): Similarity {
  const d = m.a * m.a + m.b * m.b;
  if (!(d > 0)) throw new RangeError('a similarity of scale 0 has no inverse');
  const a = m.a / d;
  const b = -m.b / d;
  return { a, b, tx: -(a * m.tx - b * m.ty), ty: -(b * m.tx + a * m.ty) };
}

/** First `inner`, then `outer`. */
export function composeSimilarity(outer: Similarity, inner: Similarity): Similarity {
  const t = applySimilarity(outer, { x: inner.tx, y: inner.ty });
  return {
    a: outer.a * inner.a - outer.b * inner.b,
    b: outer.b * inner.a + outer.a * inner.b,
    tx: t.x,
    ty: t.y,
  };
}

/** Least-squares similarity that takes `from` onto `to`, and how well: `rms` is in units of `to`. Needs two distinct points. */
export function fitSimilarity(from: readonly Point[], to: readonly Point[]): Similarity & { rms: number } {
  if (from.length !== to.length || from.length < 2) throw new RangeError('fitSimilarity needs two or more point pairs');
  const f = centroid(from);
  const t = centroid(to);
  let norm = 0;
  let dot = 0;
  let cross = 0;
  for (let i = 0; i < from.length; i++) {
    const x = from[i]!.x - f.x;
    const y = from[i]!.y - f.y;
    const u = to[i]!.x - t.x;
    const v = to[i]!.y - t.y;
    norm += x * x + y * y;
    dot += x * u + y * v;
    cross += x * v - y * u;
  }
  if (!(norm > 0)) throw new RangeError('fitSimilarity needs two distinct points');
  const a = dot / norm;
  const b = cross / norm;
  const m = { a, b, tx: t.x - (a * f.x - b * f.y), ty: t.y - (b * f.x + a * f.y) };
  let squares = 0;
  for (let i = 0; i < from.length; i++) {
    const p = applySimilarity(m, from[i]!);
    squares += (p.x - to[i]!.x) ** 2 + (p.y - to[i]!.y) ** 2;
  }
  return { ...m, rms: Math.sqrt(squares / from.length) };
}

export function centroid(points: readonly Point[]): Point {
  let x = 0;
  let y = 0;
  for (const p of points) {
    x += p.x;
    y += p.y;
  }
  return { x: x / points.length, y: y / points.length };
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

export function boxOf(points: readonly Point[]): Box {
  let x0 = Number.POSITIVE_INFINITY;
  let y0 = Number.POSITIVE_INFINITY;
  let x1 = Number.NEGATIVE_INFINITY;
  let y1 = Number.NEGATIVE_INFINITY;
  for (const p of points) {
    x0 = Math.min(x0, p.x);
    y0 = Math.min(y0, p.y);
    x1 = Math.max(x1, p.x);
    y1 = Math.max(y1, p.y);
  }
  return { x: x0, y: y0, w: x1 - x0, h: y1 - y0 };
}
