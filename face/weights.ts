/** Weights as the @vladmandic/face-api package stores them: one manifest of named, quantised tensors and one binary. */

export interface WeightEntry {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: { dtype: string; scale: number; min: number };
}

export type WeightManifest = ReadonlyArray<{ paths: string[]; weights: WeightEntry[] }>;

export interface WeightTensor {
  shape: number[];
  /** Row-major in the layout of TensorFlow: filters are height, width, in, out. */
  data: Float32Array;
}

export type Weights = ReadonlyMap<string, WeightTensor>;

const bytesPerValue: Record<string, number> = { uint8: 1, uint16: 2, float32: 4, int32: 4 };

/** All tensors, dequantised to float32. Throws Error when the binary is shorter or longer than its manifest says. */
export function readWeights(manifest: WeightManifest, binary: Uint8Array): Weights {
  const view = new DataView(binary.buffer, binary.byteOffset, binary.byteLength);
  const weights = new Map<string, WeightTensor>();
  let offset = 0;
  for (const entry of manifest.flatMap((group) => group.weights)) {
    const length = entry.shape.reduce((product, side) => product * side, 1);
    const stored = entry.quantization?.dtype ?? entry.dtype;
    const width = bytesPerValue[stored];
    if (!width) throw new Error(`weights of type ${stored} are not known`);
    if (offset + length * width > binary.byteLength) throw new Error(`the weight file ends within ${entry.name}`);
    const { scale, min } = entry.quantization ?? { scale: 1, min: 0 };
    const data = new Float32Array(length);
    if (stored === 'uint8') {
      // nearly all of them, and a phone waits for it
      for (let i = 0; i < length; i++) data[i] = binary[offset + i]! * scale + min;
    } else {
      for (let i = 0; i < length; i++) data[i] = readValue(view, offset + i * width, stored) * scale + min;
    }
    weights.set(entry.name, { shape: entry.shape, data });
    offset += length * width;
  }
  if (offset !== binary.byteLength) throw new Error(`the weight file is ${binary.byteLength - offset} bytes too long`);
  return weights;
}

function readValue(view: DataView, at: number, type: string): number {
  switch (type) {
    case 'uint16':
      return view.getUint16(at, true);
    case 'int32':
      return view.getInt32(at, true);
    default:
      return view.getFloat32(at, true);
  }
}

/** The tensor of that name. Throws Error naming it when the package lacks it. */
export function tensor(weights: Weights, name: string): WeightTensor {
  const found = weights.get(name);
  if (!found) throw new Error(`the weight file has no ${name}`);
  return found;
}
