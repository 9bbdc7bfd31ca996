// Small graphs written by hand: nodes as 'output = Operator(inputs)', constants by value.
import {
  type Attributes,
  type Constant,
  constantOf,
  type ElementType,
  type Graph,
  type Model,
  type Node,
  type Value,
} from 'galerkin/graph';

export const node = (
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Attributes = {},
): Node => ({
  name: `make_${output}`,
  operator,
  domain: '',
  inputs,
  outputs: [output],
  attributes,
});

export const value = (
  name: string,
  shape: readonly (number | string)[] | undefined,
  dtype: ElementType = 'float32',
): Value => ({
  name,
  type: { kind: 'tensor', dtype, shape },
});

export const floats = (name: string, values: readonly number[], shape: readonly number[] = [values.length]): Constant =>
  constantOf(name, 'float32', { shape, values });
export const whole = (name: string, values: readonly number[], shape: readonly number[] = [values.length]): Constant =>
  constantOf(name, 'int64', { shape, values });

export interface SmallGraph {
  readonly nodes: readonly Node[];
  readonly constants?: readonly Constant[];
  readonly inputs?: readonly Value[];
  readonly outputs: readonly Value[];
  readonly opset?: number;
}

export function graphOf({ nodes, constants = [], inputs = [], outputs }: SmallGraph): Graph {
  return {
    name: 'small',
    nodes,
    constants: new Map(constants.map(one => [one.name, one])),
    inputs,
    outputs,
    values: new Map(),
    sparse: [],
  };
}

export const modelOf = (small: SmallGraph): Model => ({
  irVersion: 8,
  opsets: new Map([['', small.opset ?? 18]]),
  producer: 'test',
  graph: graphOf(small),
  functions: [],
  metadata: new Map(),
});

/** 'operator(inputs)' of each node. */
export const written = ({ graph }: Model): string[] =>
  graph.nodes.map(({ operator, inputs }) => `${operator}(${inputs})`);
export const operators = ({ graph }: Model): string[] => graph.nodes.map(({ operator }) => operator);
