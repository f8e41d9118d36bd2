/**
 * The exact bytes of one member of a JSON object, as they stand in the body: what was signed, not what a parser and a
 * serialiser would make of it. The first member of that name at the top level counts; a repeated name is refused, so that
 * no other reader can see another value than the signed one. undefined: not an object, no such member, or not JSON.
 */
export function rawMember(body: Buffer, name: string): Buffer | undefined {
  let at = 0;
  let found: Buffer | undefined;
  const space = () => {
    while (at < body.length && isSpace(body[at]!)) at++;
  };
  /** Moves past a string, its opening quote at `at`; false when it does not end. */
  const string = (): boolean => {
    for (at += 1; at < body.length; at++) {
      if (body[at] === backslash) at++;
      else if (body[at] === quote) {
        at++;
        return true;
      }
    }
    return false;
  };
  /** Moves past any value; nesting is counted, not recursed into. */
  const value = (): boolean => {
    const start = at;
    let depth = 0;
    while (at < body.length) {
      const byte = body[at]!;
      if (byte === quote) {
        if (!string()) return false;
        if (depth === 0) return true;
        continue;
      }
      if (byte === braceOpen || byte === bracketOpen) depth++;
      else if (byte === braceClose || byte === bracketClose) {
        if (depth === 0) return at > start;
        depth--;
        if (depth === 0) {
          at++;
          return true;
        }
      } else if (depth === 0 && (byte === comma || isSpace(byte))) return at > start;
      at++;
    }
    return false;
  };
  space();
  if (body[at] !== braceOpen) return undefined;
  at++;
  for (;;) {
    space();
    if (body[at] === braceClose) break;
    const nameStart = at;
    if (body[at] !== quote || !string()) return undefined;
    const member = parseString(body.subarray(nameStart, at));
    space();
    if (member === undefined || body[at] !== colon) return undefined;
    at++;
    space();
    const start = at;
    if (!value()) return undefined;
    if (member === name) {
      if (found) return undefined;
      found = body.subarray(start, at);
    }
    space();
    if (body[at] === comma) at++;
    else if (body[at] !== braceClose) return undefined;
  }
  at++;
  space();
  return at === body.length ? found : undefined;
}

const [quote, backslash, braceOpen, braceClose, bracketOpen, bracketClose, comma, colon] = [
  ...Buffer.from('"\\{}[],:'),
] as [number, number, number, number, number, number, number, number];
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

function parseString(raw: Buffer): string | undefined {
  try {
    return JSON.parse(raw.toString('utf8')) as string;
  } catch {
    return undefined;
  }
}
