// Axes that may be permuted together: for every operator kind, shuffling all streams that are found leaves the answers where they were.
import { int, ints, text, writeModel } from 'galerkin/graph';
import { deviationOf } from 'galerkin/optimize';
import { openSession } from 'galerkin/runtime';
import { describe, expect, it } from 'vitest';
import { permuted, randomOrders } from '../../dist/optimize/codesign/layout-search.js';
import { findStreams } from '../../dist/optimize/codesign/streams.js';
import { type Draft, feedsOf, modelOf } from './codesign-models.js';

type Build = (d: Draft, x: string) => string;
interface Case {
  readonly shape: readonly number[];
  /** Sizes of the streams that must be found, sorted. */
  readonly sizes: readonly number[];
  readonly build: Build;
}

const dense = (d: Draft, x: string, from: number, to: number): string =>
  d.op('Add', [d.op('MatMul', [x, d.weight(from, to)]), d.weight(to)]);

/** Attention over [batch, places, 12] with 3 heads of 4, as exporters write it. */
function attention(d: Draft, x: string): string {
  const heads = (value: string): string =>
    d.op('Transpose', [d.op('Reshape', [value, d.ints(0, 0, 3, 4)])], { perm: ints([0, 2, 1, 3]) });
  const [q, k, v] = [0, 1, 2].map(() => heads(dense(d, x, 12, 12)));
  const scores = d.op('Softmax', [d.op('MatMul', [q, d.op('Transpose', [k], { perm: ints([0, 1, 3, 2]) })])], {
    axis: int(-1),
  });
  const mixed = d.op('Transpose', [d.op('MatMul', [scores, v])], { perm: ints([0, 2, 1, 3]) });
  return dense(d, d.op('Reshape', [mixed, d.ints(0, 0, 12)]), 12, 12);
}

const layerNorm = (d: Draft, x: string, size: number): string =>
  d.op('LayerNormalization', [x, d.positive(size), d.weight(size)], { axis: int(-1) });

