// One model for every batch size: shapes follow 'batch' at run time, and what cannot follow is refused.
import { isGalerkinError, type Tensor } from 'galerkin/base';
import { compileNative, grad, lower, np, ready, type Spec, type Traced, trace, valueAndGrad } from 'galerkin/compile';
import { openSession } from 'galerkin/runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { fnoSpecs, forward, tinySize } from '../../benchmarks/fixtures/fno.js';
import { asTraced, convertArguments, seededArguments } from '../../benchmarks/fixtures/fno-run.js';
import { f32, relativeDifference, sample, tensor, traced } from './parity.js';

beforeAll(ready);

async function agrees(fn: (...args: Traced[]) => Traced, specs: readonly Spec[], sizes = [1, 3, 16]): Promise<number> {
  const model = lower(trace(fn, [...specs]));
  expect(model.outputs[0]?.shape[0]).toBe('batch');
  const session = await openSession(model.bytes, { threads: 1 });
  let worst = 0;
  for (const size of sizes) {
    const inputs = specs.map((spec, k) => ({ ...sample(spec, 10 + k, size), dtype: spec.dtype }));
    const feeds = Object.fromEntries(
      inputs.map(({ dtype, shape, values }, k) => [model.inputs[k]?.name, tensor(dtype, shape, values)]),
    );
    const result = (await session.run(feeds))[model.outputs[0]?.name ?? ''];
    const truth = fn(...inputs.map(({ dtype, shape, values }) => traced(dtype, shape, values)));
    expect(result?.shape).toEqual(truth.shape);
    if (result === undefined || result.dtype === 'BYTES') throw new Error('no numbers');
    worst = Math.max(worst, relativeDifference(result.data, truth.dataSync()));
  }
  await session.close();
  return worst;
}

const cases: readonly [string, (...args: Traced[]) => Traced, readonly Spec[]][] = [
  ['elementwise', (a, b) => np.sin(a).mul(b), [f32('batch', 5), f32(5)]],
  ['products', (a, w) => np.matmul(a, w), [f32('batch', 4, 5), f32(5, 3)]],
  ['products of batches', (a, b) => np.einsum('bij,bjk->bik', a, b), [f32('batch', 4, 5), f32('batch', 5, 3)]],
  ['merged axes', a => a.reshape([-1, 6]).sum(1), [f32('batch', 4, 6)]],
  ['transposes', a => a.transpose([0, 2, 1]).reshape([-1, 20]), [f32('batch', 4, 5)]],
  ['norms of items', a => np.sqrt(a.ref.mul(a).sum([1, 2])), [f32('batch', 4, 5)]],
  ['repeats', a => np.broadcastTo(a.reshape([-1, 1, 4]), [a.shape[0] ?? 1, 3, 4]), [f32('batch', 4)]],
  [
    'constants as long as the batch',
    a => np.concatenate([a.ref, np.zeros([a.shape[0] ?? 1, 2])], 1),
    [f32('batch', 4)],
  ],
  [
    'pads and slices',
    a =>
      np
        .pad(a, [
          [0, 0],
          [1, 2],
        ])
        .slice([], [0, 5]),
    [f32('batch', 4)],
  ],
  [
    'gathers by tables',
    a => np.take(a, np.array(new Int32Array([3, 0, 0, 1])).reshape([2, 2]), 1).sum(2),
    [f32('batch', 4)],
  ],
  ['outputs that repeat', a => np.broadcastTo(a.sum(1).reshape([-1, 1]), [a.shape[0] ?? 1, 7]), [f32('batch', 4)]],
];

describe('the batch axis stays open for', () => {
  it.each(cases)('%s', async (_name, fn, specs) => {
    expect(await agrees(fn, specs)).toBeLessThan(1e-5);
  });

  it('a whole Fourier neural operator with its parameters as constants', async () => {
    const { state, dft } = convertArguments(seededArguments(tinySize), asTraced);
    const fn = (x: Traced): Traced =>
      forward(holdParams(state.params), x, { dft: holdTransforms(dft), size: tinySize });
    const { x } = fnoSpecs(tinySize, 'batch');
    expect(await agrees(fn, [x], [1, 5])).toBeLessThan(1e-5);
  });
});

