// Tiles: a graph computed piece by piece gives what it gives whole, is only cut where arrays are large, and ends each tile before the next.
import { grad, lower, np, ready, type Traced, trace, valueAndGrad } from 'galerkin/compile';
import { openSession } from 'galerkin/runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { cutOf } from '../../dist/compile/layout/tiles/cut.js';
import { emitTiles } from '../../dist/compile/layout/tiles/emit.js';
import { shapesOf } from '../../dist/compile/layout/tiles/shapes.js';
import { isLast, stagesOf, usesOf } from '../../dist/compile/layout/tiles/stages.js';
import { Graph, type GraphNode } from '../../dist/compile/onnx/graph.js';
import { serialize } from '../../dist/compile/onnx/serialize.js';
import { f32, parity, relativeDifference, sample, tensor } from './parity.js';

beforeAll(ready);

const [rows, columns] = [24, 6];

/** Two layers and the gradients of their weights, by hand: every way in which a node is cut. */
function twoLayers(): { graph: Graph; outputs: string[] } {
  const graph = new Graph();
  const hidden = graph.node('Add', [graph.node('MatMul', ['x', 'w']), 'b']);
  const flat = graph.node('Reshape', [hidden, graph.integers([rows * columns])]);
  const half = graph.node('Mul', [flat, graph.scalar('float32', 0.5)]);
  const active = graph.node('Erf', [graph.node('Reshape', [half, graph.integers([rows, columns])])]);
  const total = graph.node('ReduceSum', [active, graph.integers([0])], { keepdims: 0 });
  const back = graph.node('FusedMatMul', ['x', active], { transA: 1, transB: 0 });
  const stacked = graph.node('Reshape', [active, graph.integers([rows / 2, 2, columns])]);
  const turned = graph.node('Transpose', [stacked], { perm: [0, 2, 1] });
  const batched = graph.node('MatMul', [turned, stacked]);
  const row = graph.node('FusedMatMul', ['v', active], { transA: 0, transB: 1 });
  const scaled = graph.node('Mul', [active, total]);
  const perRow = graph.node('ReduceSum', [scaled, graph.integers([1])], { keepdims: 1 });
  return { graph, outputs: [total, back, batched, row, scaled, perRow] };
}

const shapes = new Map([
  ['x', [rows, 4]],
  ['w', [4, columns]],
  ['b', [columns]],
  ['v', [1, columns]],
]);

async function results(graph: Graph, nodes: readonly GraphNode[], outputs: readonly string[]) {
  const { constants } = graph;
  const known = shapesOf(graph.nodes, { inputs: shapes, constants });
  const value = (name: string, shape: readonly number[]) => ({ name, shape, dtype: 'float32' as const });
  const bytes = serialize({
    nodes,
    constants: [...constants.values()],
    inputs: [...shapes].map(([name, shape]) => value(name, shape)),
    outputs: outputs.map(name => value(name, known.get(name) ?? [])),
  });
  const session = await openSession(bytes, { threads: 1 });
  const feeds = [...shapes].map(([name, shape], k) => {
    const { values } = sample(f32(...shape), k + 1);
    return [name, tensor('float32', shape, values)] as const;
  });
  const got = await session.run(Object.fromEntries(feeds));
  await session.close();
  return outputs.map(name => Array.from(got[name]?.data ?? [], Number));
}

const largestDifference = (got: readonly number[][], truth: readonly number[][]): number =>
  Math.max(...truth.map((values, k) => relativeDifference(got[k] ?? [], values)));

function tiled(graph: Graph, tiles: number, outputs: readonly string[]) {
  const { nodes, constants } = graph;
  const known = shapesOf(nodes, { inputs: shapes, constants });
  const cuts = new Map(
    nodes.flatMap(node => {
      const cut = cutOf(node, { shapes: known, constants, tiles });
      return cut === undefined ? [] : [[node, cut] as const];
    }),
  );
  return { cuts, tiling: { nodes, shapes: known, tiles, cuts, outputs: new Set(outputs) } };
}

describe('a tiled graph', () => {
  it.each([2, 3, 4, 6, 12])('of %i tiles gives what the whole one gives', async tiles => {
    const { graph, outputs } = twoLayers();
    const truth = await results(graph, graph.nodes, outputs);
    const { cuts, tiling } = tiled(graph, tiles, outputs);
    expect(cuts.size).toBe(graph.nodes.length);
    const nodes = emitTiles(tiling, cuts, graph);
    expect(nodes.length).toBeGreaterThan(graph.nodes.length * (tiles - 1));
    const got = await results(graph, nodes, outputs);
    expect(largestDifference(got, truth)).toBeLessThan(1e-6);
  });

  it('of any part of the nodes gives what the whole one gives', async () => {
    const { graph, outputs } = twoLayers();
    const truth = await results(graph, graph.nodes, outputs);
    for (let pattern = 1; pattern < 40; pattern++) {
      const { cuts, tiling } = tiled(graph, 3, outputs);
      const part = new Map([...cuts].filter((_, k) => (pattern * (k + 3)) % 5 < 3));
      const got = await results(graph, emitTiles(tiling, part, graph), outputs);
      expect(largestDifference(got, truth)).toBeLessThan(1e-6);
    }
  });

  it('does not cut what the number of tiles does not divide', () => {
    const { graph, outputs } = twoLayers();
    expect(tiled(graph, 5, outputs).cuts.size).toBe(0);
  });

  it('goes on after a sum in another stage, whose tiles have an end', () => {
    const { graph, outputs } = twoLayers();
    const { cuts } = tiled(graph, 3, outputs);
    const stages = stagesOf(graph.nodes, cuts);
    const at = (operator: string) =>
      graph.nodes.filter(node => node.operator === operator).map(node => stages.get(node));
    expect(at('Erf')).toEqual([0]);
    expect(at('Mul')).toEqual([0, 1]);
    const uses = usesOf(graph.nodes);
    const last = graph.nodes.filter(node => isLast(node, { chosen: cuts, stages, uses }));
    expect(last.map(({ operator }) => operator)).not.toContain('Erf');
    expect(last.map(({ operator }) => operator)).toContain('ReduceSum');
  });
});

describe('programs', () => {
  const step = (x: Traced, w: Traced, v: Traced): Traced[] => {
    const loss = (weight: Traced, head: Traced): Traced => np.matmul(np.tanh(np.matmul(x, weight)), head).mean();
    const [value, gradient] = valueAndGrad(loss)(w, v);
    return [value, gradient];
  };
  const wide = [f32(2 ** 15, 4), f32(4, 160), f32(160, 1)];

  it('around large arrays are tiled and give what the tracer gives', async () => {
    const { difference, byOperator } = await parity(step, wide);
    expect(byOperator.Sum ?? 0).toBeGreaterThan(0);
    expect(byOperator.Tanh ?? byOperator.Exp ?? 0).toBeGreaterThan(4);
    expect(difference).toBeLessThan(1e-5);
  }, 60_000);

  it('around small arrays are not', () => {
    const { byOperator } = lower(trace(step, [f32(64, 4), f32(4, 160), f32(160, 1)])).report;
    expect(byOperator.Size ?? 0).toBe(0);
    expect(byOperator.Sum ?? 0).toBe(0);
  });

  it('with an open batch are not, for one graph serves all sizes', () => {
    const fn = (x: Traced, w: Traced): Traced => grad((y: Traced) => np.sin(np.matmul(y, w)).sum())(x);
    const { byOperator } = lower(trace(fn, [f32('batch', 2 ** 14, 4), f32(4, 300)])).report;
    expect(byOperator.Size ?? 0).toBe(0);
  });
});