const cases: Record<string, Case> = {
  'hidden channels of a perceptron': {
    shape: [3, 5],
    sizes: [8, 16],
    build: (d, x) => dense(d, d.op('Tanh', [dense(d, d.op('Relu', [dense(d, x, 5, 16)]), 16, 8)]), 8, 2),
  },
  'Gemm with a transposed weight and bias': {
    shape: [3, 5],
    sizes: [16],
    build: (d, x) =>
      d.op('Gemm', [
        d.op('Relu', [d.op('Gemm', [x, d.weight(16, 5), d.weight(16)], { transB: int(1) })]),
        d.weight(16, 2),
      ]),
  },
  'weights on the left, as our own lowering puts them': {
    shape: [2, 5, 7],
    sizes: [16],
    build: (d, x) => {
      const hidden = d.op('com.microsoft/FusedMatMul', [d.weight(1, 5, 16), x], { transA: int(1) });
      return d.op('com.microsoft/FusedMatMul', [d.weight(1, 16, 3), d.op('Erf', [hidden])], { transA: int(1) });
    },
  },
  'a weight that is reshaped first, and axes merged and parted again': {
    shape: [3, 4, 5],
    sizes: [6],
    build: (d, x) => {
      const hidden = d.op('MatMul', [x, d.op('Reshape', [d.weight(30), d.ints(5, 6)])]);
      const flat = d.op('Reshape', [d.op('Relu', [hidden]), d.ints(-1, 24)]);
      return d.op('MatMul', [d.op('Reshape', [flat, d.ints(-1, 4, 6)]), d.weight(6, 2)]);
    },
  },
  'attention: heads, channels inside heads, and those of queries and keys': {
    shape: [2, 5, 12],
    sizes: [3, 4, 4],
    build: attention,
  },
  'queries, keys and values from one product, split': {
    shape: [2, 5, 6],
    sizes: [8],
    build: (d, x) => {
      const [q = '', k = '', v = ''] = d.ops('Split', [d.op('MatMul', [x, d.weight(6, 24)])], {
        attributes: { axis: int(-1), num_outputs: int(3) },
        outputs: 3,
      });
      const scores = d.op('Softmax', [d.op('MatMul', [q, d.op('Transpose', [k], { perm: ints([0, 2, 1]) })])]);
      return d.op('MatMul', [d.op('MatMul', [scores, v]), d.weight(8, 3)]);
    },
  },
  'a residual stream with layer norms, and the hidden axis of its feed-forward part': {
    shape: [2, 5, 6],
    sizes: [3, 4, 4, 12, 16],
    build: (d, x) => {
      const stream = dense(d, x, 6, 12);
      const attended = d.op('Add', [stream, attention(d, layerNorm(d, stream, 12))]);
      const hidden = d.op('Gelu', [dense(d, layerNorm(d, attended, 12), 12, 16)]);
      return dense(d, layerNorm(d, d.op('Add', [attended, dense(d, hidden, 16, 12)]), 12), 12, 2);
    },
  },
  'a branch and a trunk with a shared last layer': {
    shape: [4, 6],
    // The coordinates are constants, so that their two may change places as well.
    sizes: [2, 8, 8, 10],
    build: (d, x) => {
      const branch = dense(d, d.op('Tanh', [dense(d, x, 6, 8)]), 8, 10);
      const trunk = dense(d, d.op('Tanh', [dense(d, d.weight(7, 2), 2, 8)]), 8, 10);
      return d.op('Einsum', [branch, trunk], { equation: text('bp,yp->by') });
    },
  },
  'experts in a stack under a gate': {
    shape: [4, 6],
    sizes: [3, 8],
    build: (d, x) => {
      const gate = d.op('Softmax', [d.op('MatMul', [x, d.weight(6, 3)])]);
      const hidden = d.op('Relu', [d.op('Einsum', [x, d.weight(3, 6, 8)], { equation: text('bi,eih->beh') })]);
      return d.op('Einsum', [hidden, d.weight(3, 8, 2), gate], { equation: text('beh,eho,be->bo') });
    },
  },
  'convolutions with batch norm, pooling and a depthwise layer': {
    shape: [2, 3, 8, 8],
    sizes: [4, 8],
    build: (d, x) => {
      const norm = [8, 8, 8].map(size => d.weight(size));
      const first = d.op('BatchNormalization', [
        d.op('Conv', [x, d.weight(8, 3, 3, 3)], { pads: ints([1, 1, 1, 1]) }),
        ...norm,
        d.positive(8),
      ]);
      const pooled = d.op('MaxPool', [d.op('Relu', [first])], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) });
      const depthwise = d.op('Conv', [pooled, d.weight(8, 1, 3, 3), d.weight(8)], { group: int(8) });
      const last = d.op('Conv', [depthwise, d.weight(4, 8, 1, 1)]);
      return dense(d, d.op('Flatten', [d.op('GlobalAveragePool', [last])]), 4, 2);
    },
  },
  'grouped convolution, group norm, and a transposed convolution': {
    shape: [2, 4, 6, 6],
    sizes: [2, 4, 4, 8],
    build: (d, x) => {
      const grouped = d.op('Conv', [d.op('Conv', [x, d.weight(8, 4, 1, 1)]), d.weight(8, 4, 3, 3)], { group: int(2) });
      const normal = d.op('GroupNormalization', [grouped, d.positive(8), d.weight(8)], { num_groups: int(2) });
      const up = d.op(
        'ConvTranspose',
        [d.op('InstanceNormalization', [normal, d.positive(8), d.weight(8)]), d.weight(8, 8, 2, 2), d.weight(8)],
        { strides: ints([2, 2]) },
      );
      return d.op('Conv', [d.op('Relu', [up]), d.weight(1, 8, 1, 1)]);
    },
  },
  'a skip joined by Concat: both halves alike': {
    shape: [2, 3, 6, 6],
    sizes: [6],
    build: (d, x) => {
      const one = d.op('Relu', [d.op('Conv', [x, d.weight(6, 3, 1, 1)])]);
      const other = d.op('Conv', [one, d.weight(6, 6, 3, 3)], { pads: ints([1, 1, 1, 1]) });
      return d.op('Conv', [d.op('Concat', [one, other], { axis: int(1) }), d.weight(2, 12, 1, 1)]);
    },
  },
  'reductions, Expand, Where, Pad and Tile around the channels': {
    shape: [2, 4, 5],
    sizes: [8],
    build: (d, x) => {
      const hidden = d.op('Pad', [dense(d, x, 5, 8), d.ints(0, 1, 0, 0, 1, 0)]);
      const centred = d.op('Sub', [hidden, d.op('ReduceMean', [hidden, d.ints(-1)])]);
      const tiled = d.op('Tile', [
        d.op('Where', [d.op('Greater', [centred, d.weight(8)]), centred, hidden]),
        d.ints(1, 2, 1),
      ]);
      const spread = d.op('Expand', [d.op('ReduceMax', [tiled, d.ints(1)]), d.ints(1, 3, 8)]);
      return d.op('MatMul', [spread, d.weight(8, 2)]);
    },
  },
  'a table that indices choose rows of': {
    shape: [2, 3],
    sizes: [8],
    build: (d, x) => {
      const rows = d.op('Gather', [d.weight(5, 8), d.ints(4, 0, 2)]);
      return d.op('MatMul', [d.op('MatMul', [x, d.op('Relu', [rows])]), d.weight(8, 2)]);
    },
  },
};

