import { gzipSync } from 'node:zlib';
import { seededRandom } from 'galerkin/base';
import { type Constant, constantOf, floatsOf, type Model, writeModel } from 'galerkin/graph';
import { applyMasks, prune, pruneGradually } from 'galerkin/optimize';
import { describe, expect, test } from 'vitest';
import { cnnSamples, deviationBetween, mlp, mlpSamples, modelOf, node, random32, smallCnn, value } from './networks.js';

const samples = mlpSamples(32);

function constantIn({ graph }: Model, name: string): Constant {
  const constant = graph.constants.get(name);
  if (constant === undefined) throw new Error(`no constant ${name}`);
  return constant;
}

const zerosIn = (model: Model, name: string): number => floatsOf(constantIn(model, name)).filter(v => v === 0).length;

const withConstants = (model: Model, changed: readonly Constant[]): Model => ({
  ...model,
  graph: {
    ...model.graph,
    constants: new Map([...model.graph.constants, ...changed.map(one => [one.name, one] as const)]),
  },
});

describe('pruning that leaves zeros', () => {
  test('magnitude: the smallest weights go, exactly as many as asked', () => {
    const model = mlp([32, 64, 8]);
    const { model: small, masks, report } = prune(model, { ratio: 0.75, leastWeights: 1 });
    expect(zerosIn(small, 'w0')).toBe(1536);
    const before = floatsOf(constantIn(model, 'w0')).map(Math.abs);
    const mask = masks.get('w0') ?? [];
    const kept = Math.min(...before.filter((_, k) => mask[k] === 1));
    const gone = Math.max(...before.filter((_, k) => mask[k] === 0));
    expect(gone).toBeLessThanOrEqual(kept);
    expect(report.changed).toEqual(['make_p0', 'make_y']);
  });

  test('2:4: two of every four along the sum stay, on weights stored either way', () => {
    for (const form of ['gemm', 'matmul'] as const) {
      const { model: small } = prune(mlp([32, 64, 8], { form }), { structure: 'nm', leastWeights: 1 });
      const values = floatsOf(constantIn(small, 'w0'));
      for (let out = 0; out < 64; out++)
        for (let k = 0; k < 32; k += 4) {
          const four = [0, 1, 2, 3].map(i => (form === 'gemm' ? values[out * 32 + k + i] : values[(k + i) * 64 + out]));
          expect(four.filter(v => v === 0)).toHaveLength(2);
        }
    }
  });

  test('blocks: whole blocks go, of least norm', () => {
    const { model: small } = prune(mlp([32, 64, 8], { form: 'matmul' }), {
      structure: 'blocks',
      ratio: 0.5,
      height: 8,
      width: 16,
      leastWeights: 1000,
    });
    const values = floatsOf(constantIn(small, 'w0'));
    const blocks = new Map<number, number>();
    values.forEach((v, k) => {
      const block = Math.floor(k / 64 / 8) * 4 + Math.floor((k % 64) / 16);
      blocks.set(block, (blocks.get(block) ?? 0) + (v === 0 ? 1 : 0));
    });
    expect([...blocks.values()].sort((a, b) => a - b)).toEqual([...Array(8).fill(0), ...Array(8).fill(128)]);
    expect(zerosIn(small, 'w1')).toBe(0);
  });

  test('zeros make the file smaller only when it is compressed', () => {
    const model = mlp([32, 64, 64, 8]);
    const { model: small } = prune(model, { ratio: 0.8, leastWeights: 1 });
    const [before, after] = [writeModel(model), writeModel(small)];
    expect(after.byteLength).toBeGreaterThanOrEqual(before.byteLength);
    expect(gzipSync(after).byteLength).toBeLessThan(gzipSync(before).byteLength / 2);
  });

  test('masks applied again change nothing; masks that do not fit are refused', () => {
    const { model: small, masks } = prune(mlp([32, 64, 8]), { leastWeights: 1 });
    expect(writeModel(applyMasks(small, masks).model)).toEqual(writeModel(small));
    expect(() => applyMasks(small, new Map([['nobody', new Uint8Array(4)]]))).toThrow(/wanted a float32 constant/);
    expect(() => applyMasks(small, new Map([['w0', new Uint8Array(4)]]))).toThrow(/wanted 2048 values, got 4/);
  });

  test('ratios out of range and n:m upside down are refused', () => {
    const model = mlp([32, 64, 8]);
    for (const options of [
      { ratio: 1 },
      { ratio: -0.1 },
      { ratio: Number.NaN },
      { structure: 'nm', n: 4, m: 4 } as const,
    ])
      expect(() => prune(model, options)).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
    const bare = modelOf({
      nodes: [node('Relu', ['x'], 'y')],
      constants: [],
      input: value('x', [4]),
      output: value('y', [4]),
    });
    expect(() => prune(bare)).toThrow(expect.objectContaining({ code: 'OPTIMIZE_INPUT_INVALID' }));
    expect(() => prune(bare, { structure: 'channels' })).toThrow(
      expect.objectContaining({ code: 'OPTIMIZE_INPUT_INVALID' }),
    );
  });
});

