import { seededRandom } from 'galerkin/base';
import { constantOf, type Model, numbersOf } from 'galerkin/graph';
import { quantizeBlocks, storeHalf } from 'galerkin/optimize';
import { describe, expect, test } from 'vitest';
import {
  answersFrom,
  deviationBetween,
  executed,
  floatsIn,
  mlp,
  mlpSamples,
  modelOf,
  node,
  random32,
  smallCnn,
  tensor,
  value,
} from './networks.js';

/** Weights [rows, columns] read back from a packed constant, as MatMulNBits is specified. */
function unpacked(
  model: Model,
  { rows, columns, bits, blockSize }: Record<'rows' | 'columns' | 'bits' | 'blockSize', number>,
) {
  const numbers = (name: string): number[] => {
    const constant = model.graph.constants.get(name);
    return constant === undefined ? [] : Array.from(numbersOf(constant));
  };
  const blocks = Math.ceil(rows / blockSize);
  const [packed, scales, zeros] = [numbers(`w0_int${bits}`), numbers('w0_scale'), numbers('w0_zero')];
  const at = (bytes: number[], k: number): number => (bits === 8 ? bytes[k] : (bytes[k >> 1] >> (4 * (k & 1))) & 15);
  const zeroBytes = Math.ceil((blocks * bits) / 8);
  return Array.from({ length: rows * columns }, (_, k) => {
    const [i, j] = [Math.floor(k / columns), k % columns];
    const block = Math.floor(i / blockSize);
    const zero = zeros.length === 0 ? 2 ** (bits - 1) : at(zeros.slice(j * zeroBytes), block);
    return (at(packed, (j * blocks + block) * blockSize + (i % blockSize)) - zero) * scales[j * blocks + block];
  });
}

const identity = (n: number) => [
  {
    x: tensor(
      Float32Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : 0)),
      [n, n],
    ),
  },
];

describe('block quantization', () => {
  const cases = [4, 8].flatMap(bits =>
    [16, 32, 128, 256].flatMap(blockSize => [true, false].map(zeroPoints => ({ bits, blockSize, zeroPoints }))),
  );

  test.each(cases)(
    '$bits bits, blocks of $blockSize, zero points $zeroPoints: kernel and specification agree, K no multiple',
    async ({ bits, blockSize, zeroPoints }) => {
      const [rows, columns] = [89, 7];
      const model = mlp([rows, columns], { form: 'matmul' });
      const bias = model.graph.constants.get('b0');
      const truth = model.graph.constants.get('w0');
      if (bias === undefined || truth === undefined) throw new Error('no constants');
      const { model: small, report } = quantizeBlocks(model, {
        bits: bits === 4 ? 4 : 8,
        blockSize,
        zeroPoints,
        accuracyLevel: 0,
        leastWeights: 1,
      });
      const weights = unpacked(small, { rows, columns, bits, blockSize });
      // Rows of the identity read the weights back out of the kernel.
      const b = Array.from(numbersOf(bias));
      const read = floatsIn(await answersFrom(small, identity(rows))).map((y, k) => y - b[k % columns]);
      for (const [k, w] of weights.entries()) expect(read[k]).toBeCloseTo(w, 5);
      const w0 = Array.from(numbersOf(truth));
      const range = Math.max(...w0) - Math.min(...w0);
      const worst = Math.max(...w0.map((w, k) => Math.abs(w - weights[k])));
      expect(worst).toBeLessThan((range / 2 ** bits) * 1.1);
      expect(report.changed).toEqual(['make_m0']);
    },
  );

  test('finer blocks are closer, 8 bits closer than 4', async () => {
    const model = mlp([256, 128, 10]);
    const samples = mlpSamples(256);
    const off = async (bits: 4 | 8, blockSize: number) =>
      (await deviationBetween(quantizeBlocks(model, { bits, blockSize }).model, model, samples)).relativeL2;
    const [fine, coarse, eight] = [await off(4, 16), await off(4, 256), await off(8, 32)];
    expect(fine).toBeLessThan(coarse);
    expect(eight).toBeLessThan(fine / 4);
    expect(await executed(quantizeBlocks(model).model)).toEqual(['MatMulNBits', 'Relu', 'MatMulNBits']);
  });

  test('constant blocks and blocks of zeros come back exactly', async () => {
    const values = Float32Array.from({ length: 64 * 4 }, (_, k) => (k % 4 === 0 ? 0 : k % 4 === 1 ? -3 : 5));
    const model = modelOf({
      nodes: [node('MatMul', ['x', 'w0'], 'y')],
      constants: [constantOf('w0', 'float32', { shape: [64, 4], values })],
      input: value('x', ['n', 64]),
      output: value('y', ['n', 4]),
    });
    const { model: small } = quantizeBlocks(model, { leastWeights: 1, blockSize: 32, accuracyLevel: 0 });
    const got = floatsIn(await answersFrom(small, identity(64)));
    for (const [k, w] of got.entries()) expect(w).toBeCloseTo(values[k], 5);
  });

  test('blocks of 512, for which older runtimes answer zeros, and other sizes are refused', () => {
    const model = mlp([64, 32]);
    for (const blockSize of [512, 8, 48, 0, 33.5])
      expect(() => quantizeBlocks(model, { blockSize })).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
    expect(() => quantizeBlocks(smallCnn(), { leastWeights: 100 })).toThrow(/takes no convolutions/);
  });
});

describe('half storage', () => {
  test('halves the constants, costs 2^-11 of each weight, and leaves no cast in a run', async () => {
    const model = mlp([64, 128, 10]);
    const samples = mlpSamples(64);
    const { model: small, report } = storeHalf(model);
    expect(report.bytesAfter / report.bytesBefore).toBeLessThan(0.52);
    expect((await deviationBetween(small, model, samples)).relativeL2).toBeLessThan(1e-3);
    expect((await executed(small)).filter(name => name === 'Cast')).toEqual([]);
    expect((await executed(small)).length).toBe((await executed(model)).length);
  });

  test('values that float16 cannot hold are left alone, with the reason', () => {
    const constants = [
      constantOf('w0', 'float32', { shape: [32, 16], values: new Float32Array(512).fill(1e5) }),
      constantOf('w1', 'float32', { shape: [16, 32], values: new Float32Array(512).fill(1e-8) }),
      random32(seededRandom(1), 'w2', [32, 32], 1),
    ];
    const model = modelOf({
      nodes: [node('MatMul', ['x', 'w0'], 'a'), node('MatMul', ['a', 'w1'], 'b'), node('MatMul', ['b', 'w2'], 'y')],
      constants,
      input: value('x', ['n', 32]),
      output: value('y', ['n', 32]),
    });
    const { report } = storeHalf(model);
    expect(report.changed).toEqual(['w2']);
    expect(report.skipped.map(({ reason }) => reason).join()).toMatch(/ends at 65504.*too small/);
  });
});
