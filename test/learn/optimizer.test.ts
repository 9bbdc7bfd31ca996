import type { Tensor } from 'galerkin/base';
import { compileNative, ready, type Traced } from 'galerkin/compile';
import type { Weights } from 'galerkin/learn';
import { beforeAll, describe, expect, test } from 'vitest';
import { adamw, adamwDefaults, stepScalars } from '../../dist/learn/adamw.js';
import { learningRateAt } from '../../dist/learn/schedule.js';

const vector = { shape: [3], dtype: 'float32' } as const;
const scalar = { shape: [], dtype: 'float32' } as const;
const fp32 = (values: readonly number[], shape = [values.length]): Tensor => ({
  dtype: 'FP32',
  shape,
  data: Float32Array.from(values),
});

beforeAll(ready);

describe('AdamW', () => {
  test('takes the steps that the published rule gives by hand, decay apart from the gradient', async () => {
    const options = { ...adamwDefaults, weightDecay: 0.1 };
    type State = { weights: Weights<Traced>; moments: { first: Weights<Traced>; second: Weights<Traced> } };
    type Scalars = { rate: Traced; epsilon: Traced; keep: Traced };
    const program = await compileNative(
      (state: State, gradient: Weights<Traced>, scalars: Scalars) => adamw({ ...state, gradient }, scalars, options),
      [
        { weights: { w: vector }, moments: { first: { w: vector }, second: { w: vector } } },
        { w: vector },
        { rate: scalar, epsilon: scalar, keep: scalar },
      ],
      { threads: 1 },
    );
    const learningRate = 0.05;
    const gradients = [
      [1, -2, 0.5],
      [0.3, 0.1, -4],
      [-1, 0, 2],
    ];
    const zeros = () => ({ w: fp32([0, 0, 0]) });
    let state: Parameters<typeof program.run>[0] = {
      weights: { w: fp32([0.5, -1, 2]) },
      moments: { first: zeros(), second: zeros() },
    };
    const [w, m, v] = [
      [0.5, -1, 2],
      [0, 0, 0],
      [0, 0, 0],
    ];
    for (const [index, gradient] of gradients.entries()) {
      const t = index + 1;
      const { rate, epsilon, keep } = stepScalars(learningRate, t, options);
      const scalars = { rate: fp32([rate], []), epsilon: fp32([epsilon], []), keep: fp32([keep], []) };
      state = await program.run(state, { w: fp32(gradient) }, scalars);
      for (const [k, g] of gradient.entries()) {
        m[k] = 0.9 * m[k] + 0.1 * g;
        v[k] = 0.999 * v[k] + 0.001 * g * g;
        const direction = m[k] / (1 - 0.9 ** t) / (Math.sqrt(v[k] / (1 - 0.999 ** t)) + 1e-8);
        w[k] -= learningRate * (direction + 0.1 * w[k]);
        expect(Number(state.weights.w.data[k])).toBeCloseTo(w[k], 5);
      }
    }
    await program.close();
  });
});

describe('the schedule of the learning rate', () => {
  test('rises in a straight line to the peak and falls in a straight line to zero', () => {
    const schedule = { steps: 100, peak: 2, warmUp: 0.2 };
    const rates = Array.from({ length: 100 }, (_, step) => learningRateAt(schedule, step));
    expect(rates[0]).toBeCloseTo(0.1, 12);
    expect(rates[19]).toBeCloseTo(2, 12);
    expect(rates[60]).toBeCloseTo(1, 12);
    expect(rates[99]).toBeCloseTo(0.025, 12);
    expect(Math.max(...rates)).toBe(2);
  });

  test('needs no warm-up, and may be nothing else', () => {
    expect(learningRateAt({ steps: 4, peak: 1, warmUp: 0 }, 0)).toBe(1);
    expect(learningRateAt({ steps: 4, peak: 1, warmUp: 1 }, 3)).toBe(1);
  });
});
