import path from 'node:path';
import sharp, { type OverlayOptions } from 'sharp';

interface Picture {
  file: string;
  label: string;
}
const columnsAt = (width: number): number => (width < 500 ? 6 : width < 1000 ? 5 : 3);
const SHEET_WIDTH = 1560;
const SHEET_HEIGHT = 1560;
const GAP = 10;
const LABEL = 22;

const caption = (text: string, width: number): Buffer =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${LABEL}"><text x="2" y="15" font-family="Liberation Sans, sans-serif" font-size="13" fill="#fff">${text.replace(/[&<>]/g, '')}</text></svg>`,
  );

/** Pictures of one width side by side, as many sheets as it takes: `folder/name-1.png`, … Answers the files. */
export async function contactSheets(
  pictures: readonly Picture[],
  shotWidth: number,
  folder: string,
  name: string,
): Promise<string[]> {
  const columns = columnsAt(shotWidth);
  const width = Math.floor((SHEET_WIDTH - GAP * (columns + 1)) / columns);
  const rows: { tiles: { input: Buffer; label: string }[]; height: number }[] = [];
  for (let i = 0; i < pictures.length; i += columns) {
    const tiles = await Promise.all(
      pictures.slice(i, i + columns).map(async ({ file, label }) => ({
        input: await sharp(file).resize({ width }).png().toBuffer(),
        label,
      })),
    );
    const heights = await Promise.all(tiles.map(async ({ input }) => (await sharp(input).metadata()).height ?? 0));
    rows.push({ tiles, height: Math.max(...heights) + LABEL + GAP });
  }
  const files: string[] = [];
  while (rows.length > 0) {
    const here: typeof rows = [];
    let height = GAP;
    while (rows[0] && (here.length === 0 || height + rows[0].height <= SHEET_HEIGHT)) {
      height += rows[0].height;
      here.push(rows.shift()!);
    }
    let top = GAP;
    const layers: OverlayOptions[] = [];
    for (const row of here) {
      for (const [index, { input, label }] of row.tiles.entries()) {
        const left = GAP + index * (width + GAP);
        layers.push({ input: caption(label, width), left, top }, { input, left, top: top + LABEL });
      }
      top += row.height;
    }
    const file = path.join(folder, `${name}-${files.length + 1}.png`);
    await sharp({ create: { width: SHEET_WIDTH, height, channels: 3, background: '#5b6470' } })
      .composite(layers)
      .png({ palette: true, quality: 80, effort: 3 })
      .toFile(file);
    files.push(file);
  }
  return files;
}
