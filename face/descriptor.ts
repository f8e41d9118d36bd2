/** Scales to Euclidean length 1. Throws RangeError on a zero or non-finite vector. */
export function normalize(vector: ArrayLike<number>): Float32Array {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!;
  const length = Math.sqrt(squares);
  if (!(length > 0) || !Number.isFinite(length)) throw new RangeError('this vector has no direction');
  return Float32Array.from({ length: vector.length }, (_, i) => vector[i]! / length);
}

/** Dot product; the cosine, -1..1, for vectors of length 1. Both of one length, a multiple of 4. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0; i < a.length; i += 4) {
    s0 += a[i]! * b[i]!;
    s1 += a[i + 1]! * b[i + 1]!;
    s2 += a[i + 2]! * b[i + 2]!;
    s3 += a[i + 3]! * b[i + 3]!;
  }
  return s0 + s1 + (s2 + s3);
}

/** 0..2 for vectors of length 1, lower is closer. */
export function euclidean(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(squares);
}

/** Euclidean distance of two unit vectors from their cosine. */
export function distanceOfCosine(c: number): number {
  return Math.sqrt(Math.max(0, 2 - 2 * c));
}

/** Unit mean of unit vectors: one template from several frames of one person. Throws RangeError when there is none. */
export function meanDescriptor(descriptors: ReadonlyArray<ArrayLike<number>>): Float32Array {
  if (descriptors.length === 0) throw new RangeError('a mean needs at least one descriptor');
  const sum = new Float64Array(descriptors[0]!.length);
  for (const descriptor of descriptors) {
    for (let i = 0; i < sum.length; i++) sum[i]! += descriptor[i]!;
  }
  return normalize(sum);
}

/** Little-endian float32, four bytes a number: how a descriptor lies in the database. */
export function descriptorToBytes(descriptor: Float32Array): Uint8Array {
  const bytes = new Uint8Array(descriptor.length * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < descriptor.length; i++) view.setFloat32(i * 4, descriptor[i]!, true);
  return bytes;
}

/** Throws RangeError unless the bytes are those of `length` numbers. */
export function descriptorFromBytes(bytes: Uint8Array, length = bytes.length / 4): Float32Array {
  if (bytes.length !== length * 4 || !isDescriptorLength(length))
    throw new RangeError(`${bytes.length} bytes are not a descriptor`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length }, (_, i) => view.getFloat32(i * 4, true));
}

/** As manifests allow it: 64 to 1024, a multiple of 4. */
const isDescriptorLength = (length: number) => length >= 64 && length <= 1024 && length % 4 === 0;

/** Whether these numbers can be a descriptor: `length` finite numbers (or as many as a manifest allows) of length 1, within rounding. */
export function isDescriptor(values: ArrayLike<number>, length = values.length): boolean {
  if (values.length !== length || !isDescriptorLength(length)) return false;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!;
  return Math.abs(Math.sqrt(squares) - 1) < 0.01;
}
