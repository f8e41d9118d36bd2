/** A field as it stands in a message; `bytes` of a varint are empty, `value` of others is 0. */
export interface Field {
  field: number;
  value: bigint;
  bytes: Uint8Array;
}

/**
 * The fields of a message, in its order: just enough of the protocol buffer wire format for what is read here.
 * https://protobuf.dev/programming-guides/encoding/ Throws RangeError for what ends before its time, Error for a group.
 */
export function* readFields(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) throw new RangeError('the message ends within a number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const none = new Uint8Array();
  while (at < message.length) {
    const key = Number(varint());
    const field = key >> 3;
    const type = key & 7;
    if (type === 0) {
      yield { field, value: varint(), bytes: none };
      continue;
    }
    if (type === 3 || type === 4) throw new Error('a message with groups');
    const length = type === 2 ? Number(varint()) : type === 1 ? 8 : 4;
    if (at + length > message.length) throw new RangeError('the message ends within a field');
    yield { field, value: 0n, bytes: message.subarray(at, at + length) };
    at += length;
  }
}

/** Writes a message: varints, 32-bit floats and length-delimited fields. */
export class MessageWriter {
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  /** Field of type int32, int64, enum or bool. */
  integer(field: number, value: number): this {
    this.varint(field << 3);
    this.varint(value);
    return this;
  }

  float(field: number, value: number): this {
    this.varint((field << 3) | 5);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.append(bytes);
    return this;
  }

  /** Field of type string, bytes or message. */
  bytes(field: number, value: string | Uint8Array | MessageWriter): this {
    const bytes =
      typeof value === 'string'
        ? new TextEncoder().encode(value)
        : value instanceof MessageWriter
          ? value.finish()
          : value;
    this.varint((field << 3) | 2);
    this.varint(bytes.length);
    this.append(bytes);
    return this;
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.length);
    let offset = 0;
    for (const part of this.parts) {
      out.set(part, offset);
      offset += part.length;
    }
    return out;
  }

  /** Seven bits a byte, lowest first; negative numbers take the ten bytes of their 64-bit two's complement. */
  private varint(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    const bytes: number[] = [];
    do {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      bytes.push(rest > 0n ? low | 0x80 : low);
    } while (rest > 0n);
    this.append(Uint8Array.from(bytes));
  }

  private append(bytes: Uint8Array): void {
    this.parts.push(bytes);
    this.length += bytes.length;
  }
}
