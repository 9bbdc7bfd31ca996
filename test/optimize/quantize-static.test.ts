import { seededRandom } from 'galerkin/base';
import { ready } from 'galerkin/compile';
import { constantOf, numbersOf } from 'galerkin/graph';
import { calibrate, quantizeDynamic, quantizeStatic } from 'galerkin/optimize';
import { beforeAll, describe, expect, test } from 'vitest';
import { MagnitudeHistogram } from '../../dist/optimize/quantize/histogram.js';
import { entropyThreshold, percentileThreshold } from '../../dist/optimize/quantize/threshold.js';
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
  random32,
  smallCnn,
  smallFno,
  tensor,
  value,
} from './networks.js';

const samples = mlpSamples(64);
const isFloatProduct = (name: string): boolean => /^(MatMul|Gemm|FusedGemm|FusedMatMul|Conv|FusedConv)$/.test(name);

describe('calibration', () => {
  const histogramOf = (values: Float32Array, bins = 2048): MagnitudeHistogram => {
    const histogram = new MagnitudeHistogram(bins);
    histogram.add(values);
    return histogram;
  };

  test('a histogram that grows counts what one that knew the range would have counted', () => {
    const random = seededRandom(1);
    const [small, large] = [normals(random, 4000), normals(random, 4000, 6)];
    const grown = histogramOf(small, 64);
    grown.add(large);
    const known = new MagnitudeHistogram(64);
    known.range = grown.range;
    known.add(small);
    known.add(large);
    expect(grown.range).toBeGreaterThan(histogramOf(small).range);
    const shifts = grown.counts.map((count, k) => Math.abs(count - known.counts[k]));
    // Bins are merged in pairs at the same ends, so only rounding at an edge can differ.
    expect(shifts.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(4);
    expect(grown.counts.reduce((a, b) => a + b, 0)).toBe(8000);
  });

  test('percentile thresholds hold the part that they name, zeros counted', () => {
    const values = Float32Array.from({ length: 10_000 }, (_, k) => Math.max(0, k - 5000) / 5000);
    expect(percentileThreshold(histogramOf(values), 90)).toBeCloseTo(0.8, 2);
    expect(percentileThreshold(histogramOf(values), 100)).toBeCloseTo(1, 3);
  });

  test('the entropy threshold clips outliers, and leaves a uniform distribution alone', () => {
    const random = seededRandom(2);
    const uniform = Float32Array.from({ length: 50_000 }, () => random.uniform());
    expect(entropyThreshold(histogramOf(uniform), 255)).toBeGreaterThan(0.99);
    const outliers = normals(random, 50_000).map((v, k) => (k % 2000 === 0 ? 40 * v : v));
    const histogram = histogramOf(outliers);
    const threshold = entropyThreshold(histogram, 128);
    expect(threshold).toBeLessThan(histogram.range / 2);
    expect(threshold).toBeGreaterThan(3);
  });

  test('minmax finds the very ranges, over all samples', async () => {
    const model = mlp([64, 32, 8]);
    const table = await calibrate(model, samples);
    const all = samples.flatMap(({ x }) => Array.from<number | bigint | string>(x.data).map(Number));
    expect(table.ranges.get('x')).toEqual({ least: Math.min(...all), largest: Math.max(...all) });
    expect(table.ranges.get('h0')?.least).toBe(0);
    expect(table.samples).toBe(samples.length);
  });

  test('no samples, and samples that are no numbers, are refused', async () => {
    const model = mlp([64, 32]);
    await expect(calibrate(model, [])).rejects.toThrow(/Samples: wanted at least one/);
    const x = new Float32Array(64);
    x[7] = Number.NaN;
    await expect(calibrate(model, [{ x: tensor(x, [1, 64]) }])).rejects.toThrow(/Sample 0, input 'x': .* got NaN at 7/);
    await expect(calibrate(model, samples, { percentile: 101 })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    await expect(calibrate(model, samples, { bins: 301 })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    const huge = modelOf({
      nodes: [node('Exp', ['x'], 'e'), node('MatMul', ['e', 'w'], 'y')],
      constants: [random32(seededRandom(1), 'w', [64, 32], 1)],
      input: value('x', ['n', 64]),
      output: value('y', ['n', 32]),
    });
    const feeds = [{ x: tensor(new Float32Array(64).fill(100), [1, 64]) }];
    await expect(calibrate(huge, feeds)).rejects.toThrow(/Value 'e' for sample 0/);
  });
});

describe('static quantization', () => {
  beforeAll(ready);

  test.each(['gemm', 'matmul'] as const)('an MLP of %s is one chain of whole numbers, within 3 %', async form => {
    const model = mlp([64, 128, 128, 10], { form });
    const { model: small, report } = quantizeStatic(model, await calibrate(model, samples));
    expect(await executed(small)).toEqual(['QuantizeLinear', 'QGemm', 'QGemm', 'QGemm']);
    expect((await deviationBetween(small, model, samples)).relativeL2).toBeLessThan(0.03);
    expect(report.bytesAfter).toBeLessThan(report.bytesBefore / 3.4);
  });

  test('a convolutional net stays in whole numbers through ReLU, pooling and the residual sum', async () => {
    const model = smallCnn();
    const { model: small } = quantizeStatic(model, await calibrate(model, cnnSamples()), { leastWeights: 50 });
    const operators = await executed(small);
    expect(operators.filter(name => name === 'QLinearConv')).toHaveLength(3);
    expect(operators).toContain('QLinearAdd');
    expect(operators.filter(isFloatProduct)).toEqual([]);
    expect((await deviationBetween(small, model, cnnSamples())).relativeL2).toBeLessThan(0.03);
  });

  test('answers are those of the arithmetic written out', async () => {
    const model = mlp([16, 8]);
    const x = normals(seededRandom(3), 16);
    const feeds = [{ x: tensor(x, [1, 16]) }];
    const { model: small } = quantizeStatic(model, await calibrate(model, feeds), {
      leastWeights: 1,
      reduceRange: 'off',
    });
    const numbers = (name: string) => {
      const constant = small.graph.constants.get(name);
      if (constant === undefined) throw new Error(name);
      return Array.from(numbersOf(constant));
    };
    const [scale, zero] = [Math.fround((Math.max(0, ...x) - Math.min(0, ...x)) / 255), 0].map((v, k, [s]) =>
      k === 0 ? v : Math.round(-Math.min(0, ...x) / s),
    );
    const [w, steps, bias] = [numbers('w0_int8'), numbers('w0_scale'), numbers('b0_int32')];
    const expected = bias.map((b, j) => {
      let sum = b;
      for (let k = 0; k < 16; k++)
        sum += (Math.max(0, Math.min(255, Math.round(x[k] / scale) + zero)) - zero) * w[k * 8 + j];
      return sum * scale * steps[j];
    });
    const got = floatsIn(await answersFrom(small, feeds));
    for (const [j, y] of got.entries()) expect(y).toBeCloseTo(expected[j], 5);
  });

  test('scales by channel are better where output channels differ in size', async () => {
    const model = mlp([64, 64, 8]);
    const uneven = [...model.graph.constants.values()].map(constant =>
      constant.name === 'w0'
        ? constantOf('w0', 'float32', {
            shape: [64, 64],
            values: Float32Array.from(numbersOf(constant), (v, k) => v * 10 ** (-Math.floor(k / 64) / 32)),
          })
        : constant,
    );
    const badly = { ...model, graph: { ...model.graph, constants: new Map(uneven.map(one => [one.name, one])) } };
    const table = await calibrate(badly, samples);
    const off = async (perChannel: boolean) =>
      (await deviationBetween(quantizeStatic(badly, table, { perChannel, leastWeights: 1 }).model, badly, samples))
        .relativeL2;
    expect(await off(true)).toBeLessThan(await off(false));
  });

  test('with outliers in the calibration, entropy and percentile beat minmax on ordinary input', async () => {
    const model = mlp([64, 128, 10]);
    const calibration = mlpSamples(64, { count: 12, rows: 32, seed: 4 }).map(({ x }, k) => {
      const data = Float32Array.from(x.data, Number);
      if (k === 0) data[5] = 300;
      return { x: tensor(data, x.shape) };
    });
    const off = async (method: 'minmax' | 'entropy' | 'percentile') => {
      const table = await calibrate(model, calibration, { method, percentile: 99.9 });
      return (await deviationBetween(quantizeStatic(model, table).model, model, samples)).relativeL2;
    };
    const minmax = await off('minmax');
    expect(await off('entropy')).toBeLessThan(minmax / 3);
    expect(await off('percentile')).toBeLessThan(minmax / 3);
  });

  test('weights on the left and batches of them: by channel through a factor afterwards', async () => {
    const random = seededRandom(8);
    const model = modelOf({
      nodes: [node('MatMul', ['a', 'x'], 'l'), node('Tanh', ['l'], 't'), node('MatMul', ['t', 'b'], 'y')],
      constants: [random32(random, 'a', [24, 16], 1), random32(random, 'b', [3, 20, 12], 1)],
      input: value('x', ['n', 3, 16, 20]),
      output: value('y', ['n', 3, 24, 12]),
    });
    const feeds = [{ x: tensor(normals(random, 2 * 3 * 16 * 20), [2, 3, 16, 20]) }];
    const { model: small } = quantizeStatic(model, await calibrate(model, feeds), { leastWeights: 1 });
    expect((await deviationBetween(small, model, feeds)).relativeL2).toBeLessThan(0.03);
    expect((await executed(small)).filter(name => name === 'MatMulIntegerToFloat')).toHaveLength(2);
  });

  test('a trained Fourier neural operator keeps a part of its products; the rest stays as it was', async () => {
    const { model, samples: fields } = await smallFno();
    const table = await calibrate(model, fields);
    const { model: small, report } = quantizeStatic(model, table, { leastWeights: 1 });
    expect(report.changed.length).toBeGreaterThan(8);
    expect((await deviationBetween(small, model, fields)).relativeL2).toBeLessThan(0.2);
    const none = quantizeStatic(model, table, { leastWeights: 1, exclude: report.changed });
    expect((await deviationBetween(none.model, model, fields)).largest).toBeLessThan(1e-5);
  });

  test('a table of another model, and an old operator set, are refused', async () => {
    const table = await calibrate(mlp([64, 32]), samples);
    const other = modelOf({
      nodes: [node('Relu', ['x'], 'r'), node('MatMul', ['r', 'w'], 'y')],
      constants: [random32(seededRandom(1), 'w', [64, 32], 1)],
      input: value('x', ['n', 64]),
      output: value('y', ['n', 32]),
    });
    expect(() => quantizeStatic(other, table)).toThrow(/wanted a range for value 'r'/);
    expect(() => quantizeStatic({ ...mlp([64, 32]), opsets: new Map([['', 11]]) }, table)).toThrow(/operator set 13/);
    expect(() => quantizeDynamic(other, { exclude: ['make_y'] })).not.toThrow();
  });
});
