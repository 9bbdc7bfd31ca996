// The training loop: batches through the native step, evaluations, checkpoints; stops and goes on at any step.
import { setImmediate } from 'node:timers/promises';
import { type Clock, GalerkinError, systemClock } from '../base/index.js';
import { ready } from '../compile/index.js';
import { openCheckpoints } from '../store/index.js';
import { adamwDefaults, stepScalars } from './adamw.js';
import { batchSource, trainingStream } from './batches.js';
import type { DataSet, WorkHooks } from './data-set.js';
import { evaluationBatch, fieldErrors, mean } from './evaluate.js';
import type { Operator } from './operator.js';
import { learningRateAt } from './schedule.js';
import { asFloat32, type HostArray, mapWeights, scalarArray, type Weights } from './traced-arrays.js';
import { checkTraining, fingerprintOf, type TrainOptions } from './training-options.js';
import {
  compileErrors,
  compileStep,
  type ErrorProgram,
  type StepProgram,
  type TrainingState,
} from './training-programs.js';
import { type CurvePoint, firstStanding, resumeStanding, type Standing, saveStanding } from './training-state.js';

export interface TrainHooks extends WorkHooks {
  /** Folder of the checkpoints; a training that was interrupted goes on from the newest. */
  readonly folder: string;
  /** Called after each evaluation. */
  readonly onEpoch?: ((point: CurvePoint) => void) | undefined;
  readonly clock?: Clock | undefined;
}

export interface TrainResult {
  /** 'diverged' if the loss was infinite or no number; the weights are then of no use. */
  readonly status: 'finished' | 'diverged';
  readonly weights: Weights<HostArray>;
  readonly curve: readonly CurvePoint[];
  /** Mean relative L2 error on the test fields at the end; NaN if it diverged. */
  readonly testError: number;
  /** Seconds of training, evaluation included, over all runs. */
  readonly seconds: number;
}

const checkpointsKept = 2;

interface Run {
  readonly step: StepProgram;
  readonly errors: ErrorProgram;
  readonly save: (standing: Standing) => Promise<void>;
}

/**
 * Trains `operator` on fields of `data`. Every step is one run of one native program; between steps the event loop
 * turns, so that signals arrive. Equal operator, data, options and seed give the same weights bit for bit on one
 * machine, interrupted or not. Memory: about four times the weights, and the activations of one batch.
 * @throws OPTIONS_INVALID; CANCELLED after a checkpoint when the signal is aborted; TRAINING_MISMATCH; what compile and store throw.
 */
export async function train(
  operator: Operator,
  data: DataSet,
  options: TrainOptions,
  hooks: TrainHooks,
): Promise<TrainResult> {
  const { train: range, test, batch, threads, gradientWeight, weightDecay, seed } = options;
  checkTraining(operator, data, options);
  await ready();
  const { folder } = hooks;
  const fingerprint = fingerprintOf(operator, data, options);
  const checkpoints = openCheckpoints(folder, { keep: checkpointsKept });
  const first = firstStanding(operator.init(trainingStream(seed, 0)));
  const standing = await resumeStanding(checkpoints, first, { folder, fingerprint });
  const total = Math.floor(range.count / batch) * options.epochs;
  if (standing.step >= total) return resultOf('finished', standing);
  const { weights } = first.state;
  const optimizer = { ...adamwDefaults, weightDecay };
  const step = await compileStep(operator, weights, { batch, threads, gradientWeight, optimizer });
  const errors = await compileErrors(operator, weights, { batch: evaluationBatch(test), threads });
  try {
    const save = (at: Standing): Promise<void> => saveStanding(checkpoints, at, fingerprint);
    return await runSteps(standing, { data, options, hooks, run: { step, errors, save } });
  } finally {
    await Promise.all([step.close(), errors.close()]);
  }
}

interface Work {
  readonly data: DataSet;
  readonly options: TrainOptions;
  readonly hooks: TrainHooks;
  readonly run: Run;
}

