import type { Weights, WeightTensor } from '../../weights.ts';
import type { Value } from './graph.ts';
import { type ConvLayer, FloatLayers, type Layers } from './layers.ts';

/**
 * The face-api networks as ONNX graphs: same layers, same weights, with batch norms and per-channel scales folded into the
 * convolutions. Each takes uint8 pictures [N, height, width, 3]; normalisation is part of the graph.
 */

const FACE_MEAN = [122.782, 117.001, 104.298];

/** Residual network of 29 convolutions: [N,150,150,3] to `embedding` [N,128]. */
export function recognitionNet(weights: Weights): Uint8Array {
  const net = new FloatLayers('recognition', weights);
  const g = net.graph;
  const conv = (x: Value, name: string, rest: Partial<ConvLayer> = {}) => {
    const scale = net.get(`${name}/scale/weights`).data;
    const shift = net.get(`${name}/scale/biases`).data;
    const bias = net.get(`${name}/conv/bias`).data.map((b, i) => b * scale[i]! + shift[i]!);
    return net.conv(x, { name, filters: net.get(`${name}/conv/filters`), bias, scale, ...rest });
  };
  const residual = (x: Value, name: string) => {
    const inner = conv(conv(x, `${name}/conv1`, { activation: 'relu' }), `${name}/conv2`);
    return net.relu(g.node('Add', [inner, x]));
  };
  /** Halves the picture. The short cut is averaged and filled up with empty channels; an inner result that is one pixel short gets an empty border. */
  const down = (x: Value, name: string, newChannels: number, isShort: boolean) => {
    const first = conv(x, `${name}/conv1`, { stride: 2, padding: 'VALID', activation: 'relu' });
    let inner = conv(first, `${name}/conv2`);
    let shortcut = g.node('AveragePool', [x], { kernel_shape: [2, 2], strides: [2, 2] });
    if (isShort) inner = g.node('Pad', [inner, g.integers([0, 0, 0, 0, 0, 0, 1, 1])]);
    if (newChannels > 0) shortcut = g.node('Pad', [shortcut, g.integers([0, 0, 0, 0, 0, newChannels, 0, 0])]);
    return net.relu(g.node('Add', [shortcut, inner]));
  };
  let x = net.picture(['N', 150, 150, 3], FACE_MEAN, 1 / 255);
  x = conv(x, 'conv32_down', { stride: 2, padding: 'VALID', activation: 'relu' });
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
  g.node('MatMul', [x, g.floats(fc.data, fc.shape)], {}, { result: 'embedding' });
  g.output('embedding', ['N', 128]);
  return g.serialize();
}

/** Four dense blocks: [N,112,112,3] to `landmarks` [N,136], x and y in turn, relative to the crop. */
export function landmarkNet(weights: Weights): Uint8Array {
  const net = new FloatLayers('landmarks', weights);
  const g = net.graph;
  const separable = (x: Value, name: string, stride: number) => {
    const filters = net.get(`${name}/depthwise_filter`);
    const inner = net.conv(x, { name, filters, bias: noBias(filters), isDepthwise: true, stride });
    return net.conv(inner, { name, filters: net.get(`${name}/pointwise_filter`), bias: net.get(`${name}/bias`).data });
  };
  const block = (x: Value, name: string, isFirst: boolean) => {
    const first = isFirst
      ? net.conv(x, {
          name,
          filters: net.get(`${name}/conv0/filters`),
          bias: net.get(`${name}/conv0/bias`).data,
          stride: 2,
        })
      : separable(x, `${name}/conv0`, 2);
    let sum = net.relu(first);
    for (const conv of ['conv1', 'conv2', 'conv3'])
      sum = g.node('Add', [sum, separable(net.relu(sum), `${name}/${conv}`, 1)]);
    return net.relu(sum);
  };
  let x = net.picture(['N', 112, 112, 3], FACE_MEAN, 1 / 255);
  for (const name of ['dense0', 'dense1', 'dense2', 'dense3']) x = block(x, name, name === 'dense0');
  x = g.node('AveragePool', [x], { kernel_shape: [7, 7], strides: [2, 2] });
  x = g.node('Flatten', [x], { axis: 1 });
  const fc = net.get('fc/weights');
  x = g.node('MatMul', [x, g.floats(fc.data, fc.shape)]);
  g.node('Add', [x, g.floats(net.get('fc/bias').data, [136])], {}, { result: 'landmarks' });
  g.output('landmarks', ['N', 136]);
  return g.serialize();
}

