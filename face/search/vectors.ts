import { DESCRIPTOR_LENGTH } from '../types.ts';

/** Many descriptors in one block of memory, 512 bytes each. */
export class VectorBlock {
  readonly values: Float32Array;

  constructor(readonly count: number) {
    this.values = new Float32Array(count * DESCRIPTOR_LENGTH);
  }

  static of(descriptors: ReadonlyArray<ArrayLike<number>>): VectorBlock {
    const block = new VectorBlock(descriptors.length);
    for (const [i, descriptor] of descriptors.entries()) block.values.set(descriptor, i * DESCRIPTOR_LENGTH);
    return block;
  }

  at(index: number): Float32Array {
    return this.values.subarray(index * DESCRIPTOR_LENGTH, (index + 1) * DESCRIPTOR_LENGTH);
  }

  /** Cosine of `query` to every vector of the block: exact, nothing is skipped. */
  cosines(query: Float32Array, out = new Float32Array(this.count)): Float32Array {
    const { values } = this;
    let p = 0;
    for (let i = 0; i < this.count; i++) {
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let k = 0; k < DESCRIPTOR_LENGTH; k += 4, p += 4) {
        a += query[k]! * values[p]!;
        b += query[k + 1]! * values[p + 1]!;
        c += query[k + 2]! * values[p + 2]!;
        d += query[k + 3]! * values[p + 3]!;
      }
      out[i] = a + b + (c + d);
    }
    return out;
  }
}

/** 32-bit FNV-1a over the bytes of a descriptor: an order that depends on the face alone, not on when or where it arrived. */
export function hashDescriptor(descriptor: Float32Array): number {
  const bits = new Uint32Array(Float32Array.from(descriptor).buffer);
  let hash = 0x811c9dc5;
  for (const word of bits) {
    for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((word >>> shift) & 0xff), 0x01000193);
  }
  return hash >>> 0;
}
