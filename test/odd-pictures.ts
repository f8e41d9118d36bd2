import sharp, { type Sharp } from 'sharp';
import type { ErrorCode } from '#contracts/errors.ts';
import type { PhotoFailure } from '#contracts/pipeline.ts';
import { samplePhoto } from './worker.ts';

/** A plain picture of any size. */
export const plain = (width: number, height: number, channels: 3 | 4 = 3): Sharp =>
  sharp({
    create: { width, height, channels, background: { r: 192, g: 80, b: 40, alpha: 1 } },
    limitInputPixels: false,
  });

/** Moves: the first frame is `first`, the others are plain. */
export const animation = async (format: 'gif' | 'webp', first: Sharp = plain(60, 40)): Promise<Buffer> => {
  const picture = await first.png().toBuffer({ resolveWithObject: true });
  const { width, height } = picture.info;
  const others = ['#00f', '#fff'].map((background) =>
    sharp({ create: { width, height, channels: 3, background } })
      .png()
      .toBuffer(),
  );
  return sharp([picture.data, ...(await Promise.all(others))], { join: { animated: true } })
    [format]({ loop: 0, effort: 1 })
    .toBuffer();
};

/** A picture file that claims other sides than it has. */
export async function claiming(width: number, height: number, format: 'jpeg' | 'png' | 'webp'): Promise<Buffer> {
  const file = Buffer.from(await plain(64, 64)[format]().toBuffer());
  if (format === 'jpeg') {
    const frame = file.indexOf(Buffer.from([0xff, 0xc0]));
    file.writeUInt16BE(height, frame + 5);
    file.writeUInt16BE(width, frame + 7);
  } else if (format === 'png') {
    file.writeUInt32BE(width, 16);
    file.writeUInt32BE(height, 20);
    file.writeUInt32BE(crc32(file.subarray(12, 29)), 29);
  } else {
    file.writeUInt16LE(width, 26);
    file.writeUInt16LE(height, 28);
  }
  return file;
}
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** What is drawn, not photographed. */
const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600"><rect width="600" height="600" fill="#ffe9b0"/>
<circle cx="300" cy="300" r="200" fill="#ffd34d" stroke="#333" stroke-width="8"/><circle cx="230" cy="250" r="24"/>
<circle cx="370" cy="250" r="24"/><path d="M200 370q100 90 200 0" fill="none" stroke="#333" stroke-width="12"/></svg>`;

/** A file that somebody sends, and what becomes of it wherever it comes in. */
export interface OddPicture {
  name: string;
  /** As it is called on the sender's disk. */
  fileName: string;
  bytes: Buffer;
  /** Answer to an upload as a photo; null: it is taken. */
  upload: ErrorCode | null;
  /** Why it cannot be indexed; null: it can. */
  failure: PhotoFailure | null;
  /** What a search by it ends with; null: it is described. */
  selfie: ErrorCode | null;
  /** Whether faces are found. */
  hasFaces: boolean;
}

/** Broken, hostile and unusual files, each a few hundred kilobytes at most. */
export async function oddPictures(): Promise<OddPicture[]> {
  const people = () => sharp(sample).resize({ width: 900 });
  const sample = await samplePhoto(3);
  const jpeg = await people().jpeg({ quality: 90 }).toBuffer();
  const noise = sharp({
    create: {
      width: 400,
      height: 300,
      channels: 3,
      background: '#789',
      noise: { type: 'gaussian', mean: 120, sigma: 40 },
    },
  });
  const refused = (name: string, fileName: string, bytes: Buffer, code: ErrorCode, failure: PhotoFailure) => ({
    ...{ name, fileName, bytes, upload: code, failure, selfie: code, hasFaces: false },
  });
  const taken = (name: string, fileName: string, bytes: Buffer, hasFaces = true) => ({
    ...{
      name,
      fileName,
      bytes,
      upload: null,
      failure: null,
      selfie: hasFaces ? null : ('face.none' as const),
      hasFaces,
    },
  });
  const notAnImage = (name: string, fileName: string, text: string) =>
    refused(name, fileName, Buffer.from(text), 'upload.not_an_image', 'not_an_image');
  const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic'), Buffer.alloc(64)]);
  return [
    refused('an empty file', 'a.jpg', Buffer.alloc(0), 'upload.empty', 'empty'),
    notAnImage('text named .jpg', 'notes.jpg', 'this is no picture\n'.repeat(50)),
    notAnImage('a page named .jpg', 'page.jpg', '<!doctype html><script>alert(1)</script>'),
    notAnImage('SVG with a script', 'a.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    refused('HEIC', 'IMG_0001.HEIC', heic, 'upload.heic', 'not_an_image'),
    refused('first bytes of a JPEG', 'a.jpg', jpeg.subarray(0, 20), 'upload.not_an_image', 'not_an_image'),
    refused('JPEG of 4 gigapixels', 'a.jpg', await claiming(65_000, 65_000, 'jpeg'), 'upload.too_large', 'too_large'),
    refused('PNG of 484 megapixels', 'a.png', await claiming(22_000, 22_000, 'png'), 'upload.too_large', 'too_large'),
    {
      ...taken('half a JPEG', 'a.jpg', jpeg.subarray(0, jpeg.length / 2), false),
      failure: 'truncated',
      selfie: 'upload.damaged',
    },
    {
      ...taken('WebP of 100 megapixels', 'a.webp', await claiming(10_000, 10_000, 'webp'), false),
      failure: 'too_large',
      selfie: 'upload.too_large',
    },
    {
      ...taken('a dot', 'a.png', await plain(8, 8).png().toBuffer(), false),
      failure: 'too_small',
    },
    { ...taken('animated GIF', 'a.gif', await animation('gif', people())), upload: 'upload.not_an_image' },
    taken('animated WebP', 'a.webp', await animation('webp', people())),
    taken('16-bit PNG', 'a.png', await people().resize({ width: 600 }).toColourspace('rgb16').png().toBuffer()),
    taken(
      'CMYK JPEG with its profile',
      'a.jpg',
      await people().withIccProfile('cmyk').jpeg({ quality: 90 }).toBuffer(),
    ),
    taken(
      'CMYK JPEG without a profile',
      'a.jpg',
      await people().toColourspace('cmyk').jpeg({ quality: 90 }).toBuffer(),
    ),
    taken('grey JPEG', 'a.jpg', await people().greyscale().jpeg({ quality: 90 }).toBuffer()),
    taken('upside down', 'a.jpg', await sharp(jpeg).rotate(180).jpeg({ quality: 90 }).toBuffer()),
    taken('PNG named .jpg', 'a.jpg', await people().resize({ width: 600 }).png().toBuffer()),
    taken('nobody', 'a.jpg', await noise.jpeg().toBuffer(), false),
    // the phone's detector takes a drawn smile for a face; nobody in an event is like it
    { ...taken('a drawing', 'a.jpg', await sharp(Buffer.from(drawing)).jpeg().toBuffer(), false), selfie: null },
  ];
}

/** One photo of three hundred faces. */
export async function crowd(): Promise<Buffer> {
  const face = await sharp(await samplePhoto(3))
    .extract(CROWD_FACE)
    .resize(75, 100)
    .png()
    .toBuffer();
  const tiles = Array.from({ length: 300 }, (_, i) => ({
    input: face,
    left: (i % 20) * 100,
    top: Math.floor(i / 20) * 110,
  }));
  return plain(2000, 1650).composite(tiles).jpeg({ quality: 90 }).toBuffer();
}
/** The woman in the middle. */
const CROWD_FACE = { left: 1060, top: 130, width: 300, height: 400 };
