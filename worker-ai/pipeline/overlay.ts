import sharp from 'sharp';
import { type WatermarkMode, watermarkSvg } from './watermark.ts';

/** The pixels that a watermark touches, and what becomes of them: (picture * keep + add) / 255. */
export interface Overlay {
  /** Numbers of the pixels, row by row. */
  pixels: Uint32Array;
  keep: Uint8Array;
  /** Red, green and blue of each pixel, times its opacity. */
  add: Uint16Array;
}

/** Photos of an event have two or three sizes; each size of each mark is drawn once while it is among the last ones. */
const KEPT = 12;
const drawn = new Map<string, Promise<Overlay>>();

export function overlayOf(width: number, height: number, mode: WatermarkMode, eventName: string): Promise<Overlay> {
  const key = JSON.stringify([width, height, mode, eventName]);
  const known = drawn.get(key);
  const overlay = known ?? draw(width, height, mode, eventName);
  drawn.delete(key);
  drawn.set(key, overlay);
  if (drawn.size > KEPT) drawn.delete(drawn.keys().next().value!);
  if (!known) overlay.catch(() => drawn.delete(key));
  return overlay;
}

async function draw(width: number, height: number, mode: WatermarkMode, eventName: string): Promise<Overlay> {
  const { data } = await sharp(watermarkSvg(width, height, mode, eventName))
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  let count = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 0) count++;
  const pixels = new Uint32Array(count);
  const keep = new Uint8Array(count);
  const add = new Uint16Array(count * 3);
  for (let pixel = 0, k = 0; k < count; pixel++) {
    const alpha = data[pixel * 4 + 3]!;
    if (alpha === 0) continue;
    pixels[k] = pixel;
    keep[k] = 255 - alpha;
    for (let c = 0; c < 3; c++) add[k * 3 + c] = data[pixel * 4 + c]! * alpha;
    k++;
  }
  return { pixels, keep, add };
}

/** A copy of interleaved RGB pixels with the mark on it. */
export function withOverlay(rgb: Uint8Array, { pixels, keep, add }: Overlay): Uint8Array {
  const out = Uint8Array.from(rgb);
  for (let k = 0; k < pixels.length; k++) {
    const at = pixels[k]! * 3;
    const rest = keep[k]!;
    out[at] = (out[at]! * rest + add[k * 3]! + 127) / 255;
    out[at + 1] = (out[at + 1]! * rest + add[k * 3 + 1]! + 127) / 255;
    out[at + 2] = (out[at + 2]! * rest + add[k * 3 + 2]! + 127) / 255;
  }
  return out;
}
