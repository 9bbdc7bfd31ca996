// The bytes of an ONNX model, from a finished graph: the room 'graph' speaks the format.
import {
  type Attribute,
  float,
  floats,
  graph,
  int,
  ints,
  type Node,
  text,
  type Value,
  writeModel,
} from '../../graph/index.js';
import type { ElementType } from './element-type.js';
import type { AttributeValue, BodyGraph, BodyValue, Constant, GraphNode } from './graph.js';

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

const irVersion = 10;
const opsets = new Map([
  ['', 20],
  ['com.microsoft', 1],
]);

const doorValue = ({ name, dtype, shape }: GraphValue | BodyValue): Value => ({
  name,
  type: { kind: 'tensor', dtype, shape },
});

/** What the format's graphs have and ours never do. */
const nothingElse = { values: new Map(), sparse: [] } as const;

const bodyOf = ({ nodes, inputs, outputs }: BodyGraph) => ({
  name: 'body',
  nodes: nodes.map(nodeOf),
  constants: new Map(),
  inputs: inputs.map(doorValue),
  outputs: outputs.map(doorValue),
  ...nothingElse,
});

function attributeOf(value: AttributeValue): Attribute {
  if (typeof value === 'number') return int(value);
  if (typeof value === 'string') return text(value);
  if ('float' in value) return float(value.float);
  if ('floats' in value) return floats(value.floats);
  if ('body' in value) return graph(bodyOf(value.body));
  return ints(value);
}

function nodeOf({ operator, domain, inputs, outputs, attributes }: GraphNode): Node {
  const named = Object.entries(attributes).map(([name, value]) => [name, attributeOf(value)] as const);
  const [first = ''] = outputs;
  return { name: `${operator}_${first}`, operator, domain, inputs, outputs, attributes: Object.fromEntries(named) };
}

const constantOf = ({ name, dtype, shape, data }: Constant) => ({
  name,
  dtype,
  shape,
  bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
});

/** Serialises; the same graph gives the same bytes. */
export function serialize({ nodes, constants, inputs, outputs }: FinishedGraph): Uint8Array {
  return writeModel({
    irVersion,
    opsets,
    producer: 'galerkin',
    graph: {
      name: 'program',
      nodes: nodes.map(nodeOf),
      constants: new Map(constants.map(one => [one.name, constantOf(one)])),
      inputs: inputs.map(doorValue),
      outputs: outputs.map(doorValue),
      ...nothingElse,
    },
    functions: [],
    metadata: new Map(),
  });
}