type Params = Parameters<typeof forward>[0];
type Transforms = Parameters<typeof forward>[2]['dft'];
const holdAffine = ({ weight, bias }: Params['out']) => ({ weight: weight.ref, bias: bias.ref });
const holdParams = (params: Params): Params => ({
  lift: holdAffine(params.lift),
  blocks: params.blocks.map(block => ({ spectral: block.spectral.ref, ...holdAffine(block) })),
  hidden: holdAffine(params.hidden),
  out: holdAffine(params.out),
});
const holdTransforms = ({ alongX, alongY, backY, backX }: Transforms): Transforms => ({
  alongX: alongX.ref,
  alongY: alongY.ref,
  backY: backY.ref,
  backX: backX.ref,
});

describe('the batch axis is refused for', () => {
  const refused: readonly [string, (a: Traced) => Traced][] = [
    ['shapes that square it', a => np.einsum('ik,jk->ij', a.ref, a).reshape([-1])],
    ['numbers that follow no power of it', a => a.mul(Math.log(a.shape[0] ?? 1))],
  ];
  it.each(refused)('%s', (_name, fn) => {
    try {
      lower(trace(fn, [f32('batch', 4)]));
      expect.unreachable();
    } catch (error) {
      expect(isGalerkinError(error) && error.code).toBe('BATCH_NOT_SYMBOLIC');
    }
  });
});

describe('numbers that follow the batch are computed at run time', () => {
  const weights = { shape: [4, 2], dtype: 'float32' } as const;
  const mean = (w: Traced, x: Traced): Traced => np.mean(np.square(np.tanh(np.matmul(x, w))));
  const functions: readonly [string, (w: Traced, x: Traced) => Traced[]][] = [
    ['a mean', (w, x) => [x.mean(0), np.mean(x), mean(w, x)]],
    [
      'a training step',
      (w, x) => {
        const [loss, slope] = valueAndGrad(mean)(w, x);
        return [loss, w.sub(slope.mul(0.1))];
      },
    ],
    [
      'a variance and its gradient',
      (w, x) => [np.var_(np.matmul(x, w), 0), grad((v: Traced) => np.var_(np.matmul(x, v), 0).sum())(w)],
    ],
    [
      'a product',
      (w, x) => [
        x.mul(x.shape[0] ?? 1),
        x
          .sum(0)
          .div((x.shape[0] ?? 1) ** 2)
          .add(w.sum(1)),
      ],
    ],
  ];
  it.each(functions)('%s', async (_name, fn) => {
    const open = await compileNative(fn, [weights, f32('batch', 4)]);
    for (const batch of [1, 2, 37, 100]) {
      const closed = await compileNative(fn, [weights, f32(batch, 4)]);
      const inputs = [weights, f32(batch, 4)].map((spec, k) =>
        tensor(spec.dtype, sample(spec, k).shape, sample(spec, k).values),
      ) as [Tensor, Tensor];
      const [got, wanted] = [await open.run(...inputs), await closed.run(...inputs)];
      for (const [k, { data }] of got.entries())
        expect(relativeDifference(data as Float32Array, wanted[k]?.data as Float32Array)).toBeLessThan(2e-6);
    }
  });
});

it('feeds of one run must agree on the batch', async () => {
  const model = lower(
    trace((a: Traced, b: Traced) => a.add(b), [f32('batch', 2), f32('batch', 2)]),
    { inputNames: ['a', 'b'] },
  );
  const session = await openSession(model.bytes);
  const feeds = { a: tensor('float32', [2, 2], [1, 2, 3, 4]), b: tensor('float32', [1, 2], [1, 2]) };
  await expect(session.run(feeds)).rejects.toThrow('batch = 2');
  await session.close();
});