/** The model with the named channels of the first layer dead: nothing reads them. */
function withDeadChannels(model: Model, form: 'gemm' | 'matmul'): Model {
  const next = constantIn(model, 'w1');
  const [out, size] = form === 'gemm' ? next.shape : next.shape.toReversed();
  const values = floatsOf(next).map((v, k) => {
    const channel = form === 'gemm' ? k % size : Math.floor(k / out);
    return channel % 2 === 1 ? 0 : v;
  });
  return withConstants(model, [constantOf('w1', 'float32', { shape: next.shape, values })]);
}

describe('channel pruning', () => {
  test.each(['gemm', 'matmul'] as const)(
    '%s: channels that nobody reads go without a trace, and products are smaller',
    async form => {
      const model = withDeadChannels(mlp([32, 64, 16, 4], { form }), form);
      const { model: small, masks, report } = prune(model, { structure: 'channels', exclude: ['make_p1', 'make_m1'] });
      expect((await deviationBetween(small, model, samples)).relativeL2).toBeLessThan(1e-6);
      expect(floatsOf(constantIn(small, 'w0'))).toHaveLength(32 * 32);
      expect(floatsOf(constantIn(small, 'b0'))).toHaveLength(32);
      expect(floatsOf(constantIn(small, 'w1'))).toHaveLength(32 * 16);
      expect(masks.get('b0')?.filter(keeps => keeps === 1)).toHaveLength(32);
      expect(report.bytesAfter).toBeLessThan(report.bytesBefore);
    },
  );

  test('masks are of the constants as they were, also of those cut on both sides', async () => {
    const model = mlp([32, 64, 64, 4]);
    const { model: small, masks } = prune(model, { structure: 'channels', ratio: 0.5 });
    for (const [name, mask] of masks) {
      const kept = floatsOf(constantIn(model, name)).filter((_, k) => mask[k] === 1);
      expect([...kept]).toEqual([...floatsOf(constantIn(small, name))]);
    }
    expect(constantIn(small, 'w1').shape).toEqual([32, 32]);
    expect((await deviationBetween(small, model, samples)).relativeL2).toBeLessThan(1.2);
  });

  test('a convolutional net: through ReLU, not through the residual sum', async () => {
    const model = smallCnn();
    const w3 = constantIn(model, 'w3');
    const dead = floatsOf(w3).map((v, k) => (Math.floor(k / 9) % 24 < 8 ? 0 : v));
    const masked = withConstants(model, [constantOf('w3', 'float32', { shape: w3.shape, values: dead })]);
    const { model: small, report } = prune(masked, { structure: 'channels', ratio: 1 / 3 });
    expect(report.changed).toEqual(['make_c2']);
    expect(constantIn(small, 'w2').shape).toEqual([16, 16, 3, 3]);
    expect(constantIn(small, 'w3').shape).toEqual([16, 16, 3, 3]);
    expect((await deviationBetween(small, masked, cnnSamples())).relativeL2).toBeLessThan(1e-6);
    const reasons = Object.fromEntries(report.skipped.map(({ node: name, reason }) => [name, reason]));
    expect(reasons.make_c1).toMatch(/Add joins it/);
    expect(reasons.make_c3).toMatch(/Add joins it/);
    expect(reasons.make_y).toMatch(/is an output/);
  });

  test('a value joined with itself is fine; weights used twice, softmax and hidden outputs are not', async () => {
    const random = seededRandom(4);
    const build = (nodes: Parameters<typeof modelOf>[0]['nodes']) =>
      modelOf({
        nodes,
        constants: [
          random32(random, 'a', [8, 32], 1),
          random32(random, 'b', [32, 8], 0.2),
          random32(random, 'c', [32], 1),
        ],
        input: value('x', ['n', 8]),
        output: value('y', ['n', 8]),
      });
    const silu = build([
      node('MatMul', ['x', 'a'], 'h'),
      node('Sigmoid', ['h'], 's'),
      node('Mul', ['h', 's'], 'g'),
      node('Mul', ['g', 'c'], 'i'),
      node('MatMul', ['i', 'b'], 'y'),
    ]);
    const dead = floatsOf(constantIn(silu, 'b')).map((v, k) => (k < 64 ? 0 : v));
    const masked = withConstants(silu, [constantOf('b', 'float32', { shape: [32, 8], values: dead })]);
    const { model: small } = prune(masked, { structure: 'channels', ratio: 0.25 });
    expect(constantIn(small, 'c').shape).toEqual([24]);
    expect((await deviationBetween(small, masked, mlpSamples(8))).relativeL2).toBeLessThan(1e-6);
    const softmax = build([
      node('MatMul', ['x', 'a'], 'h'),
      node('Softmax', ['h'], 's'),
      node('MatMul', ['s', 'b'], 'y'),
    ]);
    expect(() => prune(softmax, { structure: 'channels' })).toThrow(/Softmax reads it/);
    const twice = build([
      node('MatMul', ['x', 'a'], 'h'),
      node('MatMul', ['h', 'b'], 'i'),
      node('MatMul', ['i', 'a'], 'j'),
      node('MatMul', ['j', 'b'], 'y'),
    ]);
    expect(() => prune(twice, { structure: 'channels' })).toThrow(/is used elsewhere too/);
  });
});

