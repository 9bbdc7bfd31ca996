// Reading: the bytes of an ONNX model become plain data. Weights are not copied; what we do not interpret is carried along.
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProtoSchema,
  FunctionProtoSchema,
  type GraphProto,
  AttributeProto_AttributeType as Kind,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  SparseTensorProtoSchema,
  type TypeProto,
  TypeProtoSchema,
  type ValueInfoProto,
} from 'onnx-buf';
import { GalerkinError, isGalerkinError } from '../base/index.js';
import { elementTypeOf } from './element-type.js';
import type { Attribute, Dimension, Graph, Model, Node, Value, ValueType } from './model.js';
import { type External, readTensor } from './read-tensor.js';

export interface ReadOptions {
  /** Where the bytes came from, for messages. */
  readonly source?: string;
  /** The bytes of a file of weights that lies beside the model. Without it, models with external weights are refused. */
  readonly external?: External;
}

interface Reading {
  readonly source: string;
  readonly external: External | undefined;
}

function attributeOf(proto: AttributeProto, reading: Reading): Attribute {
  const { type } = proto;
  if (proto.refAttrName === '') {
    if (type === Kind.INT) return { kind: 'int', value: proto.i };
    if (type === Kind.FLOAT) return { kind: 'float', value: proto.f };
    if (type === Kind.STRING) return { kind: 'text', value: proto.s };
    if (type === Kind.INTS) return { kind: 'ints', value: proto.ints };
    if (type === Kind.FLOATS) return { kind: 'floats', value: proto.floats };
    if (type === Kind.STRINGS) return { kind: 'texts', value: proto.strings };
    if (type === Kind.TENSOR && proto.t !== undefined) return { kind: 'tensor', value: readTensor(proto.t, reading) };
    if (type === Kind.GRAPH && proto.g !== undefined) return { kind: 'graph', value: graphOf(proto.g, reading) };
    if (type === Kind.GRAPHS) return { kind: 'graphs', value: proto.graphs.map(graph => graphOf(graph, reading)) };
  }
  return { kind: 'other', encoded: toBinary(AttributeProtoSchema, proto) };
}

const nodeOf = (proto: NodeProto, reading: Reading): Node => ({
  name: proto.name,
  operator: proto.opType,
  domain: proto.domain === 'ai.onnx' ? '' : proto.domain,
  ...(proto.overload === '' ? {} : { overload: proto.overload }),
  inputs: proto.input,
  outputs: proto.output,
  attributes: Object.fromEntries(proto.attribute.map(attribute => [attribute.name, attributeOf(attribute, reading)])),
});

function typeOf(proto: TypeProto | undefined): ValueType | undefined {
  if (proto === undefined) return undefined;
  const { value } = proto;
  const dtype = value.case === 'tensorType' ? elementTypeOf(value.value.elemType) : undefined;
  if (value.case !== 'tensorType' || dtype === undefined)
    return value.case === undefined ? undefined : { kind: 'other', encoded: toBinary(TypeProtoSchema, proto) };
  const shape = value.value.shape?.dim.map(({ value: size }): Dimension => {
    // Some exporters write -1 for a size that is open.
    if (size.case === 'dimValue') return size.value < 0n ? undefined : Number(size.value);
    return size.case === 'dimParam' && size.value !== '' ? size.value : undefined;
  });
  return { kind: 'tensor', dtype, shape };
}

const readValue = (proto: ValueInfoProto): Value => ({ name: proto.name, type: typeOf(proto.type) });

function graphOf(proto: GraphProto, reading: Reading): Graph {
  return {
    name: proto.name,
    nodes: proto.node.map(node => nodeOf(node, reading)),
    constants: new Map(proto.initializer.map(tensor => [tensor.name, readTensor(tensor, reading)])),
    inputs: proto.input.map(readValue),
    outputs: proto.output.map(readValue),
    values: new Map(proto.valueInfo.map(value => [value.name, readValue(value)])),
    sparse: proto.sparseInitializer.map(tensor => ({
      name: tensor.values?.name ?? '',
      encoded: toBinary(SparseTensorProtoSchema, tensor),
    })),
  };
}

/** Before version 4 each initializer had to be listed as an input, and the runtime takes none as one: no more do we. */
const firstWithDefaults = 4;

function withoutDefaults(model: Model): Model {
  const { constants, inputs } = model.graph;
  const graph = { ...model.graph, inputs: inputs.filter(({ name }) => !constants.has(name)) };
  return { ...model, irVersion: firstWithDefaults, graph };
}

function modelOf(proto: ModelProto, reading: Reading): Model {
  if (proto.graph === undefined) throw new GalerkinError('GRAPH_INVALID', { ...reading, reason: 'it holds no graph' });
  const model: Model = {
    irVersion: Number(proto.irVersion),
    opsets: new Map(
      proto.opsetImport.map(({ domain, version }) => [domain === 'ai.onnx' ? '' : domain, Number(version)]),
    ),
    producer: proto.producerName,
    graph: graphOf(proto.graph, reading),
    functions: proto.functions.map(one => toBinary(FunctionProtoSchema, one)),
    metadata: new Map(proto.metadataProps.map(({ key, value }) => [key, value])),
  };
  return model.irVersion < firstWithDefaults ? withoutDefaults(model) : model;
}

/**
 * Reads a model. Costs some milliseconds a thousand nodes; weights stay where they are in `bytes`. Documentation
 * strings and what is for training only are not kept. Models of IR versions before 4 are raised to 4.
 * @throws GRAPH_INVALID for bytes that are no model, and for external weights that are not given.
 */
export function readModel(bytes: Uint8Array, options: ReadOptions = {}): Model {
  const { source = `${bytes.byteLength} bytes`, external } = options;
  try {
    // A plain view: parts of a Buffer would be Buffers, whose `slice` copies nothing.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return modelOf(fromBinary(ModelProtoSchema, plain), { source, external });
  } catch (cause) {
    // The format's own errors, and nesting so deep that it fills the stack.
    if (isGalerkinError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GalerkinError('GRAPH_INVALID', { source, reason: `it is no ONNX model (${reason})` }, { cause });
  }
}
