import { OnnxGraph, type Value } from './graph.ts';
import type { TfliteGraph, TfliteOperator, TfliteTensor } from './tflite.ts';

/**
 * A fully convolutional TFLite network of one picture as ONNX: uint8 pictures [N,H,W,3] of any size that its strides divide, brought to
 * -1..1 within the graph. `outputs` names the maps [N,h,w,channels] behind the reshapes at its end, in the file's order.
 */
export function convolutionalNet(name: string, tflite: TfliteGraph, outputs: readonly string[]): Uint8Array {
  const graph = new OnnxGraph(name);
  const values = new Map<number, Value>();
  let x = graph.input('input', ['N', 'H', 'W', 3]);
  x = graph.node('Cast', [x], { to: 1 });
  x = graph.node('Transpose', [x], { perm: [0, 3, 1, 2] });
  x = graph.node('Mul', [x, graph.floats([1 / 127.5], [])]);
  values.set(tflite.inputs[0]!, graph.node('Sub', [x, graph.floats([1], [])]));
  for (const operator of tflite.operators) values.set(operator.outputs[0]!, translate(graph, tflite, values, operator));
  for (const [i, output] of tflite.outputs.entries()) {
    graph.node('Transpose', [known(values, output)], { perm: [0, 2, 3, 1] }, { result: outputs[i]! });
    graph.output(outputs[i]!, ['N', 'h', 'w', tflite.tensors[output]!.shape.at(-1)!]);
  }
  return graph.serialize();
}

function translate(
  graph: OnnxGraph,
  { tensors }: TfliteGraph,
  values: ReadonlyMap<number, Value>,
  operator: TfliteOperator,
): Value {
  const { type, inputs, stride, window, padding } = operator;
  const first = known(values, inputs[0]!);
  const space = { strides: stride, auto_pad: padding === 'SAME' ? 'SAME_UPPER' : 'VALID' };
  switch (type) {
    case 'CONV_2D':
    case 'DEPTHWISE_CONV_2D': {
      const filters = tensors[inputs[1]!]!;
      const bias = tensors[inputs[2]!]!;
      const isDepthwise = type === 'DEPTHWISE_CONV_2D';
      const [out, height, width, channels] = filters.shape as [number, number, number, number];
      const kernel = isDepthwise ? [channels, 1, height, width] : [out, channels, height, width];
      return graph.node(
        'Conv',
        [first, graph.floats(toChannelsFirst(filters, isDepthwise), kernel), graph.floats(floats(bias), bias.shape)],
        { kernel_shape: [height, width], ...space, ...(isDepthwise && { group: channels }) },
      );
    }
    case 'ADD':
      return graph.node('Add', [first, known(values, inputs[1]!)]);
    case 'RELU':
      return graph.node('Relu', [first]);
    case 'MAX_POOL_2D':
      return graph.node('MaxPool', [first], { kernel_shape: window, ...space });
    case 'PAD': {
      const [n, h, w, c] = pairs(tensors[inputs[1]!]!);
      const sides = [n!, c!, h!, w!];
      return graph.node('Pad', [first, graph.integers([...sides.map((s) => s[0]), ...sides.map((s) => s[1])])]);
    }
    case 'RESIZE_BILINEAR': {
      const from = tensors[inputs[0]!]!.shape;
      const [height, width] = integers(tensors[inputs[1]!]!);
      const scales = graph.floats([1, 1, height! / from[1]!, width! / from[2]!], [4]);
      return graph.node('Resize', [first, '' as Value, scales], {
        mode: 'linear',
        coordinate_transformation_mode: 'half_pixel',
      });
    }
    case 'RESHAPE':
      return first;
  }
}

function known(values: ReadonlyMap<number, Value>, tensor: number): Value {
  const value = values.get(tensor);
  if (!value) throw new Error(`tensor ${tensor} of the TFLite graph is used before it is made`);
  return value;
}

/** Filters [out,h,w,in] to [out,in,h,w]; those of a depthwise convolution [1,h,w,channels] to [channels,1,h,w]. */
function toChannelsFirst(filters: TfliteTensor, isDepthwise: boolean): Float32Array {
  const data = floats(filters);
  const [out, height, width, channels] = filters.shape as [number, number, number, number];
  const result = new Float32Array(data.length);
  let from = 0;
  for (let o = 0; o < out; o++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < channels; c++, from++) {
          const filter = isDepthwise ? c : o * channels + c;
          result[(filter * height + y) * width + x] = data[from]!;
        }
  return result;
}

/** A copy: weights need not lie at a multiple of four bytes. */
function floats({ type, bytes, shape }: TfliteTensor): Float32Array {
  const length = shape.reduce((product, side) => product * side, 1);
  if (type === 'float32' && bytes.length === length * 4) return new Float32Array(bytes.slice().buffer);
  if (type === 'float16' && bytes.length === length * 2)
    return Float32Array.from(new Uint16Array(bytes.slice().buffer), halfToFloat);
  throw new Error('a weight of the TFLite file is no float');
}

/** IEEE 754 binary16. */
function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function integers({ type, bytes }: TfliteTensor): Int32Array {
  if (type !== 'int32') throw new Error('a constant of the TFLite file is not int32');
  return new Int32Array(bytes.slice().buffer);
}

function pairs(tensor: TfliteTensor): Array<[number, number]> {
  const numbers = integers(tensor);
  return Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i]!, numbers[2 * i + 1]!]);
}