const BATCH_NORM_EPSILON = 0.0010000000474974513;
const HALVING_LAYERS = new Set([2, 4, 6, 12]);

/** MobileNet v1 with six SSD heads: [N,H,W,3] to `boxes` [N,P,4] and `classes` [N,P,3], both raw; P is 5118 for 512x512. */
export function ssdNet<T>(net: Layers<T>): void {
  const pointwise = (x: T, name: string, stride = 1) =>
    net.conv(x, {
      name,
      filters: net.get(`${name}/weights`),
      bias: net.get(`${name}/convolution_bn_offset`).data,
      stride,
      activation: 'relu6',
    });
  const depthwise = (x: T, name: string, stride: number) => {
    const gamma = net.get(`${name}/BatchNorm/gamma`).data;
    const beta = net.get(`${name}/BatchNorm/beta`).data;
    const mean = net.get(`${name}/BatchNorm/moving_mean`).data;
    const variance = net.get(`${name}/BatchNorm/moving_variance`).data;
    const scale = gamma.map((value, i) => value / Math.sqrt(variance[i]! + BATCH_NORM_EPSILON));
    const bias = beta.map((value, i) => value - mean[i]! * scale[i]!);
    const filters = net.get(`${name}/depthwise_weights`);
    return net.conv(x, { name, filters, bias, scale, isDepthwise: true, stride, activation: 'relu6' });
  };
  let x = net.picture(['N', 'H', 'W', 3], [127.5, 127.5, 127.5], 1 / 127.5);
  x = pointwise(x, 'MobilenetV1/Conv2d_0_pointwise', 2);
  const features: T[] = [];
  for (let i = 1; i <= 13; i++) {
    x = depthwise(x, `MobilenetV1/Conv2d_${i}_depthwise`, HALVING_LAYERS.has(i) ? 2 : 1);
    x = pointwise(x, `MobilenetV1/Conv2d_${i}_pointwise`);
    if (i === 11 || i === 13) features.push(x);
  }
  for (let i = 0; i < 8; i++) {
    x = pointwise(x, `Prediction/Conv2d_${i}_pointwise`, i % 2 === 1 ? 2 : 1);
    if (i % 2 === 1) features.push(x);
  }
  const names = (kind: string) => features.map((_, i) => `Prediction/BoxPredictor_${i}/${kind}`);
  net.predict(features, [
    { names: names('BoxEncodingPredictor'), values: 4, result: 'boxes' },
    { names: names('ClassPredictor'), values: 3, result: 'classes' },
  ]);
}

/** Tiny YOLO: [N,S,S,3] to `cells` [N,S/32,S/32,25], raw. */
export function tinyNet(weights: Weights): Uint8Array {
  const net = new FloatLayers('tiny', weights);
  const g = net.graph;
  const leaky = (x: Value) => g.node('LeakyRelu', [x], { alpha: { float: 0.1 } });
  const pool = (x: Value, stride: number) =>
    g.node('MaxPool', [x], { kernel_shape: [2, 2], strides: [stride, stride], auto_pad: 'SAME_UPPER' });
  const layer = (name: string, filters: WeightTensor) => ({ name, filters, bias: net.get(`${name}/bias`).data });
  let x = net.picture(['N', 'H', 'W', 3], [117.001, 114.697, 97.404], 1 / 255);
  x = leaky(net.conv(x, { ...layer('conv0', net.get('conv0/filters')), padding: 'VALID' }));
  for (let i = 1; i <= 5; i++) {
    x = pool(x, 2);
    const filters = net.get(`conv${i}/depthwise_filter`);
    x = net.conv(x, { name: `conv${i}`, filters, bias: noBias(filters), isDepthwise: true });
    x = leaky(net.conv(x, layer(`conv${i}`, net.get(`conv${i}/pointwise_filter`))));
  }
  x = pool(x, 1);
  x = net.conv(x, { ...layer('conv8', net.get('conv8/filters')), padding: 'VALID' });
  g.node('Transpose', [x], { perm: [0, 2, 3, 1] }, { result: 'cells' });
  g.output('cells', ['N', 'h', 'w', 25]);
  return g.serialize();
}

const noBias = (depthwise: WeightTensor) => new Float32Array(depthwise.shape[2]!);
