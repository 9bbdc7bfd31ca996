// Folding: what a graph makes of constants alone, by a factor, a sign or a shape, is written down bit for bit, unless it would be stored twice.
import { compileNative, lower, np, ready, type Traced, trace, unroll } from 'galerkin/compile';
import { openSession } from 'galerkin/runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { type FoldableGraph, foldConstants } from '../../dist/compile/onnx/fold-constants.js';
import { Graph } from '../../dist/compile/onnx/graph.js';
import { serialize } from '../../dist/compile/onnx/serialize.js';
import { f32, sample, tensor } from './parity.js';

beforeAll(ready);

const size = 12;
const numbers = (count: number): Float32Array => Float32Array.from(sample(f32(count), 7).values);
const finished = ({ nodes, constants }: Graph): FoldableGraph => ({ nodes, constants: [...constants.values()] });
const operatorsOf = ({ nodes }: FoldableGraph): string[] => nodes.map(({ operator }) => operator);

/** The bits of what the runtime makes of the graph, left as it is. */
async function bitsOf({ nodes, constants }: FoldableGraph, output: string): Promise<number[]> {
  const value = (name: string) => ({ name, dtype: 'float32' as const, shape: [size, 1] });
  const bytes = serialize({ nodes, constants, inputs: [value('x')], outputs: [value(output)] });
  const session = await openSession(bytes, { threads: 1, graphLevel: 'disabled' });
  const result = await session.run({ x: tensor('float32', [size, 1], sample(f32(size), 3).values) });
  await session.close();
  const data = Float32Array.from(result[output]?.data ?? [], Number);
  return [...new Uint32Array(data.buffer)];
}

describe('constants', () => {
  it('that are multiplied, negated and given a shape are written down, bit for bit', async () => {
    const graph = new Graph();
    const data = numbers(size).with(0, 1e-40).with(1, 3e38).with(2, -0);
    const scaled = graph.node('Mul', [graph.constant('float32', [size], data), graph.scalar('float32', 0.1)]);
    const column = graph.node('Reshape', [graph.node('Mul', [scaled, scaled]), graph.integers([size, 1])]);
    const output = graph.node('Add', [graph.node('Neg', [column]), 'x']);
    const folded = foldConstants(finished(graph), new Set([output]));
    expect(operatorsOf(folded)).toEqual(['Add']);
    expect(folded.constants.map(({ shape }) => shape)).toEqual([[size, 1]]);
    expect(await bitsOf(folded, output)).toEqual(await bitsOf(finished(graph), output));
  });

  it('that are large are not stored twice, and change where nobody else reads them', () => {
    const twice = (readers: number): string[] => {
      const graph = new Graph();
      const table = graph.constant('float32', [1000], numbers(1000));
      const half = graph.node('Mul', [table, graph.scalar('float32', 0.5)]);
      const outputs = [graph.node('Add', ['x', half])];
      if (readers === 2) outputs.push(graph.node('Sub', ['x', table]));
      return operatorsOf(foldConstants(finished(graph), new Set(outputs)));
    };
    expect(twice(1)).toEqual(['Add']);
    expect(twice(2)).toEqual(['Mul', 'Add', 'Sub']);
  });

  it('stay nodes where they are outputs, of other types than floats, of other shapes than the factor', () => {
    const graph = new Graph();
    const table = graph.constant('float32', [size], numbers(size));
    const whole = graph.constant('int32', [2], Int32Array.of(2 ** 30, 3));
    const outputs = [
      graph.node('Neg', [table]),
      graph.node('Add', ['k', graph.node('Mul', [whole, graph.scalar('int32', 4)])]),
      graph.node('Add', ['x', graph.node('Mul', [table, graph.constant('float32', [1], Float32Array.of(2))])]),
    ];
    expect(operatorsOf(foldConstants(finished(graph), new Set(outputs)))).toEqual(['Neg', 'Mul', 'Add', 'Mul', 'Add']);
  });
});

describe('a program', () => {
  const table = (): Traced => np.array(Array.from(numbers(size)));

  it('carries scaled tables instead of scaling them', () => {
    const constant = table();
    const { byOperator } = lower(trace((x: Traced) => np.sin(x.add(constant.mul(3))), [f32(4, size)])).report;
    expect(byOperator).toEqual({ Add: 1, Sin: 1 });
  });

  it('still computes the numbers that follow an open batch', async () => {
    const constant = table();
    const fn = (x: Traced): Traced => x.add(constant.mul(x.sum().mul(0)).add(constant.mul(1 / x.shape[0])));
    const program = await compileNative(fn, [{ shape: ['batch', size], dtype: 'float32' }]);
    for (const batch of [1, 5]) {
      const { data } = await program.run(tensor('float32', [batch, size], new Array(batch * size).fill(0)));
      numbers(size).forEach((value, k) => {
        expect(Number(data[k])).toBeCloseTo(value / batch, 6);
      });
    }
    await program.close();
  });

  it('finds them in the bodies of loops', async () => {
    const constant = table();
    const program = await compileNative(
      (x: Traced) => unroll((u: Traced) => u.add(constant.mul(0.25)).mul(constant.neg().reshape([size])), 3)(x),
      [f32(size)],
    );
    const { data } = await program.run(tensor('float32', [size], new Array(size).fill(1)));
    numbers(size).forEach((value, k) => {
      let wanted = 1;
      for (let step = 0; step < 3; step++) wanted = (wanted + value / 4) * -value;
      expect(Number(data[k])).toBeCloseTo(wanted, 5);
    });
    await program.close();
  });
});
