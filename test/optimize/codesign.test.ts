// Co-design as a whole: hidden structure is found again, trained operators lose less at equal compression, and reports hold what they claim.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from 'galerkin/base';
import { type Model, readModel, writeModel } from 'galerkin/graph';
import {
  answersOf,
  applyPermutationFile,
  blockDiagonal,
  codesign,
  codesignMetrics,
  correlationCache,
  decodeCorrelations,
  decodePermutations,
  deviationOf,
  diagonalBlocks,
  encodeCorrelations,
  encodePermutations,
  keptOf,
  scaledBlocks,
} from 'galerkin/optimize';
import { openSession } from 'galerkin/runtime';
import { describe, expect, it } from 'vitest';
import { deepOperatorNetwork, perceptron, trainedNetwork } from '../../benchmarks/fixtures/trained-networks.js';
import { type Draft, feedsOf, modelOf } from './codesign-models.js';

const quick = { measureMs: 0, randomLayouts: 3, measuredSwaps: 4, rows: 1000 };

async function deviation(model: Model, reference: Model, samples: Parameters<typeof codesign>[1]): Promise<number> {
  const [one, other] = await Promise.all([model, reference].map(each => openSession(writeModel(each), { threads: 1 })));
  if (one === undefined || other === undefined) throw new Error('no session');
  const result = deviationOf(await answersOf(one, samples), await answersOf(other, samples)).relativeL2;
  await Promise.all([one.close(), other.close()]);
  return result;
}

/** Two hidden layers of four blocks of eight, whose channels were shuffled: nothing of it is to be seen. */
function shuffledBlocks(d: Draft, x: string): string {
  const random = seededRandom(8);
  const [first, second] = [0, 1].map(() => random.shuffle(Array.from({ length: 32 }, (_, k) => k)));
  const block = (k: number): number => Math.floor(k / 8);
  const weight = (from: (k: number) => number, to: (k: number) => number): string => {
    let at = 0;
    return d.constant([32, 32], () => {
      const [i, j] = [Math.floor(at / 32), at++ % 32];
      return from(i) === to(j) ? d.random.normal() / 3 : 0;
    });
  };
  const inFirst = (k: number): number => block(first?.[k] ?? 0);
  const inSecond = (k: number): number => block(second?.[k] ?? 0);
  const one = d.op('Tanh', [d.op('MatMul', [x, weight(block, inFirst)])]);
  const two = d.op('Tanh', [d.op('MatMul', [one, weight(inFirst, inSecond)])]);
  return d.op('MatMul', [two, weight(inSecond, block)]);
}

const samples = (count: number, shape: readonly number[]) =>
  Array.from({ length: count }, (_, k) => feedsOf(shape, k + 1));

