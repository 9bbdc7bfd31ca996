// The shipped adviser on simulated releases that it was not made from: it ranks, it is honest, and it is seldom sure and wrong.
import { seededRandom } from 'galerkin/base';
import { drawTruth, features, makeExamples, probabilitiesOf, qualityOf, replay, trainAdviser } from 'galerkin/control';
import type { RequestSample } from 'galerkin/observe';
import { describe, expect, test } from 'vitest';
import { readAdviser } from '../../dist/control/advisor/model/model-file.js';
import { trueEffects } from '../../dist/control/advisor/simulator/effects.js';

const folder = new URL('../../dist/control/advisor/', import.meta.url).pathname;

describe('on releases that it has never seen', () => {
  test('the shipped model ranks well, is calibrated, and where it is sure it is right', async () => {
    const { forest } = await readAdviser(folder);
    const held = makeExamples(4711, 500);
    const quality = qualityOf(probabilitiesOf(forest, held), held.labels, 0.95);
    expect(quality.auc).toBeGreaterThan(0.87);
    expect(quality.calibrationError).toBeLessThan(0.04);
    expect(quality.confident).toBeGreaterThan(0.2);
    expect(quality.right).toBeGreaterThan(0.95);
  });

  test('a training of the same seed gives the same trees, and of another seed others', () => {
    const small = { train: 60, validation: 20, calibration: 30, test: 20 };
    const trained = trainAdviser(small);
    expect(trainAdviser(small)).toEqual(trained);
    expect(trainAdviser({ ...small, seed: 2 }).forest).not.toEqual(trained.forest);
  });
});

describe('the simulator', () => {
  const samplesOf = (seed: number): RequestSample[] => {
    const samples: RequestSample[] = [];
    const random = seededRandom(seed);
    replay(drawTruth(random), random, { hear: sample => samples.push(sample) });
    return samples;
  };

  test('plays the same release for the same seed', () => {
    expect(samplesOf(3)).toEqual(samplesOf(3));
    expect(samplesOf(3)).not.toEqual(samplesOf(4));
  });

  test('tells samples in order, of numbers that are finite or missing, and copies only of the candidate', () => {
    for (let seed = 0; seed < 40; seed++) {
      const samples = samplesOf(seed);
      samples.forEach((sample, k) => {
        const numbers = [
          sample.latencyMs,
          sample.computeMs,
          sample.residual,
          sample.fluxImbalance,
          ...Object.values(sample.paired ?? {}),
        ];
        if (numbers.some(value => value !== null && !(Number.isFinite(value) && value >= 0)))
          throw new Error(`seed ${seed}: ${JSON.stringify(sample)}`);
        if (sample.sequence !== k || (k > 0 && sample.atMs < samples[k - 1].atMs))
          throw new Error(`seed ${seed}: order`);
        if (
          (sample.kind === 'mirror') !== (sample.paired !== null) ||
          (sample.kind === 'mirror' && sample.version !== 2)
        )
          throw new Error(`seed ${seed}: pairs`);
      });
      expect(samples.length).toBeGreaterThan(79);
    }
  });

  test('does what its truth says: means of many samples have the true effects', () => {
    const found: number[] = [];
    for (let seed = 0; seed < 300 && found.length < 8; seed++) {
      const random = seededRandom(seed);
      const drawn = drawTruth(random);
      if (drawn.change.onset > 0 || drawn.world.tailShare > 0) continue;
      const truth = {
        ...drawn,
        samples: 20_000,
        world: { ...drawn.world, share: 0.5, shareStep: 1, burstsPerSecond: 0, waves: 0, cached: 0 },
        change: { ...drawn.change, coldRequests: 0, stalls: 0 },
        visible: { ...drawn.visible, guard: true, mirror: 0 },
      };
      const sums = [0, 0, 0, 0].map(() => [0, 0]);
      replay(truth, random, {
        hear: ({ version, latencyMs, residual, ok }) => {
          for (const [k, value] of [1, latencyMs ?? 0, residual ?? 0, ok ? 0 : 1].entries())
            sums[k][version - 1] += value;
        },
      });
      const mean = (k: number, arm: number) => sums[k][arm] / sums[0][arm];
      const effects = trueEffects(truth);
      const close = (value: number, wanted: number, within: number) => {
        if (Math.abs(value - wanted) > within) throw new Error(`seed ${seed}: ${value} for ${wanted}`);
      };
      close(mean(1, 1) / mean(1, 0) / (1 + effects['latency-mean']), 1, 0.06);
      close(mean(2, 1) / mean(2, 0) / (1 + effects.residual), 1, 0.08);
      close(mean(3, 1) - mean(3, 0), effects['error-rate'], 0.012);
      found.push(seed);
    }
    expect(found).toHaveLength(8);
  });

  test('features have names of their own and say what they are', () => {
    expect(new Set(features.map(({ name }) => name)).size).toBe(features.length);
    expect(features.every(({ doc }) => doc.length > 10)).toBe(true);
  });
});
