// Small models for the co-design's tests, written as they are computed: values in, the name of a value out.
import { seededRandom, type Tensor } from 'galerkin/base';
import { type Attributes, type Constant, constantOf, type Model, type Node, type Value } from 'galerkin/graph';
import type { Feeds } from 'galerkin/optimize';

export class Draft {
  readonly nodes: Node[] = [];
  readonly constants = new Map<string, Constant>();
  readonly random = seededRandom(11);

  op(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.ops(operator, inputs, { attributes, outputs: 1 })[0] ?? '';
  }

  /** Domains stand before the operator: 'com.microsoft/FusedMatMul'. */
  ops(
    operator: string,
    inputs: readonly string[],
    { attributes = {}, outputs = 1 }: { attributes?: Attributes; outputs?: number },
  ): string[] {
    const [name = '', domain = ''] = operator.split('/').toReversed();
    const made = Array.from({ length: outputs }, (_, k) => `v${this.nodes.length}_${k}`);
    this.nodes.push({
      name: `${name}_${this.nodes.length}`,
      operator: name,
      domain,
      inputs,
      outputs: made,
      attributes,
    });
    return made;
  }

  /** Normal numbers of size 1/√(inputs). */
  weight(...shape: number[]): string {
    const scale = 1 / Math.sqrt(shape.length < 2 ? 1 : shape.slice(0, -1).reduce((a, b) => a * b, 1));
    return this.constant(shape, () => scale * this.random.normal());
  }

  positive(...shape: number[]): string {
    return this.constant(shape, () => 0.5 + this.random.uniform());
  }

  constant(shape: readonly number[], next: () => number): string {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next);
    return this.put(constantOf(`c${this.constants.size}`, 'float32', { shape, values }));
  }

  ints(...values: number[]): string {
    return this.put(constantOf(`c${this.constants.size}`, 'int64', { shape: [values.length], values }));
  }

  put(constant: Constant): string {
    this.constants.set(constant.name, constant);
    return constant.name;
  }
}

const value = (name: string, shape?: readonly (number | string)[]): Value => ({
  name,
  type: shape === undefined ? undefined : { kind: 'tensor', dtype: 'float32', shape },
});

/** A model of one input 'x', whose first axis is open, and one output. */
export function modelOf(shape: readonly number[], build: (draft: Draft, x: string) => string, opset = 21): Model {
  const draft = new Draft();
  const output = build(draft, 'x');
  return {
    irVersion: 10,
    opsets: new Map([
      ['', opset],
      ['com.microsoft', 1],
    ]),
    producer: 'test',
    functions: [],
    metadata: new Map(),
    graph: {
      name: 'test',
      nodes: draft.nodes,
      constants: draft.constants,
      inputs: [value('x', ['batch', ...shape.slice(1)])],
      outputs: [value(output)],
      values: new Map(),
      sparse: [],
    },
  };
}

/** Normal numbers under 'x'. */
export function feedsOf(shape: readonly number[], seed = 5): Feeds {
  const random = seededRandom(seed);
  const x: Tensor = {
    dtype: 'FP32',
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, random.normal),
  };
  return { x };
}
