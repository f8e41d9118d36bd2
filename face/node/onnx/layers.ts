import { tensor, type Weights, type WeightTensor } from '../../weights.ts';
import { OnnxGraph, type Value } from './graph.ts';

/** In TensorFlow's meaning: filters are height, width, in, out; depthwise ones height, width, channels, 1. */
export type Padding = 'SAME_UPPER' | 'VALID';

export interface ConvLayer {
  /** Unique within the network; what is known about its output is known by this name. */
  name: string;
  filters: WeightTensor;
  bias: ArrayLike<number>;
  /** Factor of each output channel's filter, not of its bias. */
  scale?: ArrayLike<number>;
  isDepthwise?: boolean;
  stride?: number;
  padding?: Padding;
  activation?: 'relu' | 'relu6';
}

/** One output of a detector: for each feature map the name of its 1x1 filters and biases, `values` numbers a box. */
export interface Prediction {
  names: readonly string[];
  values: number;
  result: string;
}

/** What the detector is made of, whatever it computes with. `T` is what flows between layers. */
export interface Layers<T> {
  get(name: string): WeightTensor;
  /** uint8 [N,H,W,3]; the network sees (x - mean) * scale. */
  picture(shape: ReadonlyArray<number | string>, mean: readonly number[], scale: number): T;
  conv(x: T, layer: ConvLayer): T;
  predict(features: readonly T[], predictions: readonly Prediction[]): void;
}

/** Filters as ONNX has them: out, in, height, width; for depthwise ones channels, 1, height, width. */
export function onnxFilters({ filters, scale, isDepthwise }: ConvLayer): { data: Float32Array; shape: number[] } {
  const [height, width, inputs, outputs] = filters.shape as [number, number, number, number];
  const [inner, outer] = isDepthwise ? [1, inputs] : [inputs, outputs];
  const data = new Float32Array(filters.data.length);
  let from = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let i = 0; i < inner; i++)
        for (let o = 0; o < outer; o++, from++)
          data[((o * inner + i) * height + y) * width + x] = filters.data[from]! * (scale ? scale[o]! : 1);
  return { data, shape: [outer, inner, height, width] };
}

/** Layers that compute with 32-bit floats, channels first. */
export class FloatLayers implements Layers<Value> {
  readonly graph: OnnxGraph;
  constructor(
    name: string,
    private readonly weights: Weights,
    /** Told about the results of activations: calibration looks at them. */
    private readonly observe: (value: Value, name: string) => void = () => undefined,
  ) {
    this.graph = new OnnxGraph(name);
  }

  get(name: string): WeightTensor {
    return tensor(this.weights, name);
  }

  picture(shape: ReadonlyArray<number | string>, mean: readonly number[], scale: number): Value {
    let x = this.graph.input('input', shape);
    x = this.graph.node('Cast', [x], { to: 1 });
    x = this.graph.node('Transpose', [x], { perm: [0, 3, 1, 2] });
    x = this.graph.node('Sub', [x, this.graph.floats(mean, [1, 3, 1, 1])]);
    return this.graph.node('Mul', [x, this.graph.floats([scale], [])]);
  }

  conv(x: Value, layer: ConvLayer): Value {
    const { stride = 1, padding = 'SAME_UPPER', isDepthwise, activation } = layer;
    const { data, shape } = onnxFilters(layer);
    const attributes = {
      kernel_shape: shape.slice(2),
      strides: [stride, stride],
      auto_pad: padding,
      ...(isDepthwise && { group: shape[0]! }),
    };
    const bias = this.graph.floats(layer.bias, [shape[0]!]);
    let y = this.graph.node('Conv', [x, this.graph.floats(data, shape), bias], attributes);
    if (activation === 'relu') y = this.relu(y);
    if (activation === 'relu6')
      y = this.graph.node('Clip', [y, this.graph.floats([0], []), this.graph.floats([6], [])]);
    if (activation) this.observe(y, layer.name);
    return y;
  }

  relu(x: Value): Value {
    return this.graph.node('Relu', [x]);
  }

  predict(features: readonly Value[], predictions: readonly Prediction[]): void {
    for (const { names, values, result } of predictions) {
      const parts = features.map((feature, i) => {
        const filters = this.get(`${names[i]}/weights`);
        const raw = this.conv(feature, { name: names[i]!, filters, bias: this.get(`${names[i]}/biases`).data });
        const last = this.graph.node('Transpose', [raw], { perm: [0, 2, 3, 1] });
        return this.graph.node('Reshape', [last, this.graph.integers([0, -1, values])]);
      });
      this.graph.node('Concat', parts, { axis: 1 }, { result });
      this.graph.output(result, ['N', 'P', values]);
    }
  }
}