describe('a model with hidden blocks', () => {
  const model = modelOf([16, 32], shuffledBlocks);
  const given = samples(8, [16, 32]);
  const format = diagonalBlocks({ blocks: 4, leastWeights: 1 });

  it('is compressed without loss once its channels are in order, to a quarter of its bytes, and with great loss before', async () => {
    const result = await codesign(model, given, { ...quick, format });
    expect(result.status).toBe('better');
    expect(result.identity.deviation.relativeL2).toBeGreaterThan(0.5);
    expect(result.chosen.deviation.relativeL2).toBeLessThan(1e-6);
    expect(result.chosen.layoutEfficiency).toBeCloseTo(1, 9);
    expect(result.exactness.relativeL2).toBeLessThan(1e-6);
    expect(result.chosen.bytes / result.original.bytes).toBeLessThan(0.3);
    expect(await deviation(readModel(writeModel(result.model)), model, given)).toBeLessThan(1e-6);
    expect(result.candidates.map(({ layout }) => layout)).toEqual(
      expect.arrayContaining(['identity', 'random', 'spectral', 'refined']),
    );
    expect(result.candidates.some(({ isPareto }) => isPareto)).toBe(true);
  });

  it('gives the same result twice, finds its correlations in the cache, and leaves the model alone', async () => {
    const [before, cache] = [writeModel(model), correlationCache()];
    const one = await codesign(model, given, { ...quick, format, cache });
    const two = await codesign(model, given, { ...quick, format, cache });
    expect(writeModel(two.model)).toEqual(writeModel(one.model));
    expect(two.permutations).toEqual(one.permutations);
    expect(two.metrics).toMatchObject({ correlationLookups: 2, correlationHits: 1 });
    await codesign(model, given.slice(1), { ...quick, format, cache });
    expect(cache.hits).toBe(1);
    expect(writeModel(model)).toEqual(before);
  });

  it('is written as permutation.json and correlation_matrix.npz, and made again from them; another model is refused', async () => {
    const result = await codesign(model, given, { ...quick, format });
    const file = decodePermutations(encodePermutations(result.permutations));
    const again = await applyPermutationFile(model, file);
    expect(writeModel(again)).toEqual(writeModel(result.permuted));
    const [stream] = file.streams;
    expect(stream?.objective?.after).toBeGreaterThan(2 * (stream?.objective?.before ?? Number.POSITIVE_INFINITY));
    const other = modelOf([16, 32], (d, x) => shuffledBlocks(d, d.op('Relu', [x])));
    await expect(applyPermutationFile(other, file)).rejects.toMatchObject({ code: 'OPTIMIZE_INPUT_INVALID' });
    const read = decodeCorrelations(encodeCorrelations(result.correlations));
    expect(read.map(({ stream: name, size }) => [name, size])).toEqual(
      file.streams.map(({ name, size }) => [name, size]),
    );
    for (const { matrix, size } of read) for (let k = 0; k < size; k++) expect(matrix[k * size + k]).toBe(1);
  });
});

describe('at equal compression', () => {
  it.each([
    ['a perceptron', perceptron(32), scaledBlocks({ bits: 4, blockSize: 16, leastWeights: 1 })],
    ['a perceptron', perceptron(32), keptOf({ leastWeights: 1 })],
    ['a DeepONet', deepOperatorNetwork(32), diagonalBlocks({ blocks: 4, rank: 4, leastWeights: 1 })],
  ] as const)(
    '%s that was trained loses less than without a layout, and no less than by luck',
    async (_, network, format) => {
      const trained = await trainedNetwork(network, { steps: 250, seed: 3, samples: 8 });
      expect(trained.loss).toBeLessThan(0.6 * trained.zeroLoss);
      const result = await codesign(trained.model, trained.samples, { ...quick, measuredSwaps: 12, format });
      expect(result.status).toBe('better');
      expect(result.chosen.bytes).toBe(result.identity.bytes);
      expect(result.exactness.relativeL2).toBeLessThan(2e-6);
      expect(result.gain).toBeGreaterThan(0.02);
      const luck = result.candidates.find(({ layout }) => layout === 'random');
      expect(result.chosen.fitted.relativeL2).toBeLessThanOrEqual(luck?.fitted.relativeL2 ?? 0);
    },
  );

  it('a model of which nothing can be ordered says so, and is compressed as it is', async () => {
    const model = modelOf([4, 64], (d, x) => d.op('MatMul', [x, d.weight(64, 64)]));
    const result = await codesign(model, samples(4, [4, 64]), { ...quick, format: scaledBlocks() });
    expect(result).toMatchObject({ status: 'nothing to order', gain: 0 });
    expect(result.candidates).toHaveLength(1);
    expect(result.permutations.streams).toEqual([]);
  });
});