async function runSteps(from: Standing, { data, options, hooks, run }: Work): Promise<TrainResult> {
  const { clock = systemClock, onProgress, onEpoch, signal } = hooks;
  const batches = batchSource(data, { ...options, range: options.train });
  const steps = batches.perEpoch * options.epochs;
  const startMs = clock.monotonic();
  const seconds = (): number => from.seconds + (clock.monotonic() - startMs) / 1000;
  let standing = from;
  while (standing.step < steps) {
    await setImmediate();
    if (signal?.aborted) {
      await run.save({ ...standing, seconds: seconds() });
      throw new GalerkinError('CANCELLED', { what: 'training' }, { cause: signal.reason });
    }
    const { loss, state } = await runStep(standing, { batches, steps, options, run });
    const { curve, lossSum, lossCount } = standing;
    standing = {
      step: standing.step + 1,
      state,
      curve,
      lossSum: lossSum + loss,
      lossCount: lossCount + 1,
      seconds: seconds(),
    };
    if (!Number.isFinite(loss)) return resultOf('diverged', standing);
    if (isEvaluation(standing.step, batches.perEpoch, options)) {
      const testError = mean(await fieldErrors(run.errors, state.weights, { data, range: options.test }));
      standing = evaluated(standing, { testError, perEpoch: batches.perEpoch, seconds: seconds() });
      await run.save(standing);
      onEpoch?.(standing.curve[standing.curve.length - 1]);
    }
    onProgress?.({ task: 'training', done: standing.step, total: steps, figure: figureOf(standing, loss) });
  }
  return resultOf('finished', standing);
}

interface StepWork {
  readonly batches: ReturnType<typeof batchSource>;
  readonly steps: number;
  readonly options: TrainOptions;
  readonly run: Run;
}

async function runStep(
  { step, state }: Standing,
  { batches, steps, options, run }: StepWork,
): Promise<{ loss: number; state: TrainingState<HostArray> }> {
  const { learningRate: peak, warmUp, weightDecay } = options;
  const learningRate = learningRateAt({ steps, peak, warmUp }, step);
  const scalars = stepScalars(learningRate, step + 1, { ...adamwDefaults, weightDecay });
  const result = await run.step.run(state, batches.at(step), {
    rate: scalarArray(scalars.rate),
    epsilon: scalarArray(scalars.epsilon),
    keep: scalarArray(scalars.keep),
  });
  const { weights, moments } = result.state;
  const next = {
    weights: mapWeights(weights, asFloat32),
    moments: { first: mapWeights(moments.first, asFloat32), second: mapWeights(moments.second, asFloat32) },
  };
  return { loss: asFloat32(result.loss).data[0], state: next };
}

const isEvaluation = (step: number, perEpoch: number, { epochs, evaluateEvery }: TrainOptions): boolean =>
  step % perEpoch === 0 && ((step / perEpoch) % evaluateEvery === 0 || step === perEpoch * epochs);

function evaluated(standing: Standing, at: { testError: number; perEpoch: number; seconds: number }): Standing {
  const { step, curve, lossSum, lossCount } = standing;
  const { testError, perEpoch, seconds } = at;
  const point = { epoch: step / perEpoch, step, loss: lossSum / lossCount, testError, seconds };
  return { ...standing, curve: [...curve, point], lossSum: 0, lossCount: 0, seconds };
}

/** The loss until the first evaluation, then the test error. */
function figureOf({ curve }: Standing, loss: number): { name: string; value: number; unit?: string } {
  const last = curve[curve.length - 1];
  return last === undefined
    ? { name: 'loss', value: loss }
    : { name: 'test error', value: 100 * last.testError, unit: '%' };
}

function resultOf(status: TrainResult['status'], { state, curve, seconds }: Standing): TrainResult {
  const testError = status === 'finished' ? (curve[curve.length - 1]?.testError ?? Number.NaN) : Number.NaN;
  return { status, weights: state.weights, curve, testError, seconds };
}
