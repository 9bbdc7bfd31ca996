// Many sequences at once, on real ONNX workers, in a random order: each is answered exactly as if it were alone.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Random, seededRandom, systemClock, systemTimers } from 'galerkin/base';
import { type ModelPackage, readPackage } from 'galerkin/model';
import { onnxruntimeBackend } from 'galerkin/serve';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPool } from '../../dist/serve/engine/pool.js';
import { newStageTimes } from '../../dist/serve/engine/scheduler.js';
import { plainTerms } from '../../dist/serve/engine/terms.js';
import { openSequences } from '../../dist/serve/sequences/open-sequences.js';
import { clientInputs, instancePackage } from '../../dist/serve/sequences/own-tensors.js';
import type { SequenceScheduler } from '../../dist/serve/sequences/sequence-scheduler.js';
import { writeExampleRepository } from '../../scripts/example-repository.mjs';
import { servedModel } from './fixtures/batching-driver.js';
import { int32, numbersOf, sequenceTerms } from './fixtures/sequence-driver.js';

let repository: string;
beforeAll(async () => {
  repository = writeExampleRepository(await mkdtemp(join(tmpdir(), 'galerkin-sequences-')), [
    'simple_sequence',
    'simple_dyna_sequence',
    'simple_string_dyna_sequence',
  ]);
});
afterAll(() => rm(repository, { recursive: true, force: true }));

async function open(
  model: ModelPackage,
  instances: number,
): Promise<{ scheduler: SequenceScheduler; sizes: number[] }> {
  const sizes: number[] = [];
  const scheduler = await openSequences(model, {
    served: servedModel({
      name: model.name,
      maxBatchSize: model.config.max_batch_size,
      inputs: clientInputs(model),
      outputs: model.outputs,
    }),
    clock: systemClock,
    timers: systemTimers,
    statistics: { execute: ({ items }) => sizes.push(items) },
    maxQueue: 10_000,
    instances,
    openPool: (source, count) =>
      openPool(
        {
          model: model.name,
          instances: count,
          timers: systemTimers,
          timeoutMs: 20_000,
          open: () => onnxruntimeBackend.open(instancePackage(model), { threads: 1 }),
        },
        source,
      ),
  });
  return { scheduler, sizes };
}

interface Plan {
  readonly id: number | string;
  readonly values: readonly number[];
}

async function ask(scheduler: SequenceScheduler, { id, values }: Plan, place: number): Promise<number> {
  const sequence = sequenceTerms(id, { start: place === 0, end: place === values.length - 1 });
  const work = { inputs: { INPUT: int32([1, 1], values[place] ?? 0) }, items: 1, bytes: 4, guard: 'none' as const };
  const times = newStageTimes(performance.now());
  const { outputs } = await scheduler.run({ ...work, terms: { ...plainTerms, sequence }, times });
  expect(Object.keys(outputs)).toEqual(['OUTPUT']);
  return numbersOf(outputs.OUTPUT)[0] ?? Number.NaN;
}

/**
 * Sends the next request of a random sequence, of those that fit the slots, again and again; some wait for their
 * predecessors' answers, some do not.
 */
async function interleave(scheduler: SequenceScheduler, plans: readonly Plan[], random: Random): Promise<number[][]> {
  const answers = plans.map((): Promise<number>[] => []);
  const open = plans.map((_, k) => k);
  while (open.length > 0) {
    const at = Math.floor(random.uniform() * Math.min(8, open.length));
    const k = open[at] ?? 0;
    const [plan, own] = [plans[k], answers[k]];
    if (plan === undefined || own === undefined) break;
    own.push(ask(scheduler, plan, own.length));
    if (own.length === plan.values.length) open.splice(at, 1);
    if (random.uniform() < 0.1) await Promise.all(own);
  }
  return Promise.all(answers.map(own => Promise.all(own)));
}

const plansOf = (random: Random, count: number): Plan[] =>
  Array.from({ length: count }, (_, k) => ({
    id: k % 3 === 0 ? String(1000 + k) : 1000 + k,
    values: Array.from({ length: 1 + Math.floor(random.uniform() * 12) }, () => Math.floor(random.uniform() * 100)),
  }));

/** What each example model gives a sequence on its own. */
const alone = {
  simple_sequence: ({ values }: Plan) => values.map((value, k) => value + (k === 0 ? 1 : 0)),
  simple_dyna_sequence: ({ id, values }: Plan) =>
    values.map((value, k) => value + (k === 0 ? 1 : 0) + (k === values.length - 1 ? Number(id) : 0)),
  simple_string_dyna_sequence({ id, values }: Plan) {
    let sum = 0;
    return values.map((value, k) => {
      sum += value;
      return sum + (k === values.length - 1 ? Number(id) : 0);
    });
  },
};

describe.each(['simple_sequence', 'simple_dyna_sequence', 'simple_string_dyna_sequence'] as const)('%s', name => {
  test.each([1, 2])('answers interleaved sequences as each alone, on %i instances', async instances => {
    const { scheduler, sizes } = await open(await readPackage(repository, name), instances);
    for (const seed of [1, 2, 3]) {
      const random = seededRandom(seed);
      const plans = plansOf(random, 40);
      expect(await interleave(scheduler, plans, random)).toEqual(plans.map(alone[name]));
    }
    expect(scheduler.sequences).toEqual({ underWay: 0, waiting: 0 });
    expect(Math.max(...sizes)).toBeGreaterThan(1);
    await scheduler.close(1000);
  });
});
