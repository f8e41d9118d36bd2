import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { builtInManifests } from '#contracts/descriptors.ts';
import { createNodeEngine, type NodeEngineName } from '#face/node/engine.ts';
import { createNodeRecognition, isInstalled, loadCatalogue } from '#face/node/recognition.ts';
import { trueAcceptRates } from './faces/accuracy.ts';
import { type LabelledFace, simulateEvent, tellEvents } from './faces/event.ts';
import { createDescriber, mainFace, picturesBelow, readRows } from './faces/photos.ts';

/**
 * How well people are told apart, by descriptor space:
 *   npm run bench -- faces --labels labels.csv… [--strangers FOLDER]… [--group names.txt] [--engine ID]… [--tilt 30] [--sizes 30,100,…]
 *                          [--events 1] [--on onnx] [--detectors ID]… [--cache FOLDER] [--limit N] [--out figures.json]
 * `labels.csv` has rows path,person; paths are relative to the file. `--strangers`: photos whose faces only stand around. `--group`: names
 * of people, one a line, who make events among themselves (a population that is watched by itself). `--tilt` describes the
 * phone's pictures turned to both sides too. `--events`: so many of each size, drawn anew and counted together. Detection,
 * indexing and search have their own subjects.
 */
const { values } = parseArgs({
  options: {
    labels: { type: 'string', multiple: true, default: [] },
    strangers: { type: 'string', multiple: true, default: [] },
    group: { type: 'string' },
    engine: { type: 'string', multiple: true },
    tilt: { type: 'string' },
    events: { type: 'string', default: '1' },
    sizes: { type: 'string', default: '30,100,300,1000,5000,10000' },
    on: { type: 'string', default: 'onnx' },
    cache: { type: 'string' },
    detectors: { type: 'string', multiple: true, default: [] },
    limit: { type: 'string' },
    out: { type: 'string' },
  },
});
if (values.labels.length === 0) {
  console.error('usage: npm run bench -- faces --labels labels.csv [options]');
  process.exit(2);
}
const modelsDir = process.env.FACE_MODELS_DIR;
const catalogue = await loadCatalogue(modelsDir);
const ids = values.engine ?? (await installedIds());
const engine = await createNodeEngine({
  cacheDir: path.join(tmpdir(), 'thepixstock', 'models'),
  prefer: values.on as NodeEngineName,
  detectors: values.detectors,
});
const recognition = await createNodeRecognition(ids, { catalogue, engine, ...(modelsDir && { modelsDir }) });
const describe = await createDescriber({
  engine,
  recognition,
  ...(values.cache && { cacheDir: values.cache }),
  onProgress: (done) => done % 100 === 0 && console.error(`${done} pictures described`),
});

const limit = values.limit ? Number(values.limit) : Number.POSITIVE_INFINITY;
const labelled: Array<{ picture: string; person: string }> = [];
for (const file of values.labels)
  for (const [name, person] of (await readRows(file)).slice(0, limit))
    labelled.push({ picture: path.join(path.dirname(file), name!), person: person! });

const figures: Record<string, Record<string, object>> = {};
const table = (name: string, row: string, cells: object) => {
  figures[name] = { ...figures[name], [row]: cells };
};

for (const id of ids) {
  const upright = await facesOf(id, 0);
  table('accuracy, phone against server', id, trueAcceptRates(upright));
  if (values.tilt) {
    for (const degrees of [Number(values.tilt), -Number(values.tilt)])
      table(
        'accuracy, phone against server',
        `${id}, ${degrees} degrees`,
        trueAcceptRates(await facesOf(id, degrees), upright),
      );
  }
}
const group = values.group ? new Set((await readFile(values.group, 'utf8')).split(/\r?\n/).filter(Boolean)) : null;
for (const id of ids) {
  const photos = await facesOf(id, 0);
  const strangers = await strangersOf(id);
  const space = catalogue.get(id).calibration;
  const populations = [
    { name: 'event', photos, strangers },
    ...(group
      ? [{ name: 'event of the group', photos: photos.filter(({ person }) => group.has(person)), strangers: [] }]
      : []),
  ];
  for (const size of values.sizes.split(',').map(Number)) {
    for (const population of populations) {
      if (population.name !== 'event' && size > population.photos.length * 2) continue;
      for (const frames of [1, 3]) {
        const events = Array.from({ length: Number(values.events) }, (_, nth) =>
          simulateEvent({ ...population, size, frames, space, seed: size + frames + 100_003 * nth }),
        );
        const cells = tellEvents(events);
        if (cells.searches > 0)
          table(`${population.name}, ${id}`, `${size} faces, ${frames === 1 ? 'one frame' : 'burst'}`, cells);
      }
    }
  }
}
await recognition.dispose();
await engine.dispose();
if (values.out) await writeFile(values.out, `${JSON.stringify({ on: values.on, ...figures }, null, 2)}\n`);
for (const [section, rows] of Object.entries(figures)) {
  console.log(`\n${section}`);
  console.table(rows);
}

/** Built-in spaces whose networks are here. */
async function installedIds(): Promise<string[]> {
  const found: string[] = [];
  for (const { id } of builtInManifests) {
    const here = await Promise.all(catalogue.networksOf(id).map((network) => isInstalled(network, modelsDir)));
    if (here.every(Boolean)) found.push(id);
  }
  return found;
}

async function facesOf(id: string, degrees: number): Promise<LabelledFace[]> {
  const found: LabelledFace[] = [];
  for (const { picture, person } of labelled) {
    const server = mainFace(await describe('server', picture));
    const phone = (await describe('phone', picture, degrees))[0];
    found.push({
      person,
      quality: server?.quality ?? 0,
      ...(server && { server: server.descriptors[id]! }),
      ...(phone && { phone: phone.descriptors[id]! }),
    });
  }
  return found;
}

async function strangersOf(id: string) {
  const found: Array<{ descriptor: Float32Array; quality: number }> = [];
  for (const folder of values.strangers)
    for (const picture of await picturesBelow(folder))
      for (const { descriptors, quality } of await describe('server', picture).catch(() => []))
        found.push({ descriptor: descriptors[id]!, quality });
  return found;
}
