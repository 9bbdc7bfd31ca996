// Prediction: costs are found again from what they made, work is counted right, memory is foretold, and bad calls are refused.
import { float32, manualClock, seededRandom } from 'galerkin/base';
import { constantOf, ints, type Model, modelOf, type Node, readModel, tensorValue, writeModel } from 'galerkin/graph';
import { PerformancePredictor } from 'galerkin/optimize';
import { optimizedModel, profileRuns } from 'galerkin/runtime';
import { describe, expect, test } from 'vitest';
import { executionsAt } from '../../dist/optimize/predict/executions.js';
import { fitCosts } from '../../dist/optimize/predict/least-squares.js';
import { ratioAt } from '../../dist/optimize/predict/ratio.js';
import { workOf } from '../../dist/optimize/predict/work.js';

const random = seededRandom(5);

/** Layers of a perceptron with an open batch. */
function perceptron(widths: readonly number[]): Model {
  const constants = widths.slice(1).map((width, k) => {
    const shape = [widths[k] ?? 1, width];
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, random.normal);
    return constantOf(`w${k}`, 'float32', { shape, values });
  });
  const nodes = constants.flatMap(({ name }, k): Node[] => {
    const node = (operator: string, inputs: string[], output: string): Node => {
      return { name: '', operator, domain: '', inputs, outputs: [output], attributes: {} };
    };
    return [node('MatMul', [k === 0 ? 'x' : `t${k - 1}`, name], `m${k}`), node('Tanh', [`m${k}`], `t${k}`)];
  });
  const value = (name: string, width = 1) => tensorValue(name, ['batch', width]);
  return modelOf({
    nodes,
    constants,
    inputs: [value('x', widths[0])],
    outputs: [value(nodes.at(-1)?.outputs[0] ?? '', widths.at(-1))],
  });
}
const feeds = (batch: number, width: number) => ({
  x: float32(new Float32Array(batch * width).fill(0.5), [batch, width]),
});

describe('costs', () => {
  test('non-negative costs are found again from times that they made, one of them zero', () => {
    const truth = [0.02, 3e-6, 0, 5e-7];
    const observations = Array.from({ length: 60 }, () => {
      const features = [1, random.uniform() * 1e6, random.uniform() * 1e6, random.uniform() * 1e5];
      return { features, ms: features.reduce((sum, value, k) => sum + value * (truth[k] ?? 0), 0) };
    });
    const costs = fitCosts(observations, [0, 0, 0, 0], 0);
    for (const [k, cost] of costs.entries()) expect(Math.abs(cost - (truth[k] ?? 0))).toBeLessThan(1e-8);
  });

  test('no cost is negative, also where a negative one would fit better', () => {
    const observations = [1, 2, 3, 4].map(x => ({ features: [1, x], ms: 10 - x }));
    for (const cost of fitCosts(observations, [0, 0])) expect(cost).toBeGreaterThanOrEqual(0);
  });

  test('without observations the prior is the answer', () => {
    expect(fitCosts([], [1, 2, 3])).toEqual([1, 2, 3]);
  });

  test('ratios are met where they were measured, lie between neighbours, and hold beyond the ends', () => {
    const points = [
      { amount: 10, ratio: 2 },
      { amount: 1000, ratio: 0.5 },
    ];
    expect(ratioAt(points, 10)).toBeCloseTo(2);
    expect(ratioAt(points, 100)).toBeCloseTo(1);
    expect(ratioAt(points, 1000)).toBeCloseTo(0.5);
    expect([ratioAt(points, 1), ratioAt(points, 1e6), ratioAt([], 5)]).toEqual([2, 0.5, 1]);
  });
});

describe('work', () => {
  const f32 = (...shape: number[]) => ({ dtype: 'float32', shape }) as const;

  test('products count their multiply-adds twice, whichever side is transposed', () => {
    const flops = (a: number[], b: number[], out: number[]) =>
      workOf({ operator: 'FusedMatMul', inputs: [f32(...a), f32(...b)], outputs: [f32(...out)] }).flops;
    expect(flops([8, 3], [3, 5], [8, 5])).toBeCloseTo(2 * 8 * 3 * 5);
    expect(flops([3, 8], [5, 3], [8, 5])).toBeCloseTo(2 * 8 * 3 * 5);
    expect(flops([7, 8, 3], [3, 5], [7, 8, 5])).toBeCloseTo(2 * 7 * 8 * 3 * 5);
  });

  test('convolutions count their kernels at every result', () => {
    const { flops, readBytes, writtenBytes } = workOf({
      operator: 'Conv',
      inputs: [f32(2, 4, 10, 10), f32(6, 4, 3, 3)],
      outputs: [f32(2, 6, 8, 8)],
    });
    expect({ flops, readBytes, writtenBytes }).toEqual({
      flops: 2 * (2 * 6 * 8 * 8) * 36,
      readBytes: 4 * (800 + 216),
      writtenBytes: 4 * 768,
    });
  });
});

