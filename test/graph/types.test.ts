// Type inference against the truth: what the conformance cases really give, and what the runtime says of open sizes.
import {
  type Constant,
  constantOf,
  inferTypes,
  int,
  ints,
  type Model,
  type Node,
  readModel,
  type Value,
} from 'galerkin/graph';
import { describe, expect, it } from 'vitest';
import { dtypeOf } from '../../dist/graph/tensors.js';
import { dataOf } from './case-run.js';
import { corpus, hasCorpus } from './corpus.js';

/** The model without what its file says of values between and of outputs. */
const untold = (model: Model): Model => ({
  ...model,
  graph: {
    ...model.graph,
    values: new Map(),
    outputs: model.graph.outputs.map(({ name }) => ({ name, type: undefined })),
  },
});

const tensor = (name: string, shape: (number | string | undefined)[] | undefined): Value => ({
  name,
  type: { kind: 'tensor', dtype: 'float32', shape },
});

/** A chain of nodes from 'x' to its end. */
function shapeAfter(shape: (number | string | undefined)[], nodes: Node[], constants: Constant[] = []): unknown {
  const last = nodes.at(-1)?.outputs[0] ?? '';
  const { graph } = inferTypes({
    irVersion: 10,
    opsets: new Map([['', 20]]),
    producer: '',
    graph: {
      name: '',
      nodes,
      constants: new Map(constants.map(constant => [constant.name, constant])),
      inputs: [tensor('x', shape)],
      outputs: [{ name: last, type: undefined }],
      values: new Map(),
      sparse: [],
    },
    functions: [],
    metadata: new Map(),
  });
  const type = graph.values.get(last)?.type;
  return type?.kind === 'tensor' ? type.shape : 'unknown';
}

const node = (operator: string, inputs: string[], output: string, attributes: Node['attributes'] = {}): Node => ({
  name: output,
  operator,
  domain: '',
  inputs,
  outputs: [output],
  attributes,
});
const whole = (name: string, values: number[]): Constant =>
  constantOf(name, 'int64', { shape: [values.length], values });

describe('open sizes', () => {
  it('keep their names through a reshape that only moves the others', () => {
    expect(shapeAfter(['batch', 4, 6], [node('Reshape', ['x', 's'], 'y')], [whole('s', [-1, 24])])).toEqual([
      'batch',
      24,
    ]);
    expect(shapeAfter(['batch', 4, 6], [node('Reshape', ['x', 's'], 'y')], [whole('s', [0, -1, 2])])).toEqual([
      'batch',
      12,
      2,
    ]);
    expect(shapeAfter(['batch', 4, 6], [node('Reshape', ['x', 's'], 'y')], [whole('s', [-1, 5])])).toEqual([
      undefined,
      5,
    ]);
  });

  it('go through Shape, Gather and Concat into a reshape', () => {
    const nodes = [
      node('Shape', ['x'], 'sizes'),
      node('Gather', ['sizes', 'zero'], 'batch', { axis: int(0) }),
      node('Concat', ['batch', 'rest'], 'wanted', { axis: int(0) }),
      node('Reshape', ['x', 'wanted'], 'y'),
    ];
    expect(shapeAfter(['batch', 4, 6], nodes, [whole('zero', [0]), whole('rest', [-1])])).toEqual(['batch', 24]);
  });

  it('give way to numbers where they broadcast, and are unknown beside other names', () => {
    expect(shapeAfter(['batch', 1], [node('Add', ['x', 'w'], 'y')], [whole('w', [1, 2, 3, 4, 5])])).toEqual([
      'batch',
      5,
    ]);
    expect(shapeAfter(['a', 'b'], [node('Transpose', ['x'], 't'), node('Add', ['x', 't'], 'y')])).toEqual([
      undefined,
      undefined,
    ]);
    expect(shapeAfter(['a', 3], [node('Transpose', ['x'], 't'), node('MatMul', ['x', 't'], 'y')])).toEqual(['a', 'a']);
  });

  it('are silent behind an operator without a rule, and behind one that a model defines itself', () => {
    expect(shapeAfter([2, 3], [node('NoSuchOperator', ['x'], 'y')])).toBe('unknown');
    expect(shapeAfter([2, 3], [{ ...node('Relu', ['x'], 'y'), domain: 'mine' }])).toBe('unknown');
  });

  it('survive hostile numbers', () => {
    expect(shapeAfter([2, 3], [node('Transpose', ['x'], 'y', { perm: ints([7, -9]) })])).toEqual([
      undefined,
      undefined,
    ]);
    expect(shapeAfter([2, 3], [node('Unsqueeze', ['x', 'a'], 'y')], [whole('a', [1e15, 2])])).toBeUndefined();
    expect(
      shapeAfter(
        [2, 3],
        [node('Slice', ['x', 'a', 'b', 'c', 'd'], 'y')],
        ['a', 'b', 'c', 'd'].map(name => whole(name, [0])),
      ),
    ).toEqual([undefined, 3]);
    expect(shapeAfter([2, 3], [node('Concat', [], 'y', { axis: int(5) })])).toBe('unknown');
  });
});

describe.skipIf(!hasCorpus)('inference on the conformance cases', () => {
  it('is never wrong, and knows the shapes of most', () => {
    const wrong: string[] = [];
    let [outputs, dtypes, shapes] = [0, 0, 0];
    for (const { name, folder, bytes } of corpus()) {
      const truths = dataOf(folder, 'output');
      const { graph } = inferTypes(untold(readModel(bytes)));
      graph.outputs.forEach(({ type }, k) => {
        const truth = truths?.[k];
        if (truth === undefined) return;
        outputs++;
        if (type?.kind !== 'tensor') return;
        dtypes++;
        // The cases keep bfloat16 as uint16.
        if (type.dtype !== 'bfloat16' && dtypeOf(type.dtype) !== truth.dtype)
          wrong.push(`${name}: ${type.dtype}, not ${truth.dtype}`);
        if (type.shape === undefined) return;
        const fits =
          type.shape.length === truth.shape.length &&
          type.shape.every((size, axis) => typeof size !== 'number' || size === truth.shape[axis]);
        if (!fits) wrong.push(`${name}: [${type.shape}], not [${truth.shape}]`);
        if (type.shape.every(size => typeof size === 'number')) shapes++;
      });
    }
    console.log(`types of ${dtypes} and whole shapes of ${shapes} of ${outputs} outputs`);
    expect(wrong).toEqual([]);
    expect(shapes / outputs).toBeGreaterThan(0.6);
  });
});
