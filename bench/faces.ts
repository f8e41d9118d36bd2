import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { cosine } from '#face/descriptor.ts';
import { decodeImage } from '#face/node/decode.ts';
import { createNodeEngine, type NodeEngineName } from '#face/node/engine.ts';
import { describeServer, ENGINE_ID } from '#face/pipeline.ts';
import { describeSelfie } from '#face/selfie.ts';
import type { DescribedFace, FaceEngine, RgbImage } from '#face/types.ts';

/**
 * Figures of the face pipeline:
 *   npm run bench -- faces [--labels labels.csv]… [--on onnx] [--out figures.json]
 * `labels.csv` has rows path,person; paths are relative to the file. Detection and indexing have their own subjects.
 */
const { values } = parseArgs({
  options: {
    labels: { type: 'string', multiple: true, default: [] },
    on: { type: 'string', default: 'onnx' },
    out: { type: 'string' },
    limit: { type: 'string' },
  },
});
const limit = values.limit ? Number(values.limit) : Number.POSITIVE_INFINITY;
const engine = await createNodeEngine({
  cacheDir: path.join(tmpdir(), 'thepixstock', 'models'),
  prefer: values.on as NodeEngineName,
});
const figures: Record<string, unknown> = { engine: ENGINE_ID, on: engine.name };
for (const file of values.labels) figures[`accuracy ${file}`] = await measureAccuracy(file, engine);
await engine.dispose();
if (values.out) await writeFile(values.out, `${JSON.stringify(figures, null, 2)}\n`);
for (const [section, rows] of Object.entries(figures)) {
  console.log(`\n${section}`);
  if (typeof rows === 'object') console.table(rows);
  else console.log(rows);
}

async function readRows(file: string): Promise<string[][]> {
  const [, ...lines] = (await readFile(file, 'utf8')).trim().split(/\r?\n/);
  return lines.map((line) => line.split(','));
}

/** The face that a labelled photo is about. */
function mainFace(faces: readonly DescribedFace[], image: RgbImage): DescribedFace | null {
  const weight = ({ box, score }: DescribedFace) => {
    const away = Math.hypot((box.x + box.w / 2) / image.width - 0.5, (box.y + box.h / 2) / image.height - 0.5);
    return box.w * score * (1 - 0.6 * Math.min(1, away));
  };
  return faces.reduce<DescribedFace | null>((best, face) => (best && weight(best) >= weight(face) ? best : face), null);
}

/** Phone descriptors against server descriptors, all against all; a face not found is a miss. Shares in percent. */
async function measureAccuracy(file: string, on: FaceEngine) {
  const people: Array<{ person: string; phone?: Float32Array; server?: Float32Array }> = [];
  for (const [name, person] of (await readRows(file)).slice(0, limit)) {
    const { image } = await decodeImage(path.join(path.dirname(file), name!));
    const server = mainFace(await describeServer(image, on), image)?.descriptor;
    const phone = (await describeSelfie(image, on)).face?.descriptor;
    people.push({ person: person!, ...(phone && { phone }), ...(server && { server }) });
  }
  const genuine: number[] = [];
  const strangers: number[] = [];
  for (const [i, a] of people.entries()) {
    for (const [k, b] of people.entries()) {
      if (i === k) continue;
      const isSame = a.person === b.person;
      if (a.phone && b.server) (isSame ? genuine : strangers).push(cosine(a.phone, b.server));
      else if (isSame) genuine.push(Number.NEGATIVE_INFINITY);
    }
  }
  strangers.sort((a, b) => b - a);
  const accepted = (share: number) => {
    const threshold = strangers[Math.floor(strangers.length * share)] ?? 1;
    return Math.round((genuine.filter((value) => value > threshold).length / genuine.length) * 1000) / 10;
  };
  return {
    photos: people.length,
    genuinePairs: genuine.length,
    notFoundPhone: people.filter(({ phone }) => !phone).length,
    notFoundServer: people.filter(({ server }) => !server).length,
    'TAR at FAR 1e-2': accepted(1e-2),
    'TAR at FAR 1e-3': accepted(1e-3),
    'TAR at FAR 1e-4': accepted(1e-4),
  };
}
