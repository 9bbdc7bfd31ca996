// From a problem to a published model: data, training, export, calibration of the guard, packages.
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from '../base/index.js';
import { ready } from '../compile/index.js';
import { readPackage, writePackage } from '../model/index.js';
import { findProblem, type Problem } from '../solve/index.js';
import { sha256 } from '../store/index.js';
import { calibratedBounds } from './calibrate.js';
import { type DataSet, makeDataSet, type WorkHooks } from './data-set.js';
import { mean } from './evaluate.js';
import { exactSymmetries } from './exact-symmetries.js';
import { type ExportedPrograms, exportPrograms, fieldNames } from './export-programs.js';
import { fieldStatistics } from './field-statistics.js';
import { fno2d } from './fno.js';
import { judge } from './judge.js';
import { lineageOf } from './lineage.js';
import type { Operator } from './operator.js';
import { type SurrogateFacts, samplesOf, solverDraft, surrogateDraft } from './package-draft.js';
import { newestVersion, type Places, placesFor } from './places.js';
import { type LearnConfig, type LearnOptions, resolveLearn } from './recipe.js';
import { type FieldRange, fieldsIn, type Split, splitFields } from './split.js';
import type { NodeMap } from './symmetries.js';
import { type TrainResult, train } from './train.js';
import { fingerprintOf, type TrainOptions } from './training-options.js';
import type { CurvePoint } from './training-state.js';

export interface LearnHooks extends WorkHooks {
  readonly onEpoch?: ((point: CurvePoint) => void) | undefined;
  readonly clock?: Clock | undefined;
}

export interface LearnResult {
  /** 'diverged': the loss became infinite or no number, and no package was written. */
  readonly status: 'finished' | 'diverged';
  /** Folder of the model's version; empty if it diverged. */
  readonly packagePath: string;
  readonly solverPackagePath: string;
  readonly model: string;
  /** Mean relative L2 error of the exported model on the test fields; NaN if it diverged. */
  readonly testError: number;
  readonly curve: readonly CurvePoint[];
  /** Seconds of training, over all runs. */
  readonly seconds: number;
}

/** Samples for demonstrations, from the test fields. */
const sampleCount = 16;

interface Prepared {
  readonly problem: Problem;
  readonly config: LearnConfig;
  readonly data: DataSet;
  readonly split: Split;
  readonly symmetries: readonly NodeMap[];
  readonly operator: Operator;
  readonly places: Places;
}

async function prepare(problem: Problem, config: LearnConfig, hooks: LearnHooks): Promise<Prepared> {
  const { folder, seed, recipe } = config;
  const { n, fields: trained, testFields: tested, calibrationFields: calibrated } = recipe;
  const places = await placesFor(join(folder, 'models'), problem.name, n);
  const count = trained + tested + calibrated;
  const data = await makeDataSet(problem, { n, count, seed, folder: join(folder, 'data') }, hooks);
  const split = splitFields(data, { train: trained, test: tested, calibration: calibrated });
  const training = fieldsIn(data, split.train);
  const symmetries = exactSymmetries(problem, n, training.inputs.subarray(0, n * n));
  const { width, modes, layers, headWidth, padding } = recipe;
  const operator = fno2d({
    ...{ n, width, modes, layers, headWidth, padding },
    input: fieldStatistics(training.inputs, trained, symmetries),
    output: fieldStatistics(training.outputs, trained, symmetries),
  });
  return { problem, config, data, split, symmetries, operator, places };
}

function trainPrepared(
  { config, data, split, symmetries, operator, places }: Prepared,
  hooks: LearnHooks,
): Promise<TrainResult> {
  const { seed, threads, recipe, folder, preset } = config;
  const { epochs, batch, learningRate, warmUp, weightDecay, gradientWeight, evaluateEvery } = recipe;
  const schedule = { epochs, batch, learningRate, warmUp, weightDecay, gradientWeight, evaluateEvery };
  const options: TrainOptions = { ...schedule, train: split.train, test: split.test, seed, symmetries, threads };
  const key = sha256(JSON.stringify(fingerprintOf(operator, data, options))).slice(-12);
  return train(operator, data, options, {
    ...hooks,
    folder: join(folder, 'training', `${places.surrogate}-${preset}-${key}`),
  });
}

