// Data sets: many random fields of a problem, each solved; field k depends only on the seed and k.
import { setImmediate } from 'node:timers/promises';
import type { z } from 'zod';
import { GalerkinError, type ProgressListener, resolveOptions, seededRandom, systemClock } from '../base/index.js';
import { generateOptions } from './options.js';
import type { Problem } from './problem.js';
import { createSolver } from './solver.js';

export type GenerateOptions = z.input<typeof generateOptions>;

export interface GenerateHooks {
  /** Called about ten times a second with fields/s. */
  readonly onProgress?: ProgressListener;
  /** Stops between two fields with CANCELLED. */
  readonly signal?: AbortSignal;
}

export interface FieldSet {
  /** Name of the problem. */
  readonly problem: string;
  readonly n: number;
  readonly count: number;
  /** Number of the first field. */
  readonly first: number;
  readonly seed: number;
  /** The problem's first coefficient, [count, n, n]. */
  readonly inputs: Float32Array;
  /** The unknown, [count, n, n]. */
  readonly outputs: Float32Array;
}

const turnMs = 50;

/**
 * Samples and solves `count` fields, single-threaded, yielding to the event loop every 50 ms.
 * `first` lets a data set grow or resume: fields 0..99 and 100..199 together equal 0..199.
 * @throws OPTIONS_INVALID, CANCELLED, FIELD_UNSOLVED if a field misses the tolerance.
 */
export async function generate(
  problem: Problem,
  options: GenerateOptions,
  { onProgress, signal }: GenerateHooks = {},
): Promise<FieldSet> {
  const { count, first, n, seed, tolerance } = resolveOptions('generate', generateOptions, options);
  const solver = createSolver(problem, n, { tolerance });
  const input = problem.coefficients[0]?.name ?? '';
  const size = solver.mesh.pointCount;
  const [inputs, outputs] = [new Float32Array(count * size), new Float32Array(count * size)];
  const startMs = systemClock.monotonic();
  let turnEndMs = startMs;
  for (let k = 0; k < count; k++) {
    if (systemClock.monotonic() >= turnEndMs) {
      await setImmediate();
      if (signal?.aborted)
        throw new GalerkinError('CANCELLED', { what: 'generating fields' }, { cause: signal.reason });
      turnEndMs = systemClock.monotonic() + turnMs;
      report(k);
    }
    const coefficients = problem.sample(n, seededRandom(seed).fork(first + k));
    const { status, u, relativeResidual, iterations } = solver.solve(coefficients);
    if (status !== 'converged') {
      throw new GalerkinError('FIELD_UNSOLVED', { field: first + k, status, relativeResidual, iterations });
    }
    inputs.set(coefficients[input], k * size);
    outputs.set(u, k * size);
  }
  report(count);
  return { problem: problem.name, n, count, first, seed, inputs, outputs };

  function report(done: number): void {
    const seconds = (systemClock.monotonic() - startMs) / 1000;
    const value = seconds > 0 ? done / seconds : 0;
    onProgress?.({ task: 'solving fields', done, total: count, figure: { name: 'speed', value, unit: 'fields/s' } });
  }
}
