import { manualClock } from 'galerkin/base';
import { ready } from 'galerkin/compile';
import { constantOf, floatsOf, type Model } from 'galerkin/graph';
import { type CompressionTrial, compressUnderBudget, type Feeds, type Method } from 'galerkin/optimize';
import { beforeAll, describe, expect, test } from 'vitest';
import { deviationBetween, floatsIn, mlp, mlpSamples, smallFno, tensor } from './networks.js';

const samples = mlpSamples(64);
const timingMs = 5;
const size = { goal: 'size', timingMs } as const;
const dynamic: Method = { kind: 'int8-dynamic' };

/** The second layer hates being rounded: a few of its inputs carry nearly all, and the rest cancel. */
function withOneSensitiveLayer(): Model {
  const model = mlp([64, 128, 128, 10]);
  const w1 = model.graph.constants.get('w1');
  if (w1 === undefined) throw new Error('no weights');
  const values = floatsOf(w1).map((v, k) => (k % 128 === 0 ? v * 200 : v));
  const constants = new Map([
    ...model.graph.constants,
    ['w1', constantOf('w1', 'float32', { shape: w1.shape, values })],
  ]);
  return { ...model, graph: { ...model.graph, constants } };
}

describe('compression under a budget', () => {
  beforeAll(ready);

  test('the smallest that keeps the budget is taken, with figures of all', async () => {
    const model = mlp([64, 256, 256, 10]);
    const seen: CompressionTrial[] = [];
    const result = await compressUnderBudget(model, samples, {
      budget: { relativeL2: 0.05 },
      methods: [
        { kind: 'half' },
        dynamic,
        { kind: 'int8-static' },
        { kind: 'blocks', bits: 8 },
        { kind: 'blocks', bits: 4 },
      ],
      allowPartial: false,
      onTrial: trial => seen.push(trial),
      ...size,
    });
    expect(seen).toEqual(result.trials);
    expect(result.trials.map(({ status }) => status)).toEqual(['fits', 'fits', 'fits', 'fits', 'over-budget']);
    const fitting = result.trials.filter(({ status }) => status === 'fits');
    expect(result.chosen.fileBytes).toBe(Math.min(...fitting.map(({ fileBytes }) => fileBytes)));
    const { relativeL2 } = await deviationBetween(result.model, model, samples);
    expect(result.chosen.measured.deviation.relativeL2).toBeCloseTo(relativeL2, 6);
    expect(fitting.every(({ speed }) => speed !== undefined && speed.slower === speed.ratio > 1.02)).toBe(true);
  });

  test('a budget that nothing keeps is refused with what was measured', async () => {
    const tried = compressUnderBudget(mlp([64, 64]), samples, {
      budget: { relativeL2: 1e-6 },
      methods: [dynamic, { kind: 'blocks', bits: 4 }],
      ...size,
    });
    await expect(tried).rejects.toMatchObject({
      code: 'BUDGET_BROKEN',
      fields: {
        budget: { relativeL2: 1e-6 },
        measured: [{ relativeL2: expect.any(Number) }, { relativeL2: expect.any(Number) }],
      },
    });
    await expect(tried).rejects.toThrow(/int8 dynamic, per channel: [\d.]+ %; 4-bit blocks of 32: [\d.]+ %/);
  });

  test('the sensitive layer alone is left as it was, and the rest keeps the budget', async () => {
    const model = withOneSensitiveLayer();
    const budget = { relativeL2: 0.012 };
    const methods: Method[] = [
      { kind: 'blocks', bits: 8, blockSize: 128 },
      { kind: 'prune', ratio: 0.1 },
    ];
    const whole = compressUnderBudget(model, samples, { budget, methods, allowPartial: false, ...size });
    await expect(whole).rejects.toMatchObject({ code: 'BUDGET_BROKEN' });
    const { chosen, model: small } = await compressUnderBudget(model, samples, { budget, methods, ...size });
    expect(chosen.excluded.length).toBeGreaterThan(0);
    expect(chosen.compressed.report.changed.length).toBeGreaterThan(0);
    expect((await deviationBetween(small, model, samples)).relativeL2).toBeLessThanOrEqual(budget.relativeL2);
  });

  test('the physics counts as well: a judge refuses what L2 lets through', async () => {
    const model = mlp([64, 64, 8]);
    const reference = new Map<Feeds, number>();
    // A law that only the original's very answers keep: the residual is 1 for them, and grows with the distance.
    const judge = (feeds: Feeds, answers: Feeds): number => {
      const sum = floatsIn([answers]).reduce((a, b) => a + b, 0);
      const known = reference.get(feeds);
      if (known === undefined) reference.set(feeds, sum);
      return 1 + 100 * Math.abs(sum - (known ?? sum));
    };
    const options = { methods: [dynamic], judge, allowPartial: false, ...size };
    await expect(
      compressUnderBudget(model, samples, { ...options, budget: { relativeL2: 0.1, residual: 0.1 } }),
    ).rejects.toMatchObject({
      code: 'BUDGET_BROKEN',
      fields: { measured: [{ residualGrowth: expect.any(Number) }] },
    });
    const { chosen } = await compressUnderBudget(model, samples, {
      ...options,
      budget: { relativeL2: 0.1, residual: 1e9 },
    });
    expect(chosen.measured.residual?.after).toBeGreaterThan(chosen.measured.residual?.before ?? 0);
  });

  test('slower and less accurate is refused, unless size is what is wanted', async () => {
    const model = mlp([64, 64, 8]);
    // A clock on which every run of the compressed model takes twice as long: runs are taken in turns.
    const clock = manualClock();
    let reads = 0;
    const slow = {
      now: clock.now,
      monotonic: () => {
        const turn = turnOf(reads++);
        if (turn !== undefined) clock.advance(turn === 0 ? 1 : 2);
        return clock.monotonic();
      },
    };
    const options = { budget: { relativeL2: 0.1 }, methods: [dynamic], clock: slow, timingMs: 0 };
    await expect(compressUnderBudget(model, samples, options)).rejects.toMatchObject({
      code: 'COMPRESSION_SLOWER',
      fields: { measured: [{ ratio: 2 }] },
    });
    reads = 0;
    const { chosen } = await compressUnderBudget(model, samples, { ...options, goal: 'size' });
    expect(chosen.speed).toMatchObject({ ratio: 2, slower: true });
  });

  test('a trained Fourier neural operator: the parts that bear it are quantized, within one percent', async () => {
    const { model, samples: fields } = await smallFno();
    const { chosen, model: small } = await compressUnderBudget(model, fields, {
      budget: { relativeL2: 0.01 },
      methods: [{ kind: 'int8-dynamic', leastWeights: 32 }],
      ...size,
    });
    expect(chosen.compressed.report.changed.length).toBeGreaterThan(0);
    expect((await deviationBetween(small, model, fields)).relativeL2).toBeLessThanOrEqual(0.01);
  });

  test('nothing to measure with, and budgets that are none, are refused', async () => {
    const model = mlp([64, 32]);
    const refused = (given: readonly Feeds[], options: Parameters<typeof compressUnderBudget>[2]) =>
      expect(compressUnderBudget(model, given, options)).rejects.toMatchObject({ code: 'OPTIMIZE_INPUT_INVALID' });
    await refused([], { budget: { relativeL2: 0.1 } });
    await refused([{ x: tensor(new Float32Array(64).fill(Number.NaN), [1, 64]) }], { budget: { relativeL2: 0.1 } });
    await refused(samples, { budget: { relativeL2: -1 } });
    await refused(samples, { budget: { relativeL2: Number.NaN } });
    await refused(samples, { budget: { relativeL2: 0.1, residual: 0.1 } });
    await refused(samples, { budget: { relativeL2: 0.1 }, methods: [] });
    await refused(samples, { budget: { relativeL2: 0.1 }, methods: [{ kind: 'prune', structure: 'channels' }] });
  });
});

/**
 * Whose run ends at a read of the clock: one read before all, two for each run, and rounds of two runs that begin with the
 * other one each time. Undefined for reads at which no run ends.
 */
function turnOf(read: number): number | undefined {
  if (read < 2 || read % 2 === 1) return undefined;
  const run = (read - 2) / 2;
  return (Math.floor(run / 2) + run) % 2;
}
