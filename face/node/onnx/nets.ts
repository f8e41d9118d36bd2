import { tensor, type Weights, type WeightTensor } from '../../weights.ts';
import { OnnxGraph, type Value } from './graph.ts';

/**
 * The face-api networks as ONNX graphs: same layers, same weights, with batch norms and per-channel scales folded into the
 * convolutions. Each takes uint8 pictures [N, height, width, 3]; normalisation is part of the graph.
 */

type Padding = 'SAME_UPPER' | 'VALID';

/** Layers over one graph and one set of weights, in TensorFlow's meaning of padding and filter layout. */
class Layers {
  readonly graph: OnnxGraph;
  constructor(
    name: string,
    private readonly weights: Weights,
  ) {
    this.graph = new OnnxGraph(name);
  }

  get(name: string): WeightTensor {
    return tensor(this.weights, name);
  }

  /** uint8 [N,H,W,3] to normalised float [N,3,H,W]. */
  picture(shape: ReadonlyArray<number | string>, mean: readonly number[], scale: number): Value {
    let x = this.graph.input('input', shape);
    x = this.graph.node('Cast', [x], { to: 1 });
    x = this.graph.node('Transpose', [x], { perm: [0, 3, 1, 2] });
    x = this.graph.node('Sub', [x, this.graph.floats(mean, [1, 3, 1, 1])]);
    return this.graph.node('Mul', [x, this.graph.floats([scale], [])]);
  }

  conv(
    x: Value,
    filters: WeightTensor,
    bias: ArrayLike<number>,
    options: { stride?: number; padding?: Padding; scale?: ArrayLike<number> } = {},
  ): Value {
    const { stride = 1, padding = 'SAME_UPPER', scale } = options;
    const [height, width, inputs, outputs] = filters.shape as [number, number, number, number];
    const kernel = new Float32Array(filters.data.length);
    let from = 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let i = 0; i < inputs; i++) {
          for (let o = 0; o < outputs; o++, from++) {
            kernel[((o * inputs + i) * height + y) * width + x] = filters.data[from]! * (scale ? scale[o]! : 1);
          }
        }
      }
    }
    return this.graph.node(
      'Conv',
      [x, this.graph.floats(kernel, [outputs, inputs, height, width]), this.graph.floats(bias, [outputs])],
      { kernel_shape: [height, width], strides: [stride, stride], auto_pad: padding },
    );
  }

  depthwise(
    x: Value,
    filters: WeightTensor,
    options: { stride?: number; bias?: ArrayLike<number>; scale?: ArrayLike<number>; pads?: readonly number[] } = {},
  ): Value {
    const { stride = 1, bias, scale, pads } = options;
    const [height, width, channels] = filters.shape as [number, number, number];
    const kernel = new Float32Array(filters.data.length);
    let from = 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++, from++) {
          kernel[(c * height + y) * width + x] = filters.data[from]! * (scale ? scale[c]! : 1);
        }
      }
    }
    const inputs = [x, this.graph.floats(kernel, [channels, 1, height, width])];
    if (bias) inputs.push(this.graph.floats(bias, [channels]));
    return this.graph.node('Conv', inputs, {
      kernel_shape: [height, width],
      strides: [stride, stride],
      group: channels,
      ...(pads ? { pads } : { auto_pad: 'SAME_UPPER' }),
    });
  }

  relu(x: Value): Value {
    return this.graph.node('Relu', [x]);
  }

  relu6(x: Value): Value {
    return this.graph.node('Clip', [x, this.graph.floats([0], []), this.graph.floats([6], [])]);
  }

  add(a: Value, b: Value): Value {
    return this.graph.node('Add', [a, b]);
  }
}

const FACE_MEAN = [122.782, 117.001, 104.298];

