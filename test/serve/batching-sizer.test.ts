// The adaptive batch sizer in a simulated plant: near the best throughput that the target allows, and again after a change.
import { seededRandom } from 'galerkin/base';
import { describe, expect, test } from 'vitest';
import { adaptiveBatchSizer } from '../../dist/serve/batching/adaptive-batch-sizer.js';
import { LatencyFit } from '../../dist/serve/batching/latency-fit.js';
import { handDriven, rows } from './fixtures/batching-driver.js';

/** What an execution costs: a + b n, noise as a share of it, and now and then one that takes five times as long. */
interface Plant {
  readonly a: number;
  readonly b: number;
  readonly noise: number;
  readonly outliers: number;
}

interface Measured {
  /** Items per millisecond, and the share of requests over the target. */
  readonly throughput: number;
  readonly lateShare: number;
  readonly batchSize: number;
}

interface Run {
  readonly plant: Plant;
  readonly targetMs: number;
  readonly executions: number;
  readonly seed: number;
}

/**
 * A plant that always has work, behind an admission that lets one batch wait: when an execution begins, as many
 * requests as make the next batch have just come. Each waits one whole execution and then its own.
 */
async function saturated(settings: { parameters?: Record<string, string>; maxBatchSize: number }) {
  const driven = await handDriven({
    batching: {},
    served: { maxBatchSize: settings.maxBatchSize, inputs: [{ ...specX }], outputs: [] },
    compute: ({ x }) => (x === undefined ? {} : { y: x }),
    ...(settings.parameters === undefined ? {} : { parameters: settings.parameters }),
  });
  const x = rows(1, [1]);
  return {
    driven,
    async run({ plant, targetMs, executions, seed }: Run): Promise<Measured> {
      const random = seededRandom(seed);
      const { pool, clock, ask, scheduler } = driven;
      const startMs = clock.monotonic();
      const answers: Promise<unknown>[] = [];
      let [items, late, requests] = [0, 0, 0];
      const ask1 = (): void => {
        const askedMs = clock.monotonic();
        answers.push(
          ask(1, {}, { x }).then(() => {
            requests++;
            if (clock.monotonic() - askedMs > targetMs) late++;
          }),
        );
      };
      for (let k = 0; k < executions; k++) {
        if (pool.running.length === 0) ask1();
        while (scheduler.pending < scheduler.report().maxItems) ask1();
        const n = pool.running[0]?.items ?? 0;
        const slow = random.uniform() < plant.outliers ? 5 : 1;
        const ms = slow * (plant.a + plant.b * n) * Math.max(0.2, 1 + plant.noise * random.normal());
        clock.advance(ms);
        pool.finish(ms);
        items += n;
        // Answers are delivered before the clock moves on.
        await Promise.resolve();
        await Promise.resolve();
      }
      const throughput = items / (clock.monotonic() - startMs);
      pool.finishAll();
      while (scheduler.pending > 0) pool.finishAll();
      await Promise.all(answers);
      return { throughput, lateShare: late / requests, batchSize: scheduler.report().maxItems };
    },
  };
}

const specX = { name: 'x', dtype: 'FP32', dims: [1], unit: '1', description: '', finite: false } as const;

/** The best throughput of all fixed sizes that keep 95 percent of requests within the target. */
async function bestFixed(plant: Plant, targetMs: number, largest: number): Promise<Measured> {
  let best: Measured = { throughput: 0, lateShare: 1, batchSize: 0 };
  for (let maxBatchSize = 1; maxBatchSize <= largest; maxBatchSize += 1 + Math.floor(maxBatchSize / 30)) {
    const { run } = await saturated({ maxBatchSize });
    const found = await run({ plant, targetMs, executions: 60, seed: 3 });
    if (found.lateShare <= 0.05 && found.throughput > best.throughput) best = found;
  }
  return best;
}

const plants: readonly [string, Plant, number][] = [
  ['a large fixed cost', { a: 6, b: 0.3, noise: 0.05, outliers: 0 }, 40],
  ['cost by the item', { a: 0.5, b: 1, noise: 0.05, outliers: 0 }, 40],
  ['noise and outliers', { a: 4, b: 0.5, noise: 0.1, outliers: 0.01 }, 50],
];

