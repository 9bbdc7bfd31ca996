// The judge itself: it lets each metric's test hear each sample, shares one budget between them, and forgets nothing that it would need after a restart.
import { z } from 'zod';
import { faultLines, GalerkinError } from '../../base/index.js';
import type { RequestSample } from '../../observe/index.js';
import type { Versions } from './arms.js';
import { capitalState, firstCapital, placeCapital } from './capital.js';
import type { Judge, JudgeMemory } from './judge.js';
import { addToSketches, armSketches, sketchesState } from './judge-sketches.js';
import type { JudgeConfig } from './judgement.js';
import { type Surroundings, testOf, weights } from './tests-of.js';
import { type Finding, judgementOf } from './verdict.js';

const count = z.int().min(0);
const memorySchema = z.strictObject({
  form: z.literal(1),
  versions: z.strictObject({ stable: z.number(), candidate: z.number() }),
  metrics: z.array(z.string()),
  heard: z.strictObject({ stable: count, candidate: count }),
  hasFigures: z.boolean(),
  capital: capitalState,
  sketches: sketchesState,
  tests: z.array(z.unknown()),
});
type Memory = z.infer<typeof memorySchema>;

function firstMemory({ criteria }: JudgeConfig, versions: Versions): Memory {
  return {
    form: 1,
    versions: { stable: versions.stable, candidate: versions.candidate },
    metrics: criteria.map(({ metric }) => metric),
    heard: { stable: 0, candidate: 0 },
    hasFigures: false,
    capital: firstCapital(criteria.map(({ metric }) => weights[metric])),
    sketches: sketchesState.parse({}),
    tests: criteria.map(() => ({})),
  };
}

/** Reads what `remember` gave, and refuses what belongs to another release. */
function recall(memory: JudgeMemory, expected: Memory): Memory {
  const parsed = memorySchema.safeParse(memory);
  if (!parsed.success) throw new GalerkinError('JUDGE_MEMORY', { faults: faultLines(parsed.error) });
  const { versions, metrics } = parsed.data;
  const same =
    JSON.stringify({ versions, metrics }) ===
    JSON.stringify({ versions: expected.versions, metrics: expected.metrics });
  if (same && parsed.data.tests.length === metrics.length && parsed.data.capital.shares.length === metrics.length)
    return structuredClone(parsed.data);
  const fault = `wanted what was heard of versions ${expected.versions.stable} and ${expected.versions.candidate} by ${expected.metrics.join(', ')}, got ${versions.stable} and ${versions.candidate} by ${metrics.join(', ')}`;
  throw new GalerkinError('JUDGE_MEMORY', { faults: [fault] });
}

function recalled<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (error instanceof z.ZodError) throw new GalerkinError('JUDGE_MEMORY', { faults: faultLines(error) });
    throw error;
  }
}

const hasFigure = ({ residual, fluxImbalance }: RequestSample): boolean => residual !== null || fluxImbalance !== null;

/**
 * Opens the judge of one release.
 *
 * Samples of several replicas should come merged by `atMs`: versions are compared in blocks of what was heard together, so that
 * a load that drifts touches both alike. About 1 µs a sample; a memory of some 15 kB as JSON, however many come.
 * @param memory what `remember` gave; the verdicts are then the same, to the last bit, as without the interruption
 * @throws JUDGE_MEMORY if the memory is of another release, or damaged
 */
export function openJudge(config: JudgeConfig, versions: Versions, memory?: JudgeMemory): Judge {
  const first = firstMemory(config, versions);
  const state = memory === undefined ? first : recall(memory, first);
  const surroundings: Surroundings = { hasFigures: () => state.hasFigures, sketches: state.sketches.latency };
  const { criteria } = config;
  const tests = recalled(() =>
    criteria.map((criterion, k) => testOf({ criterion, config, surroundings, state: state.tests[k] })),
  );
  const { heard } = state;
  const isEnough = (): boolean => heard.stable >= config.minSamples && heard.candidate >= config.minSamples;

  const place = (): void => {
    const { capital } = state;
    const isLate = tests.some((test, k) => capital.shares[k] === 0 && test.isMeasured());
    if (capital.isPlaced && !isLate) return;
    const stakes = tests.map((test, k) => ({
      weight: weights[criteria[k].metric],
      isMeasured: test.isMeasured(),
      worth: Math.exp(test.logHarm()),
    }));
    placeCapital(capital, stakes);
  };
  const hear = (sample: RequestSample): void => {
    const arm =
      sample.version === versions.candidate ? 'candidate' : sample.version === versions.stable ? 'stable' : undefined;
    if (arm === undefined) return;
    heard[arm] += 1;
    if (arm === 'stable' && !state.hasFigures) state.hasFigures = hasFigure(sample);
    for (const test of tests) test.hear(sample, arm);
    // After the tests: a threshold must be known before the sample that is held against it.
    addToSketches(state.sketches, sample, arm);
    if (isEnough()) place();
  };
  const finding = (k: number): Finding => {
    const test = tests[k];
    const isMeasured = test.isMeasured();
    const isGivenUp = !isMeasured && isEnough() && heard.candidate >= test.patience * config.minSamples;
    const { needsCount, matters } = test;
    const shares = state.capital.shares[k];
    return { criterion: criteria[k], report: test.report(), isMeasured, isGivenUp, needsCount, matters, shares };
  };
  return {
    hear,
    judge: nowMs => judgementOf({ config, heard, findings: criteria.map((_, k) => finding(k)), atMs: nowMs }),
    sketches: () => armSketches(state.sketches),
    remember: () => structuredClone({ ...state, tests: tests.map(test => test.state) }),
  };
}
