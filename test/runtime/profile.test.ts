// Profiles: every operator of every run, with its shapes, its time and the arena's memory.
import { float32 } from 'galerkin/base';
import { constantOf, type Model, modelOf, readModel, tensorValue, writeModel } from 'galerkin/graph';
import { optimizedModel, profileRuns } from 'galerkin/runtime';
import { expect, test } from 'vitest';

const value = (name: string) => tensorValue(name, ['batch', 64]);
const model = modelOf({
  nodes: [
    { name: 'product', operator: 'MatMul', domain: '', inputs: ['x', 'w'], outputs: ['h'], attributes: {} },
    { name: 'bend', operator: 'Tanh', domain: '', inputs: ['h'], outputs: ['y'], attributes: {} },
  ],
  constants: [constantOf('w', 'float32', { shape: [64, 64], values: new Float32Array(4096).fill(0.1) })],
  inputs: [value('x')],
  outputs: [value('y')],
});
const feed = (batch: number) => ({ x: float32(new Float32Array(batch * 64), [batch, 64]) });

test('each run tells its operators, their shapes and the memory of the arena', async () => {
  const runs = await profileRuns(writeModel(model), [feed(2), feed(500)], { threads: 1 });
  expect(runs.map(({ nodes }) => nodes.map(({ name, operator }) => [name, operator]))).toEqual([
    [
      ['product', 'MatMul'],
      ['bend', 'Tanh'],
    ],
    [
      ['product', 'MatMul'],
      ['bend', 'Tanh'],
    ],
  ]);
  const [small, large] = runs;
  expect(large?.nodes[0]?.inputs).toEqual([{ dtype: 'float', shape: [500, 64] }]);
  expect(large?.nodes[1]?.outputs).toEqual([{ dtype: 'float', shape: [500, 64] }]);
  for (const { ms, nodes } of runs) {
    const sum = nodes.reduce((total, node) => total + node.ms, 0);
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(ms);
  }
  expect(large?.peakBytes).toBeGreaterThanOrEqual((small?.peakBytes ?? 0) + 490 * 64 * 4);
  expect(large?.heldBytes).toBeGreaterThanOrEqual(large?.peakBytes ?? 0);
});

test('the graph that the runtime executes can be read: a product and a sum become one operator', async () => {
  const added: Model = {
    ...model,
    graph: {
      ...model.graph,
      nodes: [
        ...model.graph.nodes.slice(0, 1),
        { name: 'shift', operator: 'Add', domain: '', inputs: ['h', 'b'], outputs: ['y'], attributes: {} },
      ],
      constants: new Map([
        ...model.graph.constants,
        ['b', constantOf('b', 'float32', { shape: [64], values: new Float32Array(64) })],
      ]),
    },
  };
  const operatorsAt = async (graphLevel: 'disabled' | 'all') =>
    readModel(await optimizedModel(writeModel(added), { graphLevel })).graph.nodes.map(({ operator }) => operator);
  expect(await operatorsAt('disabled')).toEqual(['MatMul', 'Add']);
  expect(await operatorsAt('all')).toEqual(['Gemm']);
});

test('a model that does not run gives its reason', async () => {
  await expect(profileRuns(Uint8Array.of(1, 2, 3), [])).rejects.toMatchObject({ code: 'SESSION_MODEL_INVALID' });
  await expect(profileRuns(writeModel(model), [{}])).rejects.toMatchObject({ code: 'SESSION_INPUT_INVALID' });
});
