import { type Similarity, similarityScale } from './geometry.ts';
import type { RgbImage } from './types.ts';

/** Throws RangeError when the bytes do not fit the dimensions. */
export function rgbImage(data: Uint8Array | Uint8ClampedArray, width: number, height: number): RgbImage {
  if (!(width > 0 && height > 0) || data.length !== width * height * 3) {
    throw new RangeError(`${data.length} bytes are not ${width}x${height} RGB`);
  }
  return { data, width, height, channels: 3 };
}

/** From canvas pixels; alpha is laid over black. */
export function fromRgba(data: Uint8Array | Uint8ClampedArray, width: number, height: number): RgbImage {
  const out = new Uint8Array(width * height * 3);
  for (let i = 0, o = 0; o < out.length; i += 4, o += 3) {
    const alpha = data[i + 3]!;
    if (alpha === 255) {
      out[o] = data[i]!;
      out[o + 1] = data[i + 1]!;
      out[o + 2] = data[i + 2]!;
    } else {
      out[o] = (data[i]! * alpha + 127) / 255;
      out[o + 1] = (data[i + 1]! * alpha + 127) / 255;
      out[o + 2] = (data[i + 2]! * alpha + 127) / 255;
    }
  }
  return rgbImage(out, width, height);
}

/** Average of each 2x2 block; an odd last row or column is dropped (one pixel wide pictures stay as they are). */
export function halve(image: RgbImage): RgbImage {
  const width = image.width >> 1;
  const height = image.height >> 1;
  if (width === 0 || height === 0) return image;
  const src = image.data;
  const out = new Uint8Array(width * height * 3);
  const stride = image.width * 3;
  let o = 0;
  for (let y = 0; y < height; y++) {
    let p = y * 2 * stride;
    let q = p + stride;
    for (let x = 0; x < width; x++) {
      out[o] = (src[p]! + src[p + 3]! + src[q]! + src[q + 3]! + 2) >> 2;
      out[o + 1] = (src[p + 1]! + src[p + 4]! + src[q + 1]! + src[q + 4]! + 2) >> 2;
      out[o + 2] = (src[p + 2]! + src[p + 5]! + src[q + 2]! + src[q + 5]! + 2) >> 2;
      o += 3;
      p += 6;
      q += 6;
    }
  }
  return rgbImage(out, width, height);
}

/**
 * A picture and its halves, made when first asked for. Every crop is sampled from the level nearest to its own
 * resolution, so that shrinking never aliases and a crop costs what it covers, whatever the size of the photo.
 */
export class Pyramid {
  private readonly levels: RgbImage[];

  constructor(image: RgbImage) {
    this.levels = [image];
  }

  get base(): RgbImage {
    return this.levels[0]!;
  }

  /** The picture halved `index` times, or the smallest there is. */
  level(index: number): { image: RgbImage; index: number } {
    for (let made = this.levels.length; made <= index; made++) {
      const last = this.levels[made - 1]!;
      if (last.width < 4 || last.height < 4) break;
      this.levels.push(halve(last));
    }
    const at = Math.min(index, this.levels.length - 1);
    return { image: this.levels[at]!, index: at };
  }

  /**
   * Samples `width` x `height` pixels; `toSource` takes an output pixel centre to pixels of the base picture. Outside of
   * the picture is black, as the networks were trained.
   */
  warp(toSource: Similarity, width: number, height: number): RgbImage {
    const scale = similarityScale(toSource);
    const wanted = scale > 1 ? Math.max(0, Math.round(Math.log2(scale))) : 0;
    const { image, index } = this.level(wanted);
    const f = 2 ** -index;
    const inLevel = {
      a: toSource.a * f,
      b: toSource.b * f,
      tx: (toSource.tx + 0.5) * f - 0.5,
      ty: (toSource.ty + 0.5) * f - 0.5,
    };
    return inLevel.b === 0 ? resampleUpright(image, inLevel, width, height) : resample(image, inLevel, width, height);
  }
}

