import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureIndex, measureScan, readDescriptors } from './search/scan.ts';

/**
 * Figures of the search, milliseconds:
 *   npm run bench -- search [--sizes 10000,100000,1000000] [--descriptors FILE] [--end-to-end] [--faces 100000] [--rate 20]
 *     [--seconds 30] [--arrivals 20] [--open 2000] [--photo FILE] [--out figures.json]
 * `--descriptors`: real ones, a JSON array of numbers a line. `--end-to-end` brings the whole product up on a folder of its
 * own with an event of `--faces` faces, asks `--rate` searches a second of it for `--seconds`, then uploads `--arrivals`
 * photos and waits until an open search shows them, alone and with `--open` further open searches.
 */
const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10000,100000' },
    descriptors: { type: 'string' },
    'end-to-end': { type: 'boolean', default: false },
    faces: { type: 'string', default: '100000' },
    rate: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '30' },
    arrivals: { type: 'string', default: '20' },
    open: { type: 'string', default: '2000' },
    photo: { type: 'string' },
    out: { type: 'string' },
  },
});
const figures: Record<string, unknown> = {};
if (values['end-to-end']) {
  const { measureEndToEnd } = await import('./search/end-to-end.ts');
  Object.assign(
    figures,
    await measureEndToEnd({
      faces: Number(values.faces),
      rate: Number(values.rate),
      seconds: Number(values.seconds),
      arrivals: Number(values.arrivals),
      open: Number(values.open),
      ...(values.photo && { photo: values.photo }),
    }),
  );
} else {
  const sizes = values.sizes.split(',').map(Number);
  const real = values.descriptors ? await readDescriptors(values.descriptors) : [];
  const { rows, bandwidthGBs } = measureScan([...sizes, ...(real.length ? [real.length] : [])], real);
  figures['memory bandwidth, GB/s'] = bandwidthGBs;
  figures['scan, ms'] = rows;
  figures['whole search, ms'] = measureIndex(sizes.filter((size) => size <= 200_000));
}
for (const [section, rows] of Object.entries(figures)) {
  console.log(`\n${section}`);
  if (typeof rows === 'object') console.table(rows);
  else console.log(rows);
}
if (values.out) await writeFile(values.out, `${JSON.stringify(figures, null, 2)}\n`);
process.exit(0);
