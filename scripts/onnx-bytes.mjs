// The bytes of a small ONNX model from a plain description of its graph.
import { create, toBinary } from '@bufbuild/protobuf';
import * as onnx from 'onnx-buf';

/** ONNX's numbers of the datatypes, under the names of the wire. */
const numbers = { INT8: 3, INT32: 6, INT64: 7, BYTES: 8, BOOL: 9, UINT32: 12, UINT64: 13, FP32: 1 };

const dimension = size =>
  create(onnx.TensorShapeProto_DimensionSchema, {
    value: typeof size === 'number' ? { case: 'dimValue', value: BigInt(size) } : { case: 'dimParam', value: size },
  });

const port = ({ name, dtype, shape }) => {
  const tensor = create(onnx.TypeProto_TensorSchema, {
    elemType: numbers[dtype],
    shape: create(onnx.TensorShapeProtoSchema, { dim: shape.map(dimension) }),
  });
  const type = create(onnx.TypeProtoSchema, { value: { case: 'tensorType', value: tensor } });
  return create(onnx.ValueInfoProtoSchema, { name, type });
};

const step = ({ op, inputs, outputs, attributes = {} }) =>
  create(onnx.NodeProtoSchema, {
    opType: op,
    input: inputs,
    output: outputs,
    attribute: Object.entries(attributes).map(([name, dtype]) =>
      create(onnx.AttributeProtoSchema, {
        name,
        type: onnx.AttributeProto_AttributeType.INT,
        i: BigInt(numbers[dtype]),
      }),
    ),
  });

/** A model of one graph: ports are { name, dtype, shape }, a text in a shape is a symbolic size; attributes are datatypes. */
export function onnxBytes(name, { inputs, outputs, nodes }) {
  const graph = create(onnx.GraphProtoSchema, {
    name,
    input: inputs.map(port),
    output: outputs.map(port),
    node: nodes.map(step),
  });
  const opsetImport = [create(onnx.OperatorSetIdProtoSchema, { domain: '', version: 17n })];
  return toBinary(onnx.ModelProtoSchema, create(onnx.ModelProtoSchema, { irVersion: 8n, opsetImport, graph }));
}
