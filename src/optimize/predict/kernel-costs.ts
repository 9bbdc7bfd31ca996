// Kernel costs: for each operator a roofline with steps, fitted to what executions of it took on this machine.
import { fitCosts, type Observation } from './least-squares.js';
import type { Work } from './work.js';

/** One execution of an operator, as it was measured. */
export interface Measured {
  readonly operator: string;
  readonly work: Work;
  readonly ms: number;
}

/** Where slopes may change: one thread or several, first-level cache, second-level cache, memory. */
const byteSteps = [32 * 2 ** 10, 2 ** 20, 16 * 2 ** 20] as const;
const flopSteps = [2 ** 19, 2 ** 24] as const;

/** The parts of `value` between the steps: a piecewise linear function of it is a sum of them. */
function segments(value: number, steps: readonly number[]): number[] {
  const bounds = [0, ...steps, Number.POSITIVE_INFINITY];
  return bounds.slice(1).map((end, k) => Math.max(0, Math.min(value, end) - (bounds[k] ?? 0)));
}

/** Where in the features each group of segments begins and ends. */
const groups = [
  { from: 1, to: 1 + flopSteps.length },
  { from: 2 + flopSteps.length, to: 2 + flopSteps.length + byteSteps.length },
] as const;

/** Beyond the largest amount that was measured, costs grow as they did before it. */
function prolonged(costs: readonly number[], observations: readonly Observation[]): number[] {
  const result = [...costs];
  for (const { from, to } of groups) {
    for (let k = from + 1; k <= to; k++) {
      if (observations.every(({ features }) => features[k] === 0)) result[k] = result[k - 1] ?? 0;
    }
  }
  return result;
}

const featuresOf = ({ flops, readBytes, writtenBytes }: Work): number[] => [
  1,
  ...segments(flops, flopSteps),
  ...segments(readBytes + writtenBytes, byteSteps),
  writtenBytes,
];
const unit = featuresOf({ flops: 0, readBytes: 0, writtenBytes: 0 });

const sumOf = (costs: readonly number[], work: Work): number =>
  featuresOf(work).reduce((sum, value, k) => sum + value * (costs[k] ?? 0), 0);

/** How far a measurement is from the fit, and where among all amounts of work it lies. */
interface Residual {
  readonly place: readonly number[];
  readonly logRatio: number;
}

/** Coordinates in which one is a factor of two. */
const placeOf = ({ flops, readBytes, writtenBytes }: Work): number[] =>
  [flops, readBytes, writtenBytes].map(value => Math.log2(1 + value));

/** The fit counts as one measurement of this weight; so neighbours must be near to change it. */
const weightOfFit = 0.2;

/** What neighbours in the amount of work took over what the fit says: efficiency depends on shapes more finely than sums can tell. */
function localRatio(residuals: readonly Residual[], work: Work): number {
  const place = placeOf(work);
  let [sum, weights] = [0, weightOfFit];
  for (const { place: other, logRatio } of residuals) {
    const squared = place.reduce((total, value, k) => total + (value - (other[k] ?? 0)) ** 2, 0);
    const weight = Math.exp(-squared / 2);
    sum += weight * logRatio;
    weights += weight;
  }
  return Math.exp(sum / weights);
}

/** With fewer executions than this, an operator is held close to what all operators cost together. */
const enough = 12;

export class KernelCosts {
  readonly #byOperator = new Map<string, number[]>();
  readonly #residuals = new Map<string, Residual[]>();
  #general: number[];
  #measured: Measured[] = [];
  #isFitted = false;

  constructor() {
    this.#general = unit.map(() => 0);
  }

  get size(): number {
    return this.#measured.length;
  }

  add(measured: readonly Measured[]): void {
    // A clock of microseconds says nothing of an execution that took less.
    this.#measured = [...this.#measured, ...measured.filter(({ ms }) => ms > 0)];
    this.#isFitted = false;
  }

  #fit(): void {
    const observations = this.#measured.map(({ work, ms }) => ({ features: featuresOf(work), ms }));
    this.#general = fitCosts(
      observations,
      unit.map(() => 0),
    );
    for (const operator of new Set(this.#measured.map(one => one.operator))) {
      const own = observations.filter((_, k) => this.#measured[k]?.operator === operator);
      const ridge = own.length < enough ? 0.1 : 1e-3;
      const costs = prolonged(fitCosts(own, this.#general, ridge), own);
      this.#byOperator.set(operator, costs);
      const residuals = this.#measured
        .filter(one => one.operator === operator)
        .map(({ work, ms }) => ({ place: placeOf(work), logRatio: Math.log(ms / sumOf(costs, work)) }));
      this.#residuals.set(operator, residuals);
    }
    this.#isFitted = true;
  }

  /** Milliseconds of one execution; of an operator that was never measured, by what operators cost in general. */
  predict(operator: string, work: Work): number {
    if (!this.#isFitted) this.#fit();
    const costs = this.#byOperator.get(operator) ?? this.#general;
    return sumOf(costs, work) * localRatio(this.#residuals.get(operator) ?? [], work);
  }

  knows(operator: string): boolean {
    return this.#measured.some(one => one.operator === operator);
  }
}