describe.each(plants)('with %s', (_, plant, targetMs) => {
  test('throughput is within 10 percent of the best fixed size, and 95 percent of requests meet the target', async () => {
    const best = await bestFixed(plant, targetMs, 64);
    expect(best.batchSize).toBeGreaterThan(2);
    const { run } = await saturated({
      maxBatchSize: 64,
      parameters: { target_latency_ms: String(targetMs) },
    });
    await run({ plant, targetMs, executions: 200, seed: 11 });
    const settled = await run({ plant, targetMs, executions: 800, seed: 12 });
    expect(settled.throughput).toBeGreaterThan(0.9 * best.throughput);
    expect(settled.lateShare).toBeLessThan(0.06);
  });
});

describe('after a change of the plant', () => {
  const before: Plant = { a: 4, b: 0.5, noise: 0.05, outliers: 0 };
  test.each([
    ['three times slower', { ...before, a: 8, b: 1.5 }],
    ['three times faster', { ...before, a: 1.5, b: 0.15 }],
  ])('%s, it finds the new size', async (_, after) => {
    const targetMs = 50;
    const { run } = await saturated({ maxBatchSize: 200, parameters: { target_latency_ms: String(targetMs) } });
    await run({ plant: before, targetMs, executions: 600, seed: 21 });
    await run({ plant: after, targetMs, executions: 200, seed: 22 });
    const settled = await run({ plant: after, targetMs, executions: 600, seed: 23 });
    const best = await bestFixed(after, targetMs, 200);
    expect(settled.throughput).toBeGreaterThan(0.9 * best.throughput);
    expect(settled.lateShare).toBeLessThan(0.06);
  });
});

describe('the fit', () => {
  test('finds the line through noise and outliers', () => {
    const random = seededRandom(4);
    const fit = new LatencyFit();
    for (let k = 0; k < 400; k++) {
      const n = 1 + random.integer(32);
      const slow = k % 40 === 39 ? 10 : 1;
      fit.observe(n, slow * (3 + 0.4 * n) * (1 + 0.03 * random.normal()));
    }
    const { fixedMs, perItemMs, isTrusted } = fit.report();
    expect(isTrusted).toBe(true);
    expect(Math.abs(fixedMs - 3)).toBeLessThan(0.6);
    expect(Math.abs(perItemMs - 0.4)).toBeLessThan(0.04);
  });

  test('promises nothing for larger batches than time in proportion, while all batches are of one size', () => {
    const fit = new LatencyFit();
    for (let k = 0; k < 100; k++) fit.observe(8, 10);
    expect(fit.at(8)).toBeCloseTo(10);
    expect(fit.at(16)).toBeCloseTo(20);
    expect(fit.at(4)).toBeCloseTo(5);
  });

  test('is not trusted before it has seen enough, nor where there is no line', () => {
    const random = seededRandom(9);
    const fit = new LatencyFit();
    for (let k = 0; k < 7; k++) fit.observe(1 + k, 5 + k);
    expect(fit.isTrusted).toBe(false);
    for (let k = 0; k < 300; k++) fit.observe(1 + random.integer(8), random.uniform() < 0.5 ? 1 : 100);
    expect(fit.isTrusted).toBe(false);
  });
});

describe('the sizer', () => {
  test('stays at one item while even that takes too long', () => {
    const sizer = adaptiveBatchSizer({ targetMs: 5, maxBatchSize: 64, depth: 1, maxDelayMs: 10 });
    for (let k = 0; k < 100; k++) sizer.observe({ items: 1, requests: 1, late: 1, inferMs: 20, isFull: true });
    expect([sizer.batchSize, sizer.delayMs]).toEqual([1, 0]);
  });

  test('waits for company no longer than the configuration allows and the target leaves', () => {
    const sizer = adaptiveBatchSizer({ targetMs: 100, maxBatchSize: 8, depth: 1, maxDelayMs: 30 });
    for (let k = 0; k < 100; k++)
      sizer.observe({ items: 1 + (k % 8), requests: 1, late: 0, inferMs: 2 + (k % 8), isFull: false });
    expect(sizer.batchSize).toBe(8);
    expect(sizer.delayMs).toBe(30);
    expect(sizer.report().fit.isTrusted).toBe(true);
  });
});
