import { readFile } from 'node:fs/promises';
import type { Observations, Observed } from './quantised.ts';

/** What the detector's layers reach on photos, written by calibrate.cli.ts: for each layer two base64 texts of bfloat16. */
export const OBSERVATIONS_FILE = new URL('./observations.json', import.meta.url);

type Stored = Record<string, { largest: string; mean: string }>;

export async function readObservations(): Promise<Observations> {
  const stored = JSON.parse(await readFile(OBSERVATIONS_FILE, 'utf8')) as Stored;
  return Object.fromEntries(
    Object.entries(stored).map(([name, { largest, mean }]) => [name, { largest: decode(largest), mean: decode(mean) }]),
  );
}

export function writeObservations(observations: Readonly<Record<string, Observed>>): string {
  const stored: Stored = Object.fromEntries(
    Object.entries(observations).map(([name, { largest, mean }]) => [
      name,
      { largest: encode(largest), mean: encode(mean) },
    ]),
  );
  return `${JSON.stringify(stored, null, 1)}\n`;
}

/** The upper half of each float32, rounded: three digits are enough here. */
function encode(values: Float32Array): string {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = Uint16Array.from(bits, (value) => (value + 0x8000) >>> 16);
  return Buffer.from(halves.buffer).toString('base64');
}

function decode(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  const bits = Uint32Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16LE(i * 2) << 16);
  return new Float32Array(bits.buffer);
}
