// Writing: plain data becomes the bytes of an ONNX model. The same model gives the same bytes.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProtoSchema,
  FunctionProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  AttributeProto_AttributeType as Kind,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  SparseTensorProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  type TypeProto,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import type { Constant } from './constant.js';
import { elementTypes } from './element-type.js';
import type { Attribute, Dimension, Graph, Model, Node, Value, ValueType } from './model.js';

/** The bytes under a buffer of their own, as the format's types want them. */
const owned = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : Uint8Array.from(bytes);

/** A place in another file, in the words of the format. */
function externalData({ location, offset }: NonNullable<Constant['outside']>, length: number) {
  const facts = { location, offset: `${offset}`, length: `${length}` };
  return {
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: Object.entries(facts).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value })),
  };
}

function tensorProto({ name, dtype, shape, bytes, texts, outside }: Constant): TensorProto {
  const place = { name, dataType: elementTypes[dtype].onnx, dims: shape.map(BigInt) };
  if (outside !== undefined) return create(TensorProtoSchema, { ...place, ...externalData(outside, bytes.byteLength) });
  const data = texts === undefined ? { rawData: owned(bytes) } : { stringData: texts.map(owned) };
  return create(TensorProtoSchema, { ...place, ...data });
}

function attributeProto(name: string, attribute: Attribute): AttributeProto {
  switch (attribute.kind) {
    case 'int':
      return create(AttributeProtoSchema, { name, type: Kind.INT, i: attribute.value });
    case 'float':
      return create(AttributeProtoSchema, { name, type: Kind.FLOAT, f: attribute.value });
    case 'text':
      return create(AttributeProtoSchema, { name, type: Kind.STRING, s: owned(attribute.value) });
    case 'ints':
      return create(AttributeProtoSchema, { name, type: Kind.INTS, ints: [...attribute.value] });
    case 'floats':
      return create(AttributeProtoSchema, { name, type: Kind.FLOATS, floats: [...attribute.value] });
    case 'texts':
      return create(AttributeProtoSchema, { name, type: Kind.STRINGS, strings: attribute.value.map(owned) });
    case 'tensor':
      return create(AttributeProtoSchema, { name, type: Kind.TENSOR, t: tensorProto(attribute.value) });
    case 'graph':
      return create(AttributeProtoSchema, { name, type: Kind.GRAPH, g: graphProto(attribute.value) });
    case 'graphs':
      return create(AttributeProtoSchema, { name, type: Kind.GRAPHS, graphs: attribute.value.map(graphProto) });
    case 'other':
      return fromBinary(AttributeProtoSchema, attribute.encoded);
  }
}

function nodeProto({ name, operator, domain, overload = '', inputs, outputs, attributes }: Node) {
  return create(NodeProtoSchema, {
    name,
    opType: operator,
    domain,
    overload,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([key, value]) => attributeProto(key, value)),
  });
}

function dimension(size: Dimension) {
  if (size === undefined) return create(TensorShapeProto_DimensionSchema, {});
  const value =
    typeof size === 'number'
      ? ({ case: 'dimValue', value: BigInt(size) } as const)
      : ({ case: 'dimParam', value: size } as const);
  return create(TensorShapeProto_DimensionSchema, { value });
}

function typeProto(type: ValueType): TypeProto {
  if (type.kind === 'other') return fromBinary(TypeProtoSchema, type.encoded);
  const { dtype, shape } = type;
  const value = create(TypeProto_TensorSchema, {
    elemType: elementTypes[dtype].onnx,
    ...(shape === undefined ? {} : { shape: create(TensorShapeProtoSchema, { dim: shape.map(dimension) }) }),
  });
  return create(TypeProtoSchema, { value: { case: 'tensorType', value } });
}

const valueInfo = ({ name, type }: Value) =>
  create(ValueInfoProtoSchema, { name, ...(type === undefined ? {} : { type: typeProto(type) }) });

function graphProto(graph: Graph): GraphProto {
  return create(GraphProtoSchema, {
    name: graph.name,
    node: graph.nodes.map(nodeProto),
    initializer: [...graph.constants.values()].map(tensorProto),
    sparseInitializer: graph.sparse.map(({ encoded }) => fromBinary(SparseTensorProtoSchema, encoded)),
    input: graph.inputs.map(valueInfo),
    output: graph.outputs.map(valueInfo),
    valueInfo: [...graph.values.values()].map(valueInfo),
  });
}

/** The bytes of a model file, all weights inside. Models of 2 GiB and more are beyond the format. */
export function writeModel(model: Model): Uint8Array<ArrayBuffer> {
  const proto = create(ModelProtoSchema, {
    irVersion: BigInt(model.irVersion),
    producerName: model.producer,
    opsetImport: [...model.opsets].map(([domain, version]) =>
      create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
    ),
    graph: graphProto(model.graph),
    functions: model.functions.map(bytes => fromBinary(FunctionProtoSchema, bytes)),
    metadataProps: [...model.metadata].map(([key, value]) => create(StringStringEntryProtoSchema, { key, value })),
  });
  return toBinary(ModelProtoSchema, proto);
}
