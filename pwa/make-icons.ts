/** Draws the PNG icons of the manifest from public/icons/icon.svg: `node --import tsx pwa/make-icons.ts`. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const folder = fileURLToPath(new URL('./public/icons/', import.meta.url));
const source = await readFile(`${folder}icon.svg`, 'utf8');
/** Square to the edge: the system cuts its own corners. */
const square = source.replace('rx="116"', 'rx="0"');
/** Within the middle 80 %, where no mask cuts. */
const maskable = square
  .replace('<path', '<g transform="translate(51.2 51.2) scale(.8)"><path')
  .replace('</svg>', '</g></svg>');

const draw = (svg: string, size: number, name: string): Promise<unknown> =>
  sharp(Buffer.from(svg), { density: 300 })
    .resize(size, size)
    .png({ palette: true })
    .toFile(folder + name);

await Promise.all([
  draw(source, 192, 'icon-192.png'),
  draw(source, 512, 'icon-512.png'),
  draw(maskable, 512, 'maskable-512.png'),
  draw(square, 180, 'apple-touch-icon.png'),
]);
