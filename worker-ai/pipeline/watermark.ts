import { textPath } from './glyphs.ts';

export type WatermarkMode = 'corner' | 'tiled';

/** Marks are this opaque (SPEC section 5). */
const OPACITY = 0.3;
const BRAND = 'ThePixStock';

interface Mark {
  body: string;
  width: number;
  height: number;
}

/** Brand over event name, right-aligned at x = `width`, upper left at 0,0. White with a dark rim: seen on snow and at night. */
function mark(eventName: string, brandSize: number, maxWidth: number): Mark {
  const name = eventName.trim().replace(/\s+/g, ' ');
  let brand = textPath(BRAND, brandSize);
  let below = textPath(name, brandSize * 0.5);
  const shrink = Math.min(1, maxWidth / Math.max(brand.width, 1));
  if (shrink < 1) brand = textPath(BRAND, brandSize * shrink);
  const size = brandSize * shrink;
  below = textPath(name, size * 0.5 * Math.min(1, maxWidth / Math.max(below.width * shrink, 1)));
  const width = Math.max(brand.width, below.width);
  const rim = Math.max(1, size * 0.06);
  const style = `fill="#fff" stroke="#000" stroke-width="${rim.toFixed(2)}" stroke-linejoin="round" paint-order="stroke"`;
  const line = (path: { d: string; width: number }, baseline: number) =>
    path.d
      ? `<path ${style} transform="translate(${(width - path.width).toFixed(2)} ${baseline.toFixed(2)})" d="${path.d}"/>`
      : '';
  const height = below.d ? size * 1.75 : size * 1.1;
  return { body: line(brand, size * 0.85) + line(below, size * 1.55), width, height };
}

const svg = (width: number, height: number, body: string) =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><g opacity="${OPACITY}">${body}</g></svg>`,
  );

/** An SVG of exactly this size to lay over a picture. Its text grows with the picture; no font of the machine is used. */
export function watermarkSvg(width: number, height: number, mode: WatermarkMode, eventName: string): Buffer {
  const size = Math.max(10, Math.min(width, height * 1.6) * 0.05);
  const margin = Math.max(4, Math.min(width, height) * 0.025);
  if (mode === 'corner') {
    const { body, width: w, height: h } = mark(eventName, size, width * 0.45);
    const x = width - margin - w;
    const y = height - margin - h;
    return svg(width, height, `<g transform="translate(${x.toFixed(2)} ${y.toFixed(2)})">${body}</g>`);
  }
  const { body, width: w, height: h } = mark(eventName, size * 0.9, width * 0.4);
  const stepX = w * 1.35;
  const stepY = h * 2.6;
  const reach = Math.hypot(width, height);
  let tiles = '';
  for (let row = 0, y = -reach / 2; y < reach / 2; y += stepY, row++) {
    for (let x = -reach / 2 - (row % 2) * (stepX / 2); x < reach / 2; x += stepX)
      tiles += `<use href="#m" x="${x.toFixed(1)}" y="${y.toFixed(1)}"/>`;
  }
  return svg(
    width,
    height,
    `<defs><g id="m">${body}</g></defs><g transform="translate(${width / 2} ${height / 2}) rotate(-28)">${tiles}</g>`,
  );
}
