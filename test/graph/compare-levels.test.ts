// Levels side by side: sixteen pairs, counted after the runtime's own optimization too, with the times of an injected clock.
import { compareLevels } from 'galerkin/graph';
import { expect, it } from 'vitest';
import { floats, modelOf, node, value } from './small-graph.js';

const model = modelOf({
  nodes: [
    node('MatMul', ['x', 'w'], 'm'),
    node('Add', ['m', 'b'], 'a'),
    node('Neg', ['a'], 'n'),
    node('Exp', ['n'], 'e'),
    node('Add', ['e', 'one'], 'p'),
    node('Div', ['one', 'p'], 's'),
    node('Identity', ['s'], 'out'),
  ],
  constants: [floats('w', [1, 2, 3, 4, 5, 6, 7, 8], [4, 2]), floats('b', [1, 2]), floats('one', [1], [])],
  inputs: [value('x', ['batch', 4])],
  outputs: [value('out', undefined)],
});
const feeds = { x: { dtype: 'FP32', shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) } } as const;

it('every pair once, nodes as given and as executed', async () => {
  let now = 0;
  const clock = { now: () => 0, monotonic: () => now++ };
  const figures = await compareLevels(model, feeds, { rounds: 3, clock });
  expect(new Set(figures.map(({ ours, runtime }) => `${ours} ${runtime}`)).size).toBe(16);
  const of = (ours: string, runtime: string) => figures.find(one => one.ours === ours && one.runtime === runtime);
  expect(of('O0', 'disabled')).toMatchObject({ nodes: 7, nodesGiven: 7, medianMs: 1, leastMs: 1 });
  expect(of('O1', 'disabled')).toMatchObject({ nodes: 6, nodesGiven: 6 });
  expect(of('O3', 'disabled')).toMatchObject({ nodes: 1, nodesGiven: 1 });
  expect(of('O0', 'all')?.nodes).toBeLessThan(7);
});

it('feeds that do not fit are refused, and nothing stays open', async () => {
  await expect(compareLevels(model, {}, { rounds: 1 })).rejects.toMatchObject({ code: 'SESSION_INPUT_INVALID' });
});
