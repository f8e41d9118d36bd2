import jsqr from 'jsqr';
import sharp from 'sharp';

// Reads a PromptPay QR back from its pixels, with code that shares nothing with what makes it.
// The package says it is an ES module and is none: what it exports is the function itself.
const jsQR = jsqr as unknown as typeof jsqr.default;

/** What the QR in a picture says; throws when there is none that can be read. */
export async function readQr(picture: Buffer): Promise<string> {
  const { data, info } = await sharp(picture)
    .flatten({ background: '#fff' })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const code = jsQR(new Uint8ClampedArray(data.buffer, data.byteOffset, data.length), info.width, info.height);
  if (!code) throw new Error(`no QR in a picture of ${info.width} x ${info.height}`);
  return code.data;
}

/** CRC-16/CCITT-FALSE, four hex digits. */
export function crc16(text: string): string {
  let crc = 0xffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc.toString(16).toUpperCase().padStart(4, '0');
}

/** The fields of an EMV merchant QR by tag, checked to the last character: lengths, CRC last and right. Throws RangeError. */
export function readEmv(text: string): Map<string, string> {
  const tags = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    const [tag, size] = [text.slice(at, at + 2), text.slice(at + 2, at + 4)];
    if (!/^\d\d$/.test(tag) || !/^\d\d$/.test(size)) throw new RangeError(`no tag at ${at} of ${text}`);
    const value = text.slice(at + 4, at + 4 + Number(size));
    if (value.length !== Number(size) || tags.has(tag)) throw new RangeError(`tag ${tag} of ${text}`);
    tags.set(tag, value);
    at += 4 + Number(size);
  }
  if ([...tags.keys()].at(-1) !== '63') throw new RangeError(`the CRC is not last in ${text}`);
  if (crc16(text.slice(0, -4)) !== tags.get('63')) throw new RangeError(`the CRC of ${text} is wrong`);
  return tags;
}
