/**
 * Ids as 16 bytes: a UUID as it is, any other text of at most 15 bytes after a mark that no UUID carries (15 where its version
 * stands). Throws RangeError on longer text.
 */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-e][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MARK_AT = 6;
const MARK = 0xf0;

export function packId(text: string, out: Uint8Array = new Uint8Array(16)): Uint8Array {
  if (UUID.test(text)) {
    for (let i = 0, at = 0; i < 16; i++, at += 2) {
      if (text.charCodeAt(at) === 45) at++;
      out[i] = digit(text.charCodeAt(at)) * 16 + digit(text.charCodeAt(at + 1));
    }
    return out;
  }
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > 15) throw new RangeError('an id is a UUID or at most 15 bytes');
  out.fill(0);
  out.set(bytes.subarray(0, MARK_AT));
  out[MARK_AT] = MARK;
  out.set(bytes.subarray(MARK_AT), MARK_AT + 1);
  return out;
}
const digit = (code: number) => (code < 58 ? code - 48 : code - 87);
const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

export function idText(bytes: Uint8Array): string {
  if ((bytes[MARK_AT]! & 0xf0) === MARK) {
    const text = [...bytes.subarray(0, MARK_AT), ...bytes.subarray(MARK_AT + 1)].filter((byte) => byte !== 0);
    return new TextDecoder().decode(Uint8Array.from(text));
  }
  let text = '';
  for (let i = 0; i < 16; i++) text += (i === 4 || i === 6 || i === 8 || i === 10 ? '-' : '') + HEX[bytes[i]!]!;
  return text;
}

/** Order of the bytes, which for UUIDs is the order of their text. */
export function compareIds(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < 16; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}
