// A training on disk: weights, moments, the place in the schedule and the curve so far, enough to go on bit by bit the same.
import { z } from 'zod';
import { GalerkinError } from '../base/index.js';
import type { Checkpoints, NpzArray } from '../store/index.js';
import { asFloat32, type HostArray, mapWeights, type Weights, zeroArray } from './traced-arrays.js';
import { differingFacts, type Fingerprint } from './training-options.js';
import type { TrainingState } from './training-programs.js';

const pointSchema = z.object({
  epoch: z.int(),
  step: z.int(),
  /** Mean training loss since the point before. */
  loss: z.number(),
  /** Mean relative L2 error on the test fields. */
  testError: z.number(),
  /** Seconds of training, evaluation included, over all runs. */
  seconds: z.number(),
});

/** One evaluation of a training. */
export type CurvePoint = Readonly<z.infer<typeof pointSchema>>;

const metaSchema = z.object({
  fingerprint: z.record(z.string(), z.string()),
  curve: z.array(pointSchema),
  lossSum: z.number(),
  lossCount: z.int(),
  seconds: z.number(),
});

/** Where a training stands. */
export interface Standing {
  readonly step: number;
  readonly state: TrainingState<HostArray>;
  readonly curve: readonly CurvePoint[];
  /** Losses since the last point of the curve. */
  readonly lossSum: number;
  readonly lossCount: number;
  readonly seconds: number;
}

export function firstStanding(weights: Weights<HostArray>): Standing {
  const zeros = (): Weights<HostArray> => mapWeights(weights, ({ shape }) => zeroArray(shape));
  const state = { weights, moments: { first: zeros(), second: zeros() } };
  return { step: 0, state, curve: [], lossSum: 0, lossCount: 0, seconds: 0 };
}

const groups = ({ weights, moments }: TrainingState<HostArray>): [string, Weights<HostArray>][] => [
  ['weights', weights],
  ['first', moments.first],
  ['second', moments.second],
];

export async function saveStanding(
  checkpoints: Checkpoints,
  standing: Standing,
  fingerprint: Fingerprint,
): Promise<void> {
  const { step, state, curve, lossSum, lossCount, seconds } = standing;
  const arrays: Record<string, NpzArray> = {};
  for (const [group, weights] of groups(state)) {
    for (const [name, { shape, data }] of Object.entries(weights)) {
      arrays[`${group}.${name}`] = { dtype: 'float32', shape, data };
    }
  }
  await checkpoints.save(step, { meta: { fingerprint, curve: [...curve], lossSum, lossCount, seconds }, arrays });
}

interface Resumption {
  readonly folder: string;
  readonly fingerprint: Fingerprint;
}

/**
 * The newest standing on disk, or `first`.
 * @throws TRAINING_MISMATCH if what is on disk belongs to another training.
 */
export async function resumeStanding(checkpoints: Checkpoints, first: Standing, run: Resumption): Promise<Standing> {
  const latest = await checkpoints.latest();
  if (latest === undefined) return first;
  const meta = metaSchema.safeParse(latest.meta);
  const differs = meta.success
    ? differingFacts(meta.data.fingerprint, run.fingerprint)
    : ['the form of the checkpoint'];
  if (!meta.success || differs.length > 0)
    throw new GalerkinError('TRAINING_MISMATCH', { folder: run.folder, differs });
  const restored = (group: string, like: Weights<HostArray>): Weights<HostArray> =>
    mapWeights(like, ({ shape }, name) => {
      const array = latest.arrays[`${group}.${name}`];
      if (array?.dtype === 'float32' && array.shape.join() === shape.join()) {
        return asFloat32({ dtype: 'FP32', shape, data: array.data });
      }
      throw new GalerkinError('TRAINING_MISMATCH', { folder: run.folder, differs: [`${group}.${name}`] });
    });
  const { weights, moments } = first.state;
  const state = {
    weights: restored('weights', weights),
    moments: { first: restored('first', moments.first), second: restored('second', moments.second) },
  };
  const { curve, lossSum, lossCount, seconds } = meta.data;
  return { step: latest.step, state, curve, lossSum, lossCount, seconds };
}
