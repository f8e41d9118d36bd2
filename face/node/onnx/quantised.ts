import { tensor, type Weights, type WeightTensor } from '../../weights.ts';
import { ONNXRUNTIME, OnnxGraph, type Value } from './graph.ts';
import { type ConvLayer, type Layers, onnxFilters, type Prediction } from './layers.ts';

/** What each channel of a layer's result was on photos: its largest distance from 0, and its mean. */
export interface Observed {
  largest: Float32Array;
  mean: Float32Array;
}
/** By name of the layer. */
export type Observations = Readonly<Record<string, Observed>>;

/** What byte q of channel c stands for: (q - zero) * scale * channels[c]. */
interface Grid {
  scale: number;
  zero: number;
  channels: Float32Array;
}
/** Bytes between layers, and the mean of what they stand for. */
export type Quantised = Grid & { value: Value; mean: Float32Array };

/** Room above the largest values seen: other photos go further. With less, scores of faces sink; with more, steps get coarse. */
const HEADROOM = 1.7;
/** A channel that was nearly silent on the photos looked at may say more on others. */
const LEAST_SHARE = 1 / 4;
/** A bias counts in steps of input times filter; a step must not be so small that 32 bits do not hold it. */
const MAX_BIAS_STEPS = 2 ** 30;

/**
 * Layers that compute with bytes, channels last: unsigned activations, signed filters with a step of their own for each output channel.
 * What a channel reaches is laid into the filters before and after it, so that each has all 256 steps, and what rounding of
 * the filters adds on average is taken off the bias.
 */
export class QuantisedLayers implements Layers<Quantised> {
  readonly graph: OnnxGraph;
  /** What rounding the picture's mean left over: it goes into the bias of the first layer. */
  private shift: number[] | null = null;

  constructor(
    name: string,
    private readonly weights: Weights,
    private readonly observations: Observations,
  ) {
    this.graph = new OnnxGraph(name);
  }

  get(name: string): WeightTensor {
    return tensor(this.weights, name);
  }

  picture(shape: ReadonlyArray<number | string>, mean: readonly number[], scale: number): Quantised {
    const value = this.graph.input('input', shape);
    const zero = Math.round(mean.reduce((sum, part) => sum + part, 0) / mean.length);
    this.shift = mean.map((part) => (zero - part) * scale);
    return { value, scale, zero, channels: new Float32Array(3).fill(1), mean: new Float32Array(3) };
  }

  /** For layers that end with relu6 alone: bytes start at 0 and end at 6 or below. */
  conv(x: Quantised, layer: ConvLayer): Quantised {
    const { name, stride = 1, padding = 'SAME_UPPER', isDepthwise } = layer;
    const out = this.gridOf(name);
    const { filters, shape, steps, bias } = quantiseFilters(x, layer, out, this.shift);
    this.shift = null;
    const outputs = shape[0]!;
    const value = this.run(
      'QLinearConv',
      [
        x.value,
        ...this.constants(x),
        this.graph.bytes(filters, shape, 'int8'),
        this.graph.floats(steps, [outputs]),
        this.graph.bytes(new Int8Array(outputs), [outputs], 'int8'),
        ...this.constants(out),
        this.graph.integers32(bias),
      ],
      {
        kernel_shape: shape.slice(2),
        strides: [stride, stride],
        auto_pad: padding,
        channels_last: 1,
        ...(isDepthwise && { group: outputs }),
      },
    );
    return { value, ...out, mean: this.observed(name).mean };
  }

  predict(features: readonly Quantised[], predictions: readonly Prediction[]): void {
    const floats = features.map((feature) => this.toFloats(feature));
    for (const { names, values, result } of predictions) {
      const parts = floats.map((feature, i) => {
        const { data, shape } = this.get(`${names[i]}/weights`);
        const [inputs, outputs] = shape.slice(2) as [number, number];
        const scaled = data.map((value, k) => value * features[i]!.channels[Math.floor(k / outputs)]!);
        const product = this.graph.node('MatMul', [feature, this.graph.floats(scaled, [inputs, outputs])]);
        const biases = this.get(`${names[i]}/biases`).data;
        const sum = this.graph.node('Add', [product, this.graph.floats(biases, [biases.length])]);
        return this.graph.node('Reshape', [sum, this.graph.integers([0, -1, values])]);
      });
      this.graph.node('Concat', parts, { axis: 1 }, { result });
      this.graph.output(result, ['N', 'P', values]);
    }
  }

  /** Every channel reaches from 0 to what was seen of it, and some more. */
  private gridOf(name: string): Grid {
    const { largest } = this.observed(name);
    const least = Math.max(...largest) * LEAST_SHARE;
    const channels = largest.map((value) => Math.min(Math.max(value, least) * HEADROOM, 6));
    return { channels, scale: 1 / 255, zero: 0 };
  }

  private observed(name: string): Observed {
    const found = this.observations[name];
    if (!found) throw new Error(`nobody looked at the layer ${name}`);
    return found;
  }

  private toFloats(x: Quantised): Value {
    return this.graph.node('DequantizeLinear', [x.value, ...this.constants(x)]);
  }

  private constants({ scale, zero }: Pick<Grid, 'scale' | 'zero'>): [Value, Value] {
    return [this.graph.floats([scale], []), this.graph.bytes([zero], [], 'uint8')];
  }

  private run(type: string, inputs: Value[], attributes: Parameters<OnnxGraph['node']>[2] = {}): Value {
    return this.graph.node(type, inputs, attributes, { domain: ONNXRUNTIME });
  }
}

/** Filters and bias of a layer between two grids. `shift`: what is to be added to each input channel. */
function quantiseFilters(x: Grid & { mean: Float32Array }, layer: ConvLayer, out: Grid, shift: number[] | null) {
  const { data, shape } = onnxFilters(layer);
  const [outputs, inputs, height, width] = shape as [number, number, number, number];
  const area = height * width;
  const length = inputs * area;
  const filters = new Int8Array(data.length);
  const steps = new Float32Array(outputs);
  const bias = new Int32Array(outputs);
  for (let o = 0; o < outputs; o++) {
    const row = data.subarray(o * length, (o + 1) * length);
    const inputOf = (k: number) => (layer.isDepthwise ? o : Math.floor(k / area));
    let constant = layer.bias[o]!;
    if (shift) for (const [k, value] of row.entries()) constant += value * shift[inputOf(k)]!;
    const wanted = row.map((value, k) => value * x.channels[inputOf(k)]!);
    const largest = wanted.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    const step = Math.max(largest / 127, Math.abs(constant) / (x.scale * MAX_BIAS_STEPS), 1e-12);
    for (const [k, value] of wanted.entries()) {
      const rounded = Math.round(value / step);
      filters[o * length + k] = rounded;
      const i = inputOf(k);
      constant -= ((rounded * step - value) / x.channels[i]!) * x.mean[i]!;
    }
    steps[o] = step / out.channels[o]!;
    bias[o] = Math.round(constant / (x.scale * step));
  }
  return { filters, shape, steps, bias };
}
