import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { iou } from '#face/boxes.ts';
import { decodeImage } from '#face/node/decode.ts';
import { createNodeEngine, type NodeEngineName } from '#face/node/engine.ts';
import { describeServer } from '#face/pipeline.ts';
import type { Box, FaceEngine } from '#face/types.ts';

/**
 * What is found in photos, over all stages of the pipeline:
 *   npm run bench -- detection [--boxes boxes.csv]… [--portraits labels.csv]… [--on onnx] [--floats] [--detectors retinaface-mnet25] [--out figures.json]
 * `boxes.csv` has rows path,x,y,w,h[,…], one for every face of a photo; `labels.csv` path[,…], photos of at least one face.
 * Paths are relative to the file. `--floats`: not in 8-bit integers even where they are faster.
 */
const { values } = parseArgs({
  options: {
    boxes: { type: 'string', multiple: true, default: [] },
    portraits: { type: 'string', multiple: true, default: [] },
    on: { type: 'string', default: 'onnx' },
    detectors: { type: 'string', multiple: true, default: [] },
    floats: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
/** Lower ends of the bins of face width, pixels. */
const WIDTHS = [16, 24, 32, 48, 64, Number.POSITIVE_INFINITY];
const engine = await createNodeEngine({
  cacheDir: path.join(tmpdir(), 'thepixstock', 'models'),
  prefer: values.on as NodeEngineName,
  detectors: values.detectors,
  ...(values.floats && { bytes: false }),
});
const figures: Record<string, object> = {};
for (const file of values.boxes) figures[`crowd ${file}`] = await measureCrowd(file, engine);
for (const file of values.portraits) figures[`portraits ${file}`] = await measurePortraits(file, engine);
await engine.dispose();
if (values.out) await writeFile(values.out, `${JSON.stringify({ on: values.on, ...figures }, null, 2)}\n`);
for (const [section, rows] of Object.entries(figures)) {
  console.log(`\n${section}`);
  console.table(rows);
}

async function readRows(file: string): Promise<string[][]> {
  const [, ...lines] = (await readFile(file, 'utf8')).trim().split(/\r?\n/);
  return lines.map((line) => line.split(','));
}

/** Recall by face width, and boxes that match no label. */
async function measureCrowd(file: string, on: FaceEngine) {
  const truth = new Map<string, Box[]>();
  for (const [name, x, y, w, h] of await readRows(file)) {
    truth.set(name!, [...(truth.get(name!) ?? []), { x: +x!, y: +y!, w: +w!, h: +h! }]);
  }
  const found = WIDTHS.map(() => 0);
  const total = WIDTHS.map(() => 0);
  let spare = 0;
  for (const [name, boxes] of truth) {
    const { image, scale } = await decodeImage(path.join(path.dirname(file), name));
    const faces = await describeServer(image, on, { originalScale: scale });
    const left = new Set(
      faces.map(({ box }) => ({ x: box.x * scale, y: box.y * scale, w: box.w * scale, h: box.h * scale })),
    );
    // largest overlap first, so that neighbours in a crowd do not take each other's box
    const pairs = boxes
      .flatMap((box) => [...left].map((face) => ({ box, face, overlap: iou(face, box) })))
      .filter(({ overlap }) => overlap > 0.35)
      .sort((a, b) => b.overlap - a.overlap);
    const matched = new Set<Box>();
    for (const { box, face } of pairs) {
      if (matched.has(box) || !left.delete(face)) continue;
      matched.add(box);
    }
    for (const box of boxes) {
      const bin = WIDTHS.findLastIndex((width) => box.w >= width);
      if (bin < 0) continue;
      total[bin]!++;
      if (matched.has(box)) found[bin]!++;
    }
    spare += left.size;
  }
  const rows = WIDTHS.slice(0, -1).map((width, i) => [
    `recall ${width}-${WIDTHS[i + 1]} px`,
    `${Math.round((found[i]! / total[i]!) * 100)} % of ${total[i]}`,
  ]);
  return { ...Object.fromEntries(rows), 'false boxes a photo': Math.round((spare / truth.size) * 100) / 100 };
}

/** Share of the photos with a face found. */
async function measurePortraits(file: string, on: FaceEngine) {
  const names = new Set((await readRows(file)).map(([name]) => name!));
  const missed: string[] = [];
  for (const name of names) {
    const { image } = await decodeImage(path.join(path.dirname(file), name));
    if ((await describeServer(image, on)).length === 0) missed.push(name);
  }
  return { photos: names.size, 'found %': Math.round((1 - missed.length / names.size) * 1e4) / 100, missed };
}
