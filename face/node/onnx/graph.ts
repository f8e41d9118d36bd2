import { MessageWriter, readFields } from './protobuf.ts';

/** Element types of TensorProto.DataType. */
const FLOAT = 1;
const UINT8 = 2;
const INT8 = 3;
const INT32 = 6;
const INT64 = 7;

/** Attribute types of AttributeProto.AttributeType. */
const ATTRIBUTE = { float: 1, integer: 2, string: 3, integers: 7 } as const;

/** Fields of ModelProto and GraphProto. */
const MODEL_GRAPH = 7;
const GRAPH = { node: 1, constant: 5 } as const;

/** Operator set whose meaning the nodes follow; ReduceMean still takes its axes as an attribute there. */
const OPSET = 13;
const IR_VERSION = 8;
/** onnxruntime's own operators: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md */
export const ONNXRUNTIME = 'com.microsoft';

/** A value flowing through the graph. */
export type Value = string & { readonly __value: unique symbol };
export type Attribute = string | number | readonly number[] | { float: number };
type Dimension = number | string;

/** Builds one ONNX model (https://onnx.ai/onnx/repo-docs/IR.html), node by node. */
export class OnnxGraph {
  private readonly nodes: Array<MessageWriter | Uint8Array> = [];
  private readonly constants: Array<MessageWriter | Uint8Array> = [];
  private readonly inputs: MessageWriter[] = [];
  private readonly outputs: MessageWriter[] = [];
  private count = 0;

  constructor(private readonly name: string) {}

  input(name: string, shape: readonly Dimension[]): Value {
    this.inputs.push(valueInfo(name, UINT8, shape));
    return name as Value;
  }

  /** Declares the result of a node that was given this name. */
  output(name: string, shape: readonly Dimension[]): void {
    this.outputs.push(valueInfo(name, FLOAT, shape));
  }

  floats(data: ArrayLike<number>, shape: readonly number[]): Value {
    const values = Float32Array.from(data);
    return this.constant(new Uint8Array(values.buffer), shape, FLOAT);
  }

  integers(data: readonly number[]): Value {
    const values = BigInt64Array.from(data, BigInt);
    return this.constant(new Uint8Array(values.buffer), [data.length], INT64);
  }

  bytes(data: ArrayLike<number>, shape: readonly number[], type: 'uint8' | 'int8'): Value {
    const values = type === 'uint8' ? Uint8Array.from(data) : new Uint8Array(Int8Array.from(data).buffer);
    return this.constant(values, shape, type === 'uint8' ? UINT8 : INT8);
  }

  integers32(data: ArrayLike<number>): Value {
    const values = Int32Array.from(data);
    return this.constant(new Uint8Array(values.buffer), [values.length], INT32);
  }

  node(
    type: string,
    inputs: readonly Value[],
    attributes: Record<string, Attribute> = {},
    { result, domain }: { result?: string; domain?: string } = {},
  ): Value {
    const output = result ?? this.fresh('v');
    const node = new MessageWriter();
    for (const input of inputs) node.bytes(1, input);
    node.bytes(2, output).bytes(3, this.fresh('n')).bytes(4, type);
    for (const [name, value] of Object.entries(attributes)) node.bytes(5, attributeMessage(name, value));
    if (domain) node.bytes(7, domain);
    this.nodes.push(node);
    return output as Value;
  }

  /**
   * Takes over nodes and constants of another model's file, under the names they have there; shapes that it declares are left out, so
   * that pictures of any size go through what can take them.
   */
  graft(model: Uint8Array): void {
    const graph = [...readFields(model)].find(({ field }) => field === MODEL_GRAPH);
    if (!graph) throw new Error('a model file without a graph');
    for (const { field, bytes } of readFields(graph.bytes)) {
      if (field === GRAPH.node) this.nodes.push(bytes);
      else if (field === GRAPH.constant) this.constants.push(bytes);
    }
  }

  /** The serialised ModelProto. */
  serialize(): Uint8Array {
    const graph = new MessageWriter();
    for (const node of this.nodes) graph.bytes(GRAPH.node, node);
    graph.bytes(2, this.name);
    for (const constant of this.constants) graph.bytes(GRAPH.constant, constant);
    for (const input of this.inputs) graph.bytes(11, input);
    for (const output of this.outputs) graph.bytes(12, output);
    const model = new MessageWriter().integer(1, IR_VERSION).bytes(2, 'thepixstock').bytes(MODEL_GRAPH, graph);
    model.bytes(8, new MessageWriter().bytes(1, '').integer(2, OPSET));
    return model.bytes(8, new MessageWriter().bytes(1, ONNXRUNTIME).integer(2, 1)).finish();
  }

  private constant(bytes: Uint8Array, shape: readonly number[], type: number): Value {
    const name = this.fresh('c');
    const message = new MessageWriter();
    for (const side of shape) message.integer(1, side);
    message.integer(2, type).bytes(8, name).bytes(9, bytes);
    this.constants.push(message);
    return name as Value;
  }

  private fresh(prefix: string): string {
    return `${prefix}${this.count++}`;
  }
}

function attributeMessage(name: string, value: Attribute): MessageWriter {
  const message = new MessageWriter().bytes(1, name);
  if (typeof value === 'string') return message.bytes(4, value).integer(20, ATTRIBUTE.string);
  if (typeof value === 'number') return message.integer(3, value).integer(20, ATTRIBUTE.integer);
  if ('float' in value) return message.float(2, value.float).integer(20, ATTRIBUTE.float);
  for (const item of value) message.integer(8, item);
  return message.integer(20, ATTRIBUTE.integers);
}

function valueInfo(name: string, type: number, shape: readonly Dimension[]): MessageWriter {
  const dimensions = new MessageWriter();
  for (const side of shape) {
    const dimension = new MessageWriter();
    if (typeof side === 'number') dimension.integer(1, side);
    else dimension.bytes(2, side);
    dimensions.bytes(1, dimension);
  }
  const tensorType = new MessageWriter().integer(1, type).bytes(2, dimensions);
  return new MessageWriter().bytes(1, name).bytes(2, new MessageWriter().bytes(1, tensorType));
}
