import sharp, { type Sharp } from 'sharp';
import type { RgbImage } from '#face/types.ts';
import { overlayOf, withOverlay } from './overlay.ts';
import type { WatermarkMode } from './watermark.ts';

export type DerivativeKind = 'small' | 'medium' | 'large' | 'preview' | 'clean';

export interface Derivative {
  kind: DerivativeKind;
  data: Buffer;
  width: number;
  height: number;
}

/**
 * SPEC section 5. Whatever is large enough to be of use by itself carries the watermark, save `clean`, which only buyers are
 * shown. It is as large as the preview, so that both come from one reduction.
 */
const recipes = [
  { kind: 'clean', width: 1920, height: 1080, quality: 85, hasWatermark: false },
  { kind: 'preview', width: 1920, height: 1080, quality: 85, hasWatermark: true },
  { kind: 'large', width: 800, height: 600, quality: 90, hasWatermark: true },
  { kind: 'medium', width: 300, height: 300, quality: 85, hasWatermark: false },
  { kind: 'small', width: 150, height: 150, quality: 80, hasWatermark: false },
] as const;

interface Raw {
  data: Buffer | Uint8Array | Uint8ClampedArray;
  width: number;
  height: number;
}

const open = (raw: Raw): Sharp =>
  sharp(raw.data, { raw: { width: raw.width, height: raw.height, channels: 3 }, limitInputPixels: false });

const fit = { fit: 'inside', withoutEnlargement: true } as const;

/**
 * Thumbnails, preview and clean picture of an upright decoded photo: JPEG, never larger than the photo, no metadata at all. Each is made
 * from the next larger one, so the big picture is walked through once.
 */
export async function makeDerivatives(
  image: RgbImage,
  watermark: { mode: WatermarkMode; eventName: string },
): Promise<Derivative[]> {
  let source: Raw = image;
  const derivatives: Derivative[] = [];
  for (const { kind, width, height, quality, hasWatermark } of recipes) {
    const { data, info } = await open(source)
      .resize({ width, height, ...fit })
      .raw()
      .toBuffer({ resolveWithObject: true });
    source = { data, width: info.width, height: info.height };
    const shown = hasWatermark
      ? withOverlay(data, await overlayOf(info.width, info.height, watermark.mode, watermark.eventName))
      : data;
    const jpeg = await open({ ...source, data: shown })
      .jpeg({ quality, progressive: kind === 'preview' })
      .toBuffer();
    derivatives.push({ kind, data: jpeg, width: info.width, height: info.height });
  }
  return derivatives;
}

/** Mean colour as `#rrggbb`, shown until the photo is there; taken from the smallest picture. */
export async function placeholderColor(derivatives: readonly Derivative[]): Promise<string> {
  const { channels } = await sharp(derivatives.at(-1)!.data).stats();
  return `#${channels
    .slice(0, 3)
    .map((channel) => Math.round(channel.mean).toString(16).padStart(2, '0'))
    .join('')}`;
}
