// How long a batch of n takes, learned while it runs: a line a + b n by weighted recursive least squares that forgets the past.

/** Weight that an observation keeps for each later one: half of it is gone after 34. */
const forgetting = 0.98;
/** Residuals beyond so many mean deviations count for less (Huber 1964). */
const huber = 2.5;
/** Mean deviations from the mean to the 95th percentile of a normal distribution. */
const p95 = 1.645 * Math.sqrt(Math.PI / 2);
/** So many large residuals on one side, one after another, are no outliers: the model has become another. */
const changeRun = 6;
/** What is left of the past then. */
const afterChange = 0.02;
/** Strength of the first guess that time is proportional to the batch, against what is observed. */
const priorStrength = 0.05;
const smallestDeviation = 0.01;

export interface FitReport {
  /** Of one execution, whatever its size. */
  readonly fixedMs: number;
  readonly perItemMs: number;
  /** Mean deviation from the line, as a share of it. */
  readonly deviation: number;
  readonly observations: number;
  /** Enough is known, and it lies close enough to a line. */
  readonly isTrusted: boolean;
}

/** Sums with weights stand for the recursion: the same numbers, and nothing that blows up while all batches are of one size. */
export class LatencyFit {
  private weight = 0;
  private n = 0;
  private nn = 0;
  private y = 0;
  private ny = 0;
  private deviation = 0.2;
  /** Length of the present run of large residuals; its sign is their side. */
  private run = 0;
  observations = 0;
  /** The largest batch seen; lines are not drawn far beyond. */
  largest = 0;

  observe(items: number, ms: number): void {
    const expected = this.observations === 0 ? ms : this.at(items);
    const residual = expected > 0 ? (ms - expected) / expected : 0;
    const scale = Math.max(this.deviation, smallestDeviation);
    const size = Math.abs(residual);
    const isLarge = size > 2 * scale;
    this.run = isLarge
      ? Math.sign(residual) * (Math.sign(residual) === Math.sign(this.run) ? Math.abs(this.run) + 1 : 1)
      : 0;
    if (Math.abs(this.run) >= changeRun) this.forget();
    const w = size <= huber * scale ? 1 : (huber * scale) / size;
    this.deviation += 0.05 * (Math.min(size, 4 * scale) - this.deviation);
    this.weight = forgetting * this.weight + w;
    this.n = forgetting * this.n + w * items;
    this.nn = forgetting * this.nn + w * items * items;
    this.y = forgetting * this.y + w * ms;
    this.ny = forgetting * this.ny + w * items * ms;
    this.observations++;
    if (items > this.largest) this.largest = items;
  }

  /** What was known is worth little now; the next observations make the line. */
  private forget(): void {
    this.run = 0;
    this.weight *= afterChange;
    this.n *= afterChange;
    this.nn *= afterChange;
    this.y *= afterChange;
    this.ny *= afterChange;
    this.deviation = 0.2;
  }

  /**
   * Milliseconds per item. Where all batches are of one size the slope is not known: it is then taken to be proportional,
   * which never promises too little time for a larger batch.
   */
  private slope(): number {
    const { weight, n, nn, y, ny } = this;
    const [meanItems, meanMs] = [n / weight, y / weight];
    const strength = priorStrength * meanItems * meanItems;
    const covariance = ny - n * meanMs + (strength * meanMs) / meanItems;
    return Math.max(0, covariance / (nn - n * meanItems + strength));
  }

  /** Expected milliseconds of a batch. */
  at(items: number): number {
    if (this.weight === 0) return 0;
    return Math.max(0, this.y / this.weight + this.slope() * (items - this.n / this.weight));
  }

  /** Milliseconds that 95 percent of such batches stay below. */
  upperAt(items: number): number {
    return this.at(items) * (1 + p95 * this.deviation);
  }

  get isTrusted(): boolean {
    return this.observations >= 8 && this.weight >= 3 && this.deviation < 0.4;
  }

  report(): FitReport {
    const { observations, deviation, isTrusted } = this;
    const perItemMs = this.weight === 0 ? 0 : this.slope();
    return { fixedMs: this.at(0), perItemMs, deviation, observations, isTrusted };
  }
}