/** Tests and calibrates the exported programs. */
async function examine({ problem, config, data, split }: Prepared, programs: ExportedPrograms, hooks: LearnHooks) {
  const { threads, seed } = config;
  const names = fieldNames(problem);
  const on = (range: FieldRange, task: string) =>
    judge(programs, { n: data.n, count: range.count, ...fieldsIn(data, range) }, { ...hooks, names, threads, task });
  const test = await on(split.test, 'testing');
  const calibration = await on(split.calibration, 'calibrating the guard');
  const bounds = calibratedBounds(calibration, seed);
  const flagged = (k: number): boolean =>
    !(test.residual[k] <= bounds.residualBound && test.fluxImbalance[k] <= bounds.fluxBound);
  const alarms = Array.from(test.residual.keys()).filter(flagged).length;
  const metrics = {
    testError: mean(test.error),
    largestTestError: Math.max(...test.error),
    testFields: test.error.length,
    guardFalseAlarms: alarms / test.error.length,
  };
  return { bounds, metrics };
}

/** Publishes both packages; a model that is already the newest version, byte by byte, is left as it is. */
async function publish(
  { problem, places, config, data }: Prepared,
  facts: Omit<SurrogateFacts, 'guard'> & {
    readonly guard: Omit<SurrogateFacts['guard'], 'fallback'>;
  },
): Promise<{ packagePath: string; solverPackagePath: string }> {
  const repository = resolve(config.folder, 'models');
  const write = async (name: string, draft: (version: number) => ReturnType<typeof solverDraft>): Promise<string> => {
    const newest = await newestVersion(repository, name);
    if (newest > 0) {
      const { manifest, folder } = await readPackage(repository, name, newest);
      const files = Object.entries(draft(newest).files);
      const same =
        manifest?.problem?.n === data.n && files.every(([file, bytes]) => manifest.digests[file] === sha256(bytes));
      if (same && folder !== undefined) return folder;
    }
    return writePackage(repository, draft(newest + 1));
  };
  const solverPackagePath = await write(places.solver, version =>
    solverDraft(problem, { name: places.solver, version }, facts),
  );
  const guard = { ...facts.guard, fallback: places.solver };
  const packagePath = await write(places.surrogate, version =>
    surrogateDraft(problem, { name: places.surrogate, version }, { ...facts, guard }),
  );
  return { packagePath, solverPackagePath };
}

/**
 * Learns the named problem and publishes it with its solver in `<folder>/models`. Every stage keeps what it finished:
 * the same call goes on where an earlier one was stopped.
 * @throws PROBLEM_UNKNOWN, OPTIONS_INVALID, CANCELLED, FIELD_UNSOLVED, FILE_WRITE_FAILED and what the rooms below throw.
 */
export async function learn(
  problemName: string,
  options: LearnOptions = {},
  hooks: LearnHooks = {},
): Promise<LearnResult> {
  const problem = findProblem(problemName);
  const config = resolveLearn(options);
  await ready();
  const prepared = await prepare(problem, config, hooks);
  const { operator, data, split, places } = prepared;
  const { status, weights, curve, seconds, testError } = await trainPrepared(prepared, hooks);
  if (status === 'diverged') {
    return { status, packagePath: '', solverPackagePath: '', model: places.surrogate, testError, curve, seconds };
  }
  const programs = exportPrograms(problem, operator, weights);
  const { bounds, metrics } = await examine(prepared, programs, hooks);
  const lineage = await lineageOf(config, data, hooks.clock ?? systemClock);
  const samples = samplesOf(problem, data, { first: split.test.first, count: sampleCount });
  const paths = await publish(prepared, { n: data.n, programs, samples, guard: bounds, metrics, lineage });
  return { status, ...paths, model: places.surrogate, testError: metrics.testError, curve, seconds };
}