describe('gradual pruning', () => {
  test('the trainer sees masks that grow, and what it moves at zero is put back', async () => {
    const model = mlp([32, 64, 8]);
    const seen: number[] = [];
    const { model: small, masks } = await pruneGradually(
      model,
      { ratio: 0.8, rounds: 3, leastWeights: 1 },
      async (pruned, given) => {
        seen.push(given.get('w0')?.filter(keeps => keeps === 0).length ?? 0);
        const w0 = constantIn(pruned, 'w0');
        return withConstants(pruned, [
          constantOf('w0', 'float32', { shape: w0.shape, values: floatsOf(w0).map(v => v + 0.01) }),
        ]);
      },
    );
    expect(seen.map(count => Math.round((100 * count) / 2048))).toEqual([56, 77, 80]);
    const mask = masks.get('w0') ?? new Uint8Array();
    expect(floatsOf(constantIn(small, 'w0')).every((v, k) => (v === 0) === (mask[k] === 0))).toBe(true);
  });

  test('channels go in rounds down to the ratio of the whole', async () => {
    const { model: small } = await pruneGradually(
      mlp([32, 64, 8]),
      { structure: 'channels', ratio: 0.5, multiple: 1, rounds: 4 },
      async one => one,
    );
    expect(constantIn(small, 'b0').shape).toEqual([32]);
  });
});
