import { seededRandom } from 'galerkin/base';
import { ready } from 'galerkin/compile';
import { constantOf, float, int, type Model, numbersOf } from 'galerkin/graph';
import { processorOf, quantizeDynamic } from 'galerkin/optimize';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  answersFrom,
  cnnSamples,
  deviationBetween,
  executed,
  floatsIn,
  mlp,
  mlpSamples,
  modelOf,
  node,
  normals,
  smallCnn,
  smallFno,
  tensor,
  value,
} from './networks.js';

const samples = mlpSamples(64);

const integers = (model: Model, name: string): number[] => {
  const constant = model.graph.constants.get(name);
  return constant === undefined ? [] : Array.from(numbersOf(constant));
};

describe('dynamic quantization', () => {
  beforeAll(ready);

  test.each(['gemm', 'matmul'] as const)(
    'an MLP of %s stays within 2.5 % and runs whole-number kernels only',
    async form => {
      const model = mlp([64, 128, 128, 10], { form });
      const { model: small, report } = quantizeDynamic(model);
      expect((await deviationBetween(small, model, samples)).relativeL2).toBeLessThan(0.025);
      expect(await executed(small)).toEqual([
        'DynamicQuantizeMatMul',
        'Relu',
        'DynamicQuantizeMatMul',
        'Relu',
        'DynamicQuantizeMatMul',
      ]);
      expect(report.changed).toHaveLength(3);
      expect(report.bytesAfter).toBeLessThan(report.bytesBefore / 3.5);
    },
  );

  test('answers are those of the arithmetic written out', async () => {
    const model = mlp([16, 8], { form: 'matmul' });
    const { model: small } = quantizeDynamic(model, { leastWeights: 1, reduceRange: 'off' });
    const x = normals(seededRandom(3), 16);
    const [least, largest] = [Math.min(0, ...x), Math.max(0, ...x)];
    const scale = Math.fround((largest - least) / 255);
    const zero = Math.round(-least / scale);
    const w = integers(small, 'w0_int8');
    const scales = integers(small, 'w0_scale');
    const bias = integers(model, 'b0');
    const expected = bias.map((b, j) => {
      let sum = 0;
      for (let k = 0; k < 16; k++)
        sum += (Math.max(0, Math.min(255, Math.round(x[k] / scale) + zero)) - zero) * w[k * 8 + j];
      return b + sum * scale * scales[j];
    });
    const got = floatsIn(await answersFrom(small, [{ x: tensor(x, [1, 16]) }]));
    for (const [j, y] of got.entries()) expect(y).toBeCloseTo(expected[j], 5);
  });

  test('scales by channel are far better where channels differ in size', async () => {
    const model = mlp([64, 64], { form: 'matmul' });
    const w0 = model.graph.constants.get('w0');
    if (w0 === undefined) throw new Error('no weights');
    const uneven = Float32Array.from(numbersOf(w0), (v, k) => v * 10 ** (-(k % 64) / 16));
    const constants = new Map([
      ...model.graph.constants,
      ['w0', constantOf('w0', 'float32', { shape: [64, 64], values: uneven })],
    ]);
    const badly = { ...model, graph: { ...model.graph, constants } };
    const relative = async (perChannel: boolean) => {
      const { model: small } = quantizeDynamic(badly, { perChannel });
      const [got, truth] = [floatsIn(await answersFrom(small, samples)), floatsIn(await answersFrom(badly, samples))];
      // Relative to the size of the smallest channels' own answers.
      const last = truth.flatMap((y, k) => (k % 64 < 48 ? [] : [Math.abs(got[k] - y) / 10 ** -3]));
      return Math.max(...last);
    };
    expect(await relative(true)).toBeLessThan((await relative(false)) / 3);
  });

  test('transposed, scaled and batched weights, on either side, mean the same', async () => {
    const random = seededRandom(9);
    const fused = {
      ...node('FusedMatMul', ['l', 'b'], 'f', { transB: int(1), alpha: float(0.25) }),
      domain: 'com.microsoft',
    };
    const turned = { ...node('FusedMatMul', ['f', 'c'], 'y', { transA: int(1) }), domain: 'com.microsoft' };
    const model = modelOf({
      nodes: [node('MatMul', ['a', 'x'], 'l'), fused, turned],
      constants: [
        constantOf('a', 'float32', { shape: [24, 16], values: normals(random, 24 * 16) }),
        constantOf('b', 'float32', { shape: [3, 12, 20], values: normals(random, 3 * 12 * 20) }),
        constantOf('c', 'float32', { shape: [24, 8], values: normals(random, 24 * 8) }),
      ],
      input: value('x', ['n', 3, 16, 20]),
      output: value('y', ['n', 3, 12, 8]),
    });
    const feeds = [{ x: tensor(normals(random, 2 * 3 * 16 * 20), [2, 3, 16, 20]) }];
    const { model: small, report } = quantizeDynamic(model, { leastWeights: 1 });
    expect(report.changed).toHaveLength(3);
    expect((await deviationBetween(small, model, feeds)).relativeL2).toBeLessThan(0.03);
    const operators = await executed(small);
    expect(operators.filter(name => /MatMul$/.test(name) && name !== 'DynamicQuantizeMatMul')).toEqual([]);
    expect(operators).toContain('MatMulIntegerToFloat');
  });

  test('convolutions only on request, and then they are right', async () => {
    const model = smallCnn();
    const { report } = quantizeDynamic(model, { leastWeights: 50 });
    expect(report.skipped.filter(({ reason }) => reason.includes('ConvInteger'))).toHaveLength(3);
    const { model: small } = quantizeDynamic(model, { leastWeights: 50, convolutions: true });
    expect((await deviationBetween(small, model, cnnSamples())).relativeL2).toBeLessThan(0.02);
    expect((await executed(small)).filter(name => name === 'ConvInteger')).toHaveLength(3);
  });

  test('weights use 7 bits where the processor saturates, and 8 where it does not', () => {
    const model = mlp([64, 32], { form: 'matmul' });
    const largest = (flags: string): number => {
      const processor = processorOf('x64', `flags : avx2 ${flags}`);
      return Math.max(...integers(quantizeDynamic(model, {}, processor).model, 'w0_int8').map(Math.abs));
    };
    expect([largest('avx512_vnni'), largest('avx_vnni'), largest('')]).toEqual([127, 127, 63]);
    expect(processorOf('arm64', '').hasIntegerDot).toBe(true);
    expect(
      Math.max(...integers(quantizeDynamic(model, { weights: 'uint8' }, { hasIntegerDot: false }).model, 'w0_uint8')),
    ).toBeGreaterThan(200);
  });

  test('a trained Fourier neural operator: products are found behind reshaped weights too, and fewer of them are nearer', async () => {
    const { model, samples: fields } = await smallFno();
    const { model: small, report } = quantizeDynamic(model, { leastWeights: 1 });
    expect(report.changed.length).toBeGreaterThan(8);
    expect(report.skipped.filter(({ reason }) => reason !== 'both operands are computed or fed')).toEqual([]);
    const whole = (await deviationBetween(small, model, fields)).relativeL2;
    expect(whole).toBeLessThan(0.15);
    const { model: part } = quantizeDynamic(model, { leastWeights: 1, exclude: report.changed.slice(0, -2) });
    expect((await deviationBetween(part, model, fields)).relativeL2).toBeLessThan(whole);
  });

  test('what cannot be quantized is refused by name', () => {
    const fed = modelOf({
      nodes: [node('MatMul', ['x', 'x'], 'y')],
      constants: [],
      input: value('x', [4, 4]),
      output: value('y', [4, 4]),
    });
    expect(() => quantizeDynamic(fed)).toThrow(/both operands are computed or fed/);
    const bare = modelOf({
      nodes: [node('Relu', ['x'], 'y')],
      constants: [],
      input: value('x', [4]),
      output: value('y', [4]),
    });
    expect(() => quantizeDynamic(bare)).toThrow(/wanted a product with constant float32 weights, got none/);
    const doubles = modelOf({
      nodes: [node('MatMul', ['x', 'w'], 'y')],
      constants: [constantOf('w', 'float64', { shape: [4, 4], values: new Float64Array(16) })],
      input: value('x', [4, 4]),
      output: value('y', [4, 4]),
    });
    expect(() => quantizeDynamic(doubles)).toThrow(/are float64, not float32/);
    const broken = modelOf({
      nodes: [node('MatMul', ['x', 'w'], 'y')],
      constants: [constantOf('w', 'float32', { shape: [4, 4], values: new Float32Array(16).fill(Number.NaN) })],
      input: value('x', [4, 4]),
      output: value('y', [4, 4]),
    });
    expect(() => quantizeDynamic(broken)).toThrow(/not finite/);
    expect(() => quantizeDynamic({ ...mlp([64, 32]), opsets: new Map([['', 9]]) })).toThrow(/operator set 11/);
    expect(() => quantizeDynamic(mlp([64, 32]), { leastWeights: 0 })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    );
  });

  test('the model that was given is left as it was', () => {
    const model = mlp([64, 32]);
    const before = JSON.stringify([
      ...model.graph.constants.keys(),
      ...model.graph.nodes.map(({ operator }) => operator),
    ]);
    quantizeDynamic(model);
    expect(
      JSON.stringify([...model.graph.constants.keys(), ...model.graph.nodes.map(({ operator }) => operator)]),
    ).toBe(before);
  });
});