describe('block-diagonal weights', () => {
  it('with a remainder of full use are the weights again: blocks and rank together lose nothing', async () => {
    const [row, column] = [3, 4].map(seed => Array.from({ length: 16 }, seededRandom(seed).normal));
    let at = 0;
    const entry = (): number => (row?.[Math.floor(at / 16)] ?? 0) * (column?.[at++ % 16] ?? 0);
    const model = modelOf([5, 3, 16], (d, x) => d.op('MatMul', [x, d.constant([16, 16], entry)]));
    const given = samples(2, [5, 3, 16]);
    const { model: small, report } = blockDiagonal(model, { blocks: 2, rank: 2, leastWeights: 1 });
    expect(report.changed).toHaveLength(1);
    // Outside two blocks of a matrix of rank 1 lie two corners of rank 1.
    expect(await deviation(small, model, given)).toBeLessThan(1e-6);
  });

  it('tell why a product is left alone', () => {
    const model = modelOf([5, 6], (d, x) => d.op('MatMul', [x, d.weight(6, 9)]));
    expect(blockDiagonal(model, { blocks: 2, leastWeights: 1 }).report.skipped).toEqual([
      { node: 'MatMul_0', reason: '6 x 9 does not divide into 2 blocks' },
    ]);
  });
});

describe('at the door', () => {
  const model = modelOf([4, 8], (d, x) =>
    d.op('MatMul', [d.op('Tanh', [d.op('MatMul', [x, d.weight(8, 32)])]), d.weight(32, 2)]),
  );

  it('no samples, samples of another shape and unknown options are refused by name', async () => {
    await expect(codesign(model, [])).rejects.toMatchObject({ code: 'OPTIMIZE_INPUT_INVALID' });
    await expect(codesign(model, samples(4, [4, 9]))).rejects.toMatchObject({ code: 'SESSION_INPUT_INVALID' });
    await expect(codesign(model, samples(4, [4, 8]), { rounds: 0 })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  });

  it.each([
    ['no JSON', '{'],
    ['another format', '{"format":"x"}'],
    [
      'a channel twice',
      `{"format":"galerkin permutation 1","model":"sha256:${'0'.repeat(64)}","objective":"x","streams":[{"name":"a","size":2,"touches":[],"permutation":[0,0],"objective":null}]}`,
    ],
    [
      'a permutation of another length',
      `{"format":"galerkin permutation 1","model":"sha256:${'0'.repeat(64)}","objective":"x","streams":[{"name":"a","size":3,"touches":[],"permutation":[1,0],"objective":null}]}`,
    ],
  ])('a permutation.json with %s is refused', (_, text) => {
    expect(() => decodePermutations(text)).toThrow(expect.objectContaining({ code: 'OPTIMIZE_INPUT_INVALID' }));
  });

  it('a damaged file in the cache folder is a miss and is written anew', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'galerkin-codesign-'));
    try {
      const options = { ...quick, format: diagonalBlocks({ blocks: 2, leastWeights: 1 }) };
      await codesign(model, samples(4, [4, 8]), { ...options, cache: correlationCache({ folder }) });
      const [name = ''] = await readdir(folder);
      const whole = await readFile(join(folder, name));
      await writeFile(join(folder, name), whole.subarray(0, 40));
      const cache = correlationCache({ folder });
      await codesign(model, samples(4, [4, 8]), { ...options, cache });
      expect(cache.hits).toBe(0);
      expect(await readFile(join(folder, name))).toEqual(whole);
      const later = correlationCache({ folder });
      await codesign(model, samples(4, [4, 8]), { ...options, cache: later });
      expect(later.hits).toBe(1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('metrics stand under their names, with labels that cannot break out', () => {
    const text = codesignMetrics(
      { permutationSeconds: 0.003, correlationLookups: 4, correlationHits: 3, layoutEfficiency: 0.8 },
      { model: 'a"b\n', version: '1' },
    );
    expect(text).toContain('icd_permutation_time_seconds{model="a\\"b\\n",version="1"} 0.003\n');
    expect(text).toContain('# TYPE icd_layout_efficiency gauge\n');
    expect(text.split('\n')).toHaveLength(13);
  });
});
