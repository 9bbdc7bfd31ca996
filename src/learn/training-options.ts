// What a training is told, besides its operator and its data; and the facts by which a resumed one is recognised.
import { GalerkinError } from '../base/index.js';
import type { DataSet } from './data-set.js';
import type { Operator } from './operator.js';
import type { FieldRange } from './split.js';
import type { NodeMap } from './symmetries.js';

export interface TrainOptions {
  /** Fields that train; the others are never looked at by a step. */
  readonly train: FieldRange;
  /** Unseen fields for the test error. */
  readonly test: FieldRange;
  readonly epochs: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly warmUp: number;
  readonly weightDecay: number;
  readonly gradientWeight: number;
  /** Epochs between two evaluations and checkpoints. */
  readonly evaluateEvery: number;
  readonly seed: number;
  /** Maps of the grid under which solutions stay solutions; each field is seen under a random one. At least one. */
  readonly symmetries: readonly NodeMap[];
  /** 0 takes all cores. It changes the speed, not the recipe. */
  readonly threads: number;
}

/** @throws OPTIONS_INVALID with everything that cannot be trained. */
export function checkTraining(operator: Operator, data: DataSet, options: TrainOptions): void {
  const { train, test, batch, symmetries } = options;
  const faults: string[] = [];
  const want = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(fault);
  };
  const whole = (value: number, min: number): boolean => Number.isSafeInteger(value) && value >= min;
  for (const [name, { first, count }] of Object.entries({ train, test })) {
    const inside = whole(first, 0) && whole(count, 1) && first + count <= data.count;
    want(inside, `${name}: wanted fields from 0 to ${data.count - 1}, got ${count} from ${first} on`);
  }
  const apart = train.first + train.count <= test.first || test.first + test.count <= train.first;
  want(apart, 'test: wanted fields that do not train, got some that do');
  for (const name of ['epochs', 'batch', 'evaluateEvery'] as const) {
    want(whole(options[name], 1), `${name}: wanted a whole number of at least 1, got ${options[name]}`);
  }
  for (const name of ['learningRate', 'warmUp', 'weightDecay', 'gradientWeight'] as const) {
    const value = options[name];
    want(Number.isFinite(value) && value >= 0, `${name}: wanted a number of at least 0, got ${value}`);
  }
  want(options.gradientWeight <= 1, `gradientWeight: wanted at most 1, got ${options.gradientWeight}`);
  want(batch <= train.count, `batch: wanted at most the ${train.count} training fields, got ${batch}`);
  want(operator.n === data.n, `n: the operator has ${operator.n} nodes per side, the data ${data.n}`);
  const maps = symmetries.length > 0 && symmetries.every(map => map.length === data.n ** 2);
  want(maps, `symmetries: wanted at least one map of ${data.n ** 2} nodes`);
  if (faults.length > 0) throw new GalerkinError('OPTIONS_INVALID', { of: 'train', faults });
}

/** Facts by name; two trainings with equal facts are the same training. */
export type Fingerprint = Readonly<Record<string, string>>;

export function fingerprintOf(operator: Operator, data: DataSet, options: TrainOptions): Fingerprint {
  const { symmetries, threads: _, ...recipe } = options;
  const facts = { ...operator.config, data: data.digest, ...recipe, symmetries: symmetries.length };
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, JSON.stringify(value)]));
}

/** Names of the facts that differ. */
export function differingFacts(a: Fingerprint, b: Fingerprint): string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].filter(name => a[name] !== b[name]);
}