test('shapes inferred for the graph that the runtime executes are those that it executes, its blocks of channels included', async () => {
  const weight = (name: string, shape: number[]) =>
    constantOf(name, 'float32', { shape, values: new Float32Array(shape.reduce((a, b) => a * b)).fill(0.01) });
  const node = (operator: string, inputs: string[], output: string, attributes: Node['attributes'] = {}): Node => {
    return { name: output, operator, domain: '', inputs, outputs: [output], attributes };
  };
  const convolutions = modelOf({
    nodes: [
      node('Conv', ['x', 'a'], 'c1', { pads: ints([1, 1, 1, 1]) }),
      node('Relu', ['c1'], 'r1'),
      node('MaxPool', ['r1'], 'p1', { kernel_shape: ints([2, 2]), strides: ints([2, 2]) }),
      node('Conv', ['p1', 'b'], 'c2', { strides: ints([3, 1]) }),
      node('GlobalAveragePool', ['c2'], 'y'),
    ],
    constants: [weight('a', [24, 3, 3, 3]), weight('b', [5, 24, 3, 3])],
    inputs: [tensorValue('x', ['batch', 3, 'height', 20])],
    outputs: [tensorValue('y')],
  });
  const bytes = await optimizedModel(writeModel(convolutions));
  const optimized = readModel(bytes);
  const feed = { x: float32(new Float32Array(2 * 3 * 26 * 20), [2, 3, 26, 20]) };
  const [run] = await profileRuns(bytes, [feed], { graphLevel: 'disabled' });
  const inferred = executionsAt(optimized, { batch: 2, height: 26 });
  expect(run?.nodes.length).toBeGreaterThan(3);
  for (const { name, operator, outputs } of run?.nodes ?? []) {
    const shapes = inferred.get(name)?.outputs.map(({ shape }) => shape);
    expect([name, operator, shapes]).toEqual([name, operator, outputs.map(({ shape }) => shape)]);
  }
});

describe('the predictor', () => {
  test('peak memory at batch sizes that never ran is foretold within two hundredths of what the runtime then takes', async () => {
    const model = perceptron([64, 700, 300, 700, 10]);
    const predictor = new PerformancePredictor({ session: { threads: 1 }, runs: 3 });
    await predictor.observe(
      model,
      [1, 64, 1024].map(batch => ({ sizes: { batch }, feeds: feeds(batch, 64) })),
    );
    for (const batch of [200, 3000]) {
      const { peakBytes } = await predictor.predict(model, { batch });
      // The runtime plans its memory in the first run and keeps to the plan from then on.
      const repeated = Array.from({ length: 5 }, () => feeds(batch, 64));
      const run = (await profileRuns(writeModel(model), repeated, { threads: 1 })).at(-1);
      expect(Math.abs(peakBytes / (run?.peakBytes ?? 0) - 1)).toBeLessThan(0.02);
    }
  });

  test('at the sizes that were observed the prediction is the measurement', async () => {
    const model = perceptron([32, 64, 8]);
    const clock = manualClock();
    let reads = 0;
    // Each run takes two readings of the clock: here exactly 5 ms apart.
    const steady = { ...clock, monotonic: () => 2.5 * reads++ };
    const predictor = new PerformancePredictor({ session: { threads: 1 }, clock: steady });
    await predictor.observe(model, [{ sizes: { batch: 4 }, feeds: feeds(4, 32) }]);
    expect((await predictor.predict(model, { batch: 4 })).latencyMs).toBeCloseTo(2.5);
  });

  test('every operator of the graph that the runtime executes is in the answer, known or not', async () => {
    const predictor = new PerformancePredictor({ session: { threads: 1 }, runs: 3 });
    await predictor.observe(perceptron([16, 16]), [{ sizes: { batch: 2 }, feeds: feeds(2, 16) }]);
    const other = perceptron([24, 48, 12]);
    const { byOperator, latencyMs } = await predictor.predict(other, { batch: 9 });
    expect(byOperator.map(({ operator, isKnown }) => `${operator} ${isKnown}`)).toEqual([
      'MatMul true',
      'Tanh true',
      'MatMul true',
      'Tanh true',
    ]);
    expect(latencyMs).toBeGreaterThan(0);
  });

  test('open sizes that are left open make operators unknown, not wrong', async () => {
    const predictor = new PerformancePredictor({ runs: 3 });
    const model = perceptron([16, 16]);
    await predictor.observe(model, [{ sizes: { batch: 2 }, feeds: feeds(2, 16) }]);
    expect((await predictor.predict(model)).byOperator.every(({ isKnown }) => !isKnown)).toBe(true);
  });

  test.each([0, -1, 1.5, Number.NaN])('%d runs are refused', runs => {
    expect(() => new PerformancePredictor({ runs })).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
  });

  test('nothing measured, no cases, a model that is none: refused by name', async () => {
    const predictor = new PerformancePredictor();
    const model = perceptron([4, 4]);
    await expect(predictor.predict(model)).rejects.toMatchObject({ code: 'OPTIMIZE_INPUT_INVALID' });
    await expect(predictor.observe(model, [])).rejects.toMatchObject({ code: 'OPTIMIZE_INPUT_INVALID' });
    await expect(predictor.observe(model, [{ sizes: { batch: 1 }, feeds: {} }])).rejects.toMatchObject({
      code: 'SESSION_INPUT_INVALID',
    });
    const broken: Model = { ...model, graph: { ...model.graph, nodes: model.graph.nodes.slice(1) } };
    await expect(predictor.observe(broken, [{ sizes: { batch: 1 }, feeds: feeds(1, 4) }])).rejects.toMatchObject({
      code: 'SESSION_MODEL_INVALID',
    });
    expect(readModel(writeModel(model)).graph.nodes.length).toBe(2);
  });
});
