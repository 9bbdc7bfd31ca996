// What a training is told, besides its operator and its data; and the facts by which a resumed one is recognised.
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