/** Bilinear, any rotation. */
function resample(image: RgbImage, m: Similarity, width: number, height: number): RgbImage {
  const { data, width: W, height: H } = image;
  const stride = W * 3;
  const out = new Uint8Array(width * height * 3);
  let o = 0;
  for (let y = 0; y < height; y++) {
    let sx = m.tx - m.b * y;
    let sy = m.ty + m.a * y;
    for (let x = 0; x < width; x++, o += 3, sx += m.a, sy += m.b) {
      if (!(sx > -1 && sy > -1 && sx < W && sy < H)) continue;
      const x0 = Math.floor(sx);
      const y0 = Math.floor(sy);
      const fx = sx - x0;
      const fy = sy - y0;
      const left = x0 >= 0 ? 1 - fx : 0;
      const right = x0 + 1 < W ? fx : 0;
      const top = y0 >= 0 ? 1 - fy : 0;
      const bottom = y0 + 1 < H ? fy : 0;
      const p = y0 * stride + x0 * 3;
      mix(data, out, o, p, stride, left * top, right * top, left * bottom, right * bottom);
    }
  }
  return rgbImage(out, width, height);
}

/** The same without rotation, with the horizontal weights worked out once. */
function resampleUpright(image: RgbImage, m: Similarity, width: number, height: number): RgbImage {
  const { data, width: W, height: H } = image;
  const stride = W * 3;
  const out = new Uint8Array(width * height * 3);
  const offset = new Int32Array(width);
  const left = new Float32Array(width);
  const right = new Float32Array(width);
  let first = width;
  let last = -1;
  for (let x = 0; x < width; x++) {
    const sx = m.tx + m.a * x;
    if (!(sx > -1 && sx < W)) continue;
    first = Math.min(first, x);
    last = x;
    const x0 = Math.floor(sx);
    offset[x] = x0 * 3;
    left[x] = x0 >= 0 ? 1 - (sx - x0) : 0;
    right[x] = x0 + 1 < W ? sx - x0 : 0;
  }
  for (let y = 0; y < height; y++) {
    const sy = m.ty + m.a * y;
    if (!(sy > -1 && sy < H)) continue;
    const y0 = Math.floor(sy);
    const top = y0 >= 0 ? 1 - (sy - y0) : 0;
    const bottom = y0 + 1 < H ? sy - y0 : 0;
    const row = y0 * stride;
    let o = (y * width + first) * 3;
    for (let x = first; x <= last; x++, o += 3) {
      const l = left[x]!;
      const r = right[x]!;
      mix(data, out, o, row + offset[x]!, stride, l * top, r * top, l * bottom, r * bottom);
    }
  }
  return rgbImage(out, width, height);
}

/** Weighted sum of four neighbours; a neighbour of weight 0 may lie outside of the data. */
function mix(
  data: Uint8Array | Uint8ClampedArray,
  out: Uint8Array,
  o: number,
  p: number,
  stride: number,
  w00: number,
  w10: number,
  w01: number,
  w11: number,
): void {
  const q = p + stride;
  let r = 0.5;
  let g = 0.5;
  let b = 0.5;
  if (w00 > 0) {
    r += w00 * data[p]!;
    g += w00 * data[p + 1]!;
    b += w00 * data[p + 2]!;
  }
  if (w10 > 0) {
    r += w10 * data[p + 3]!;
    g += w10 * data[p + 4]!;
    b += w10 * data[p + 5]!;
  }
  if (w01 > 0) {
    r += w01 * data[q]!;
    g += w01 * data[q + 1]!;
    b += w01 * data[q + 2]!;
  }
  if (w11 > 0) {
    r += w11 * data[q + 3]!;
    g += w11 * data[q + 4]!;
    b += w11 * data[q + 5]!;
  }
  out[o] = r;
  out[o + 1] = g;
  out[o + 2] = b;
}

/** Left and right exchanged. */
export function mirror(image: RgbImage): RgbImage {
  const { data, width, height } = image;
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    let o = y * width * 3;
    let p = (y * width + width - 1) * 3;
    for (let x = 0; x < width; x++, o += 3, p -= 3) {
      out[o] = data[p]!;
      out[o + 1] = data[p + 1]!;
      out[o + 2] = data[p + 2]!;
    }
  }
  return rgbImage(out, width, height);
}

/** Rec. 601 luma, one byte a pixel. */
export function luma(image: RgbImage): Uint8Array {
  const { data, width, height } = image;
  const out = new Uint8Array(width * height);
  for (let i = 0, p = 0; i < out.length; i++, p += 3) {
    out[i] = (data[p]! * 77 + data[p + 1]! * 150 + data[p + 2]! * 29 + 128) >> 8;
  }
  return out;
}