const frozen: Record<string, Case> = {
  'along a running sum': {
    shape: [3, 5],
    sizes: [],
    build: (d, x) => d.op('MatMul', [d.op('CumSum', [d.op('MatMul', [x, d.weight(5, 8)]), d.ints(1)]), d.weight(8, 2)]),
  },
  'through a reshape that scrambles': {
    shape: [3, 4, 5],
    sizes: [],
    build: (d, x) =>
      d.op('MatMul', [d.op('Reshape', [d.op('MatMul', [x, d.weight(5, 9)]), d.ints(-1, 9, 4)]), d.weight(4, 2)]),
  },
  'through a reshape of the batch that only fits one batch': {
    shape: [1, 5],
    sizes: [],
    build: (d, x) =>
      d.op('MatMul', [
        d.op('Reshape', [d.op('MatMul', [x, d.weight(5, 8)]), d.ints(8, -1)]),
        d.op('ReduceSum', [x, d.ints(-1)]),
      ]),
  },
  'through a slice that cuts across': {
    shape: [3, 5],
    sizes: [],
    build: (d, x) =>
      d.op('MatMul', [
        d.op('Slice', [d.op('MatMul', [x, d.weight(5, 8)]), d.ints(1), d.ints(5), d.ints(1)]),
        d.weight(4, 2),
      ]),
  },
  'through an operator that is not understood': {
    shape: [3, 5],
    sizes: [],
    build: (d, x) => d.op('MatMul', [d.op('Hardmax', [d.op('MatMul', [x, d.weight(5, 8)])]), d.weight(8, 2)]),
  },
  'at inputs and outputs': { shape: [3, 5], sizes: [], build: (d, x) => dense(d, x, 5, 4) },
};

async function answer(model: ReturnType<typeof modelOf>, shape: readonly number[]) {
  const session = await openSession(writeModel(model), { threads: 1 });
  try {
    return await session.run(feedsOf(shape));
  } finally {
    await session.close();
  }
}

describe('streams', () => {
  it.each(Object.entries(cases))('%s', async (_, { shape, sizes, build }) => {
    const model = modelOf(shape, build);
    const streams = await findStreams(model, feedsOf(shape));
    expect(streams.map(({ size }) => size).toSorted((a, b) => a - b)).toEqual(sizes);
    for (const batch of [shape[0] ?? 1, 7]) {
      const wide = [batch, ...shape.slice(1)];
      const reference = await answer(model, wide);
      for (const some of [streams, ...streams.map(stream => [stream])]) {
        const shuffled = permuted(model, some, randomOrders(some, 3));
        if (some === streams) expect(shuffled).not.toEqual(model);
        expect(deviationOf([await answer(shuffled, wide)], [reference]).relativeL2).toBeLessThan(1e-6);
      }
    }
  });

  it.each(Object.entries(frozen))('stand still %s', async (_, { shape, sizes, build }) => {
    const streams = await findStreams(modelOf(shape, build), feedsOf(shape));
    expect(streams.map(({ size }) => size)).toEqual(sizes);
  });

  it('are the same in every run, under the same names', async () => {
    const { shape, build } = cases['attention: heads, channels inside heads, and those of queries and keys'] ?? {
      shape: [],
      build: () => '',
    };
    const [one, other] = await Promise.all([0, 1].map(() => findStreams(modelOf(shape, build), feedsOf(shape))));
    expect(one).toEqual(other);
  });

  it('of another shuffle would move the answers: the test can fail', async () => {
    const { shape, build } = cases['hidden channels of a perceptron'] ?? { shape: [], build: () => '' };
    const model = modelOf(shape, build);
    const [stream] = await findStreams(model, feedsOf(shape));
    if (stream === undefined) throw new Error('no stream');
    const torn = permuted(model, [{ ...stream, touches: stream.touches.slice(1) }], randomOrders([stream], 3));
    expect(deviationOf([await answer(torn, shape)], [await answer(model, shape)]).relativeL2).toBeGreaterThan(0.01);
  });
});
