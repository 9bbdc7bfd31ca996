// The bytes of an ONNX model, from a finished graph.
import { create, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import { type ElementType, elementTypes } from './element-type.js';
import type { Attributes, Constant, GraphNode } from './graph.js';

export interface GraphValue {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly (number | 'batch')[];
}

/** A graph with its door: what a model file holds. */
export interface FinishedGraph {
  readonly nodes: readonly GraphNode[];
  readonly constants: readonly Constant[];
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
}

const irVersion = 10n;
const opsets = [
  { domain: '', version: 20n },
  { domain: 'com.microsoft', version: 1n },
];

function attributeProto(name: string, value: Attributes[string]): AttributeProto {
  if (typeof value === 'number') {
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
  }
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeProto_AttributeType.STRING,
      s: new TextEncoder().encode(value),
    });
  }
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) });
}

function valueInfo({ name, dtype, shape }: GraphValue): ValueInfoProto {
  const dim = shape.map(size =>
    create(TensorShapeProto_DimensionSchema, {
      value: size === 'batch' ? { case: 'dimParam', value: size } : { case: 'dimValue', value: BigInt(size) },
    }),
  );
  const tensor = create(TypeProto_TensorSchema, {
    elemType: elementTypes[dtype].onnx,
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensor } }),
  });
}

function initializer({ name, dtype, shape, data }: Constant) {
  return create(TensorProtoSchema, {
    name,
    dataType: elementTypes[dtype].onnx,
    dims: shape.map(BigInt),
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice(),
  });
}

function nodeProto({ operator, domain, inputs, output, attributes }: GraphNode) {
  return create(NodeProtoSchema, {
    opType: operator,
    name: `${operator}_${output}`,
    domain,
    input: [...inputs],
    output: [output],
    attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
  });
}

/** Serialises; the same graph gives the same bytes. */
export function serialize(graph: FinishedGraph): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion,
    producerName: 'galerkin',
    opsetImport: opsets.map(opset => create(OperatorSetIdProtoSchema, opset)),
    graph: create(GraphProtoSchema, {
      name: 'program',
      node: graph.nodes.map(nodeProto),
      initializer: graph.constants.map(initializer),
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
    }),
  });
  return toBinary(ModelProtoSchema, model);
}
