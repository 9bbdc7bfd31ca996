// What can be trained: a map between grid fields with named weights, written once over the tracer's arrays.
import type { Random } from '../base/index.js';
import type { Traced } from '../compile/index.js';
import type { HostArray, Weights } from './traced-arrays.js';

export interface Operator {
  readonly name: string;
  /** Grid nodes per side of its input and output. */
  readonly n: number;
  /** What it was made from, as JSON: the same config, seed and data give the same training. */
  readonly config: Readonly<Record<string, string | number>>;
  /** First weights; the same stream gives the same weights. */
  init(random: Random): Weights<HostArray>;
  /** Maps a raw input field [batch, n, n] to the raw output field [batch, n, n]; part of what is traced (galerkin/compile). */
  forward(weights: Weights<Traced>, input: Traced): Traced;
}

/** Real numbers in the weights; a complex one counts as two. */
export function parameterCount(weights: Weights<HostArray>): number {
  return Object.values(weights).reduce((total, { data }) => total + data.length, 0);
}
