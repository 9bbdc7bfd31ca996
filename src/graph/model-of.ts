// A model from its parts: what is needed to write one by hand, with everything else as it usually is.
import type { Constant } from './constant.js';
import type { ElementType } from './element-type.js';
import type { Dimension, Model, Node, Value } from './model.js';

export interface ModelParts {
  readonly nodes: readonly Node[];
  readonly constants?: readonly Constant[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Version of each operator set by its domain. @default ONNX 20 and the runtime's own operators */
  readonly opsets?: Readonly<Record<string, number>>;
  /** Of the graph. @default 'graph' */
  readonly name?: string;
  /** @default 'galerkin' */
  readonly producer?: string;
}

const usualOpsets = { '': 20, 'com.microsoft': 1 } as const;
/** Of the file format; runtimes from 2023 on read it. */
const irVersion = 10;

/** A model of one graph. Constants are found by their own names. */
export function modelOf(parts: ModelParts): Model {
  const { nodes, constants = [], inputs, outputs, opsets = usualOpsets, name = 'graph', producer = 'galerkin' } = parts;
  return {
    irVersion,
    opsets: new Map(Object.entries(opsets)),
    producer,
    graph: {
      name,
      nodes,
      constants: new Map(constants.map(constant => [constant.name, constant])),
      inputs,
      outputs,
      values: new Map(),
      sparse: [],
    },
    functions: [],
    metadata: new Map(),
  };
}

/** A tensor value for a model's door; without a shape not even the rank is stated. */
export const tensorValue = (name: string, shape?: readonly Dimension[], dtype: ElementType = 'float32'): Value => ({
  name,
  type: { kind: 'tensor', dtype, shape },
});
