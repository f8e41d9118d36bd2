/**
 * Blanks the position in the head of a JPEG without changing a single length, so that originals can be streamed, ranged and
 * zipped as they are stored and still never tell where they were taken. Touches the GPS directory of EXIF and the GPS
 * properties of XMP; everything else stays byte for byte. Works on a copy.
 */
export function blankGps(head: Buffer): Buffer {
  if (head.length < 4 || head.readUInt16BE(0) !== 0xffd8) return head;
  const copy = Buffer.from(head);
  for (let at = 2; at + 4 <= copy.length && copy[at] === 0xff; ) {
    const marker = copy[at + 1]!;
    // Fill bytes, then the scan: no more metadata after it.
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0xda || marker === 0xd9) break;
    const end = at + 2 + copy.readUInt16BE(at + 2);
    if (marker === 0xe1) blankSegment(copy.subarray(at + 4, Math.min(end, copy.length)));
    at = end;
  }
  return copy;
}
/** Metadata of a JPEG stands in its first segments; those of cameras fit into this many times over. */
export const headBytes = 512 * 1024;

const exifHeader = Buffer.from('Exif\0\0', 'latin1');
function blankSegment(segment: Buffer): void {
  if (segment.subarray(0, 6).equals(exifHeader)) blankExif(segment.subarray(6));
  else blankXmp(segment);
}

const gpsPointer = 0x8825;
const typeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];

function blankExif(tiff: Buffer): void {
  if (tiff.length < 8) return;
  const isLittle = tiff.toString('latin1', 0, 2) === 'II';
  const u16 = (at: number) => (at + 2 > tiff.length ? 0 : isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const u32 = (at: number) => (at + 4 > tiff.length ? 0 : isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const seen = new Set<number>();
  for (let ifd = u32(4); ifd >= 8 && ifd < tiff.length && !seen.has(ifd); ) {
    seen.add(ifd);
    const count = u16(ifd);
    for (let entry = ifd + 2; entry + 12 <= Math.min(tiff.length, ifd + 2 + count * 12); entry += 12) {
      if (u16(entry) === gpsPointer) blankDirectory(u32(entry + 8));
    }
    ifd = u32(ifd + 2 + count * 12);
  }
  /** An empty directory stays: no entries, nothing after it. */
  function blankDirectory(at: number): void {
    if (at < 8 || at + 2 > tiff.length) return;
    const count = u16(at);
    for (let entry = at + 2; entry + 12 <= Math.min(tiff.length, at + 2 + count * 12); entry += 12) {
      const bytes = (typeBytes[u16(entry + 2)] ?? 1) * u32(entry + 4);
      const value = u32(entry + 8);
      if (bytes > 4 && value < tiff.length) tiff.fill(0, value, Math.min(tiff.length, value + bytes));
    }
    tiff.fill(0, at, Math.min(tiff.length, at + 2 + count * 12 + 4));
  }
}

/** XMP as text, one byte a character: `exif:GPSLatitude="13,45N"` and `<exif:GPSLatitude>13,45N</...>` lose their values. */
function blankXmp(segment: Buffer): void {
  const text = segment.toString('latin1');
  if (!text.startsWith('http://ns.adobe.com/')) return;
  for (const match of text.matchAll(/exif:GPS\w*\s*(?:=\s*(["'])(.*?)\1|>([^<]*)<)/gs)) {
    const value = match[2] ?? match[3] ?? '';
    const start = match.index + match[0].lastIndexOf(value);
    segment.fill(0x20, start, start + value.length);
  }
}
