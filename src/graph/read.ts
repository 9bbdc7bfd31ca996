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
import { GalerkinError } from '../base/index.js';
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
    if (size.case === 'dimValue') return Number(size.value);
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
    sparse: proto.sparseInitializer.map(tensor => toBinary(SparseTensorProtoSchema, tensor)),
  };
}

function parse(bytes: Uint8Array, source: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GalerkinError('GRAPH_INVALID', { source, reason: `it is no ONNX model (${reason})` }, { cause });
  }
}

/**
 * Reads a model. Costs some milliseconds a thousand nodes; weights stay where they are in `bytes`.
 * @throws GRAPH_INVALID for bytes that are no model, and for external weights that are not given.
 */
export function readModel(bytes: Uint8Array, options: ReadOptions = {}): Model {
  const { source = `${bytes.byteLength} bytes`, external } = options;
  const proto = parse(bytes, source);
  if (proto.graph === undefined) throw new GalerkinError('GRAPH_INVALID', { source, reason: 'it holds no graph' });
  return {
    irVersion: Number(proto.irVersion),
    opsets: new Map(
      proto.opsetImport.map(({ domain, version }) => [domain === 'ai.onnx' ? '' : domain, Number(version)]),
    ),
    producer: proto.producerName,
    graph: graphOf(proto.graph, { source, external }),
    functions: proto.functions.map(one => toBinary(FunctionProtoSchema, one)),
    metadata: new Map(proto.metadataProps.map(({ key, value }) => [key, value])),
  };
}
