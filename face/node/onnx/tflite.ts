/**
 * Reads a TensorFlow Lite file (https://ai.google.dev/edge/litert: FlatBuffers, schema.fbs): tensors, weights and operators of its first
 * graph. Only what a plain convolutional network needs; anything else is named in the error.
 */

export interface TfliteTensor {
  shape: number[];
  type: 'float32' | 'float16' | 'int32' | 'other';
  /** Little-endian content of a constant; empty for what is computed. */
  bytes: Uint8Array;
}

export interface TfliteOperator {
  type: TfliteType;
  /** Numbers of tensors. */
  inputs: number[];
  outputs: number[];
  /** Of convolutions and pooling. */
  padding: 'SAME' | 'VALID';
  stride: [number, number];
  /** Height and width of a pooling window. */
  window: [number, number];
}

export interface TfliteGraph {
  tensors: TfliteTensor[];
  operators: TfliteOperator[];
  inputs: number[];
  outputs: number[];
}

/** Builtin operators by their number in the schema. */
const types = {
  0: 'ADD',
  3: 'CONV_2D',
  4: 'DEPTHWISE_CONV_2D',
  6: 'DEQUANTIZE',
  17: 'MAX_POOL_2D',
  19: 'RELU',
  22: 'RESHAPE',
  23: 'RESIZE_BILINEAR',
  34: 'PAD',
} as const;
type BuiltinType = (typeof types)[keyof typeof types];
export type TfliteType = Exclude<BuiltinType, 'DEQUANTIZE'>;

/** Tensor types by their number in the schema. */
const tensorTypes: Record<number, TfliteTensor['type']> = { 0: 'float32', 1: 'float16', 2: 'int32' };

/** Places of the stride and of the fused activation among the options of an operator. */
const optionFields: Partial<Record<BuiltinType, { stride: number; activation: number; window?: number }>> = {
  CONV_2D: { stride: 1, activation: 3 },
  DEPTHWISE_CONV_2D: { stride: 1, activation: 4 },
  MAX_POOL_2D: { stride: 1, activation: 5, window: 3 },
  ADD: { stride: -1, activation: 0 },
};

/** Throws Error on a file that is no TFLite graph or has an operator that is not known here. */
export function readTflite(file: Uint8Array): TfliteGraph {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 8 || String.fromCharCode(...file.subarray(4, 8)) !== 'TFL3') throw new Error('no TFLite file');
  const model = new Table(view, view.getUint32(0, true));
  const codes = model.tables(1).map((code) => Math.max(code.int8(0), code.int32(3)));
  const buffers = model.tables(4);
  const graph = model.tables(2)[0];
  if (!graph) throw new Error('the TFLite file holds no graph');
  const tensors = graph.tables(0).map((tensor): TfliteTensor => {
    return {
      shape: tensor.int32s(0),
      type: tensorTypes[tensor.int8(1)] ?? 'other',
      bytes: buffers[tensor.int32(2)]!.bytes(0),
    };
  });
  const operators = graph.tables(3).flatMap((operator): TfliteOperator[] => {
    const code = codes[operator.int32(0)]!;
    const type = types[code as keyof typeof types];
    if (!type) throw new Error(`the TFLite operator ${code} is not known`);
    const inputs = operator.int32s(1);
    const outputs = operator.int32s(2);
    if (type === 'DEQUANTIZE') {
      // weights stored as half floats: a constant like any other
      tensors[outputs[0]!] = tensors[inputs[0]!]!;
      return [];
    }
    const fields = optionFields[type];
    const options = operator.table(4);
    if (fields && options && options.int8(fields.activation) !== 0)
      throw new Error(`a fused activation of ${type} is not known`);
    const pair = (at: number): [number, number] => [options?.int32(at + 1, 1) ?? 1, options?.int32(at, 1) ?? 1];
    return [
      {
        type,
        inputs,
        outputs,
        padding: fields && fields.stride >= 0 && options?.int8(0) === 1 ? 'VALID' : 'SAME',
        stride: fields && fields.stride >= 0 ? pair(fields.stride) : [1, 1],
        window: fields?.window ? pair(fields.window) : [1, 1],
      },
    ];
  });
  return { tensors, operators, inputs: graph.int32s(1), outputs: graph.int32s(2) };
}

/** One FlatBuffers table: fields by their number, absent ones answering their default. */
class Table {
  private readonly fields: number;
  constructor(
    private readonly view: DataView,
    private readonly at: number,
  ) {
    this.fields = at - view.getInt32(at, true);
  }

  int8(field: number): number {
    const at = this.place(field);
    return at ? this.view.getInt8(at) : 0;
  }

  int32(field: number, otherwise = 0): number {
    const at = this.place(field);
    return at ? this.view.getInt32(at, true) : otherwise;
  }

  table(field: number): Table | null {
    const at = this.follow(field);
    return at ? new Table(this.view, at) : null;
  }

  tables(field: number): Table[] {
    return this.vector(field, 4, (at) => new Table(this.view, at + this.view.getUint32(at, true)));
  }

  int32s(field: number): number[] {
    return this.vector(field, 4, (at) => this.view.getInt32(at, true));
  }

  bytes(field: number): Uint8Array {
    const at = this.follow(field);
    if (!at) return new Uint8Array(0);
    return new Uint8Array(this.view.buffer, this.view.byteOffset + at + 4, this.view.getUint32(at, true));
  }

  private vector<T>(field: number, width: number, read: (at: number) => T): T[] {
    const at = this.follow(field);
    if (!at) return [];
    return Array.from({ length: this.view.getUint32(at, true) }, (_, i) => read(at + 4 + i * width));
  }

  private place(field: number): number {
    const entry = 4 + 2 * field;
    if (entry >= this.view.getUint16(this.fields, true)) return 0;
    const offset = this.view.getUint16(this.fields + entry, true);
    return offset ? this.at + offset : 0;
  }

  private follow(field: number): number {
    const at = this.place(field);
    return at ? at + this.view.getUint32(at, true) : 0;
  }
}