/** Residual network of 29 convolutions: [N,150,150,3] to `embedding` [N,128]. */
export function recognitionNet(weights: Weights): Uint8Array {
  const net = new Layers('recognition', weights);
  const g = net.graph;
  const conv = (x: Value, name: string, stride: number, padding: Padding) => {
    const scale = net.get(`${name}/scale/weights`).data;
    const shift = net.get(`${name}/scale/biases`).data;
    const bias = net.get(`${name}/conv/bias`).data.map((b, i) => b * scale[i]! + shift[i]!);
    return net.conv(x, net.get(`${name}/conv/filters`), bias, { stride, padding, scale });
  };
  const residual = (x: Value, name: string) => {
    const inner = conv(net.relu(conv(x, `${name}/conv1`, 1, 'SAME_UPPER')), `${name}/conv2`, 1, 'SAME_UPPER');
    return net.relu(net.add(inner, x));
  };
  /** Halves the picture. The short cut is averaged and filled up with empty channels; an inner result that is one pixel short gets an empty border. */
  const down = (x: Value, name: string, newChannels: number, isShort: boolean) => {
    let inner = conv(net.relu(conv(x, `${name}/conv1`, 2, 'VALID')), `${name}/conv2`, 1, 'SAME_UPPER');
    let shortcut = g.node('AveragePool', [x], { kernel_shape: [2, 2], strides: [2, 2] });
    if (isShort) inner = g.node('Pad', [inner, g.integers([0, 0, 0, 0, 0, 0, 1, 1])]);
    if (newChannels > 0) shortcut = g.node('Pad', [shortcut, g.integers([0, 0, 0, 0, 0, newChannels, 0, 0])]);
    return net.relu(net.add(shortcut, inner));
  };
  let x = net.picture(['N', 150, 150, 3], FACE_MEAN, 1 / 255);
  x = net.relu(conv(x, 'conv32_down', 2, 'VALID'));
  x = g.node('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2] });
  for (const name of ['conv32_1', 'conv32_2', 'conv32_3']) x = residual(x, name);
  x = down(x, 'conv64_down', 32, false);
  for (const name of ['conv64_1', 'conv64_2', 'conv64_3']) x = residual(x, name);
  x = down(x, 'conv128_down', 64, false);
  for (const name of ['conv128_1', 'conv128_2']) x = residual(x, name);
  x = down(x, 'conv256_down', 128, true);
  for (const name of ['conv256_1', 'conv256_2']) x = residual(x, name);
  x = down(x, 'conv256_down_out', 0, true);
  x = g.node('ReduceMean', [x], { axes: [2, 3], keepdims: 0 });
  const fc = net.get('fc');
  g.node('MatMul', [x, g.floats(fc.data, fc.shape)], {}, 'embedding');
  g.output('embedding', ['N', 128]);
  return g.serialize();
}

/** Four dense blocks: [N,112,112,3] to `landmarks` [N,136], x and y in turn, relative to the crop. */
export function landmarkNet(weights: Weights): Uint8Array {
  const net = new Layers('landmarks', weights);
  const g = net.graph;
  const separable = (x: Value, name: string, stride: number) =>
    net.conv(
      net.depthwise(x, net.get(`${name}/depthwise_filter`), { stride }),
      net.get(`${name}/pointwise_filter`),
      net.get(`${name}/bias`).data,
    );
  const block = (x: Value, name: string, isFirst: boolean) => {
    const first = isFirst
      ? net.conv(x, net.get(`${name}/conv0/filters`), net.get(`${name}/conv0/bias`).data, { stride: 2 })
      : separable(x, `${name}/conv0`, 2);
    let sum = net.relu(first);
    for (const conv of ['conv1', 'conv2', 'conv3']) sum = net.add(sum, separable(net.relu(sum), `${name}/${conv}`, 1));
    return net.relu(sum);
  };
  let x = net.picture(['N', 112, 112, 3], FACE_MEAN, 1 / 255);
  for (const name of ['dense0', 'dense1', 'dense2', 'dense3']) x = block(x, name, name === 'dense0');
  x = g.node('AveragePool', [x], { kernel_shape: [7, 7], strides: [2, 2] });
  x = g.node('Flatten', [x], { axis: 1 });
  const fc = net.get('fc/weights');
  x = g.node('MatMul', [x, g.floats(fc.data, fc.shape)]);
  g.node('Add', [x, g.floats(net.get('fc/bias').data, [136])], {}, 'landmarks');
  g.output('landmarks', ['N', 136]);
  return g.serialize();
}

const BATCH_NORM_EPSILON = 0.0010000000474974513;
const HALVING_LAYERS = new Set([2, 4, 6, 12]);

/** MobileNet v1 with six SSD heads: [N,H,W,3] to `boxes` [N,P,4] and `classes` [N,P,3], both raw; P is 5118 for 512x512. */
export function ssdNet(weights: Weights): Uint8Array {
  const net = new Layers('ssd', weights);
  const g = net.graph;
  const pointwise = (x: Value, name: string, stride = 1) =>
    net.relu6(net.conv(x, net.get(`${name}/weights`), net.get(`${name}/convolution_bn_offset`).data, { stride }));
  const depthwise = (x: Value, name: string, stride: number) => {
    const gamma = net.get(`${name}/BatchNorm/gamma`).data;
    const beta = net.get(`${name}/BatchNorm/beta`).data;
    const mean = net.get(`${name}/BatchNorm/moving_mean`).data;
    const variance = net.get(`${name}/BatchNorm/moving_variance`).data;
    const scale = gamma.map((value, i) => value / Math.sqrt(variance[i]! + BATCH_NORM_EPSILON));
    const bias = beta.map((value, i) => value - mean[i]! * scale[i]!);
    return net.relu6(net.depthwise(x, net.get(`${name}/depthwise_weights`), { stride, scale, bias }));
  };
  let x = net.picture(['N', 'H', 'W', 3], [127.5, 127.5, 127.5], 1 / 127.5);
  x = pointwise(x, 'MobilenetV1/Conv2d_0_pointwise', 2);
  const features: Value[] = [];
  for (let i = 1; i <= 13; i++) {
    x = depthwise(x, `MobilenetV1/Conv2d_${i}_depthwise`, HALVING_LAYERS.has(i) ? 2 : 1);
    x = pointwise(x, `MobilenetV1/Conv2d_${i}_pointwise`);
    if (i === 11 || i === 13) features.push(x);
  }
  for (let i = 0; i < 8; i++) {
    x = pointwise(x, `Prediction/Conv2d_${i}_pointwise`, i % 2 === 1 ? 2 : 1);
    if (i % 2 === 1) features.push(x);
  }
  const heads = (kind: string, values: number) =>
    features.map((feature, i) => {
      const name = `Prediction/BoxPredictor_${i}/${kind}`;
      const raw = net.conv(feature, net.get(`${name}/weights`), net.get(`${name}/biases`).data);
      const last = g.node('Transpose', [raw], { perm: [0, 2, 3, 1] });
      return g.node('Reshape', [last, g.integers([0, -1, values])]);
    });
  g.node('Concat', heads('BoxEncodingPredictor', 4), { axis: 1 }, 'boxes');
  g.node('Concat', heads('ClassPredictor', 3), { axis: 1 }, 'classes');
  g.output('boxes', ['N', 'P', 4]);
  g.output('classes', ['N', 'P', 3]);
  return g.serialize();
}

/** Tiny YOLO: [N,S,S,3] to `cells` [N,S/32,S/32,25], raw. */
export function tinyNet(weights: Weights): Uint8Array {
  const net = new Layers('tiny', weights);
  const g = net.graph;
  const leaky = (x: Value) => g.node('LeakyRelu', [x], { alpha: { float: 0.1 } });
  const pool = (x: Value, stride: number) =>
    g.node('MaxPool', [x], { kernel_shape: [2, 2], strides: [stride, stride], auto_pad: 'SAME_UPPER' });
  let x = net.picture(['N', 'H', 'W', 3], [117.001, 114.697, 97.404], 1 / 255);
  x = leaky(net.conv(x, net.get('conv0/filters'), net.get('conv0/bias').data, { padding: 'VALID' }));
  for (let i = 1; i <= 5; i++) {
    x = pool(x, 2);
    x = net.depthwise(x, net.get(`conv${i}/depthwise_filter`), { pads: [1, 1, 1, 1] });
    x = leaky(net.conv(x, net.get(`conv${i}/pointwise_filter`), net.get(`conv${i}/bias`).data));
  }
  x = pool(x, 1);
  x = net.conv(x, net.get('conv8/filters'), net.get('conv8/bias').data, { padding: 'VALID' });
  g.node('Transpose', [x], { perm: [0, 2, 3, 1] }, 'cells');
  g.output('cells', ['N', 'h', 'w', 25]);
  return g.serialize();
}
