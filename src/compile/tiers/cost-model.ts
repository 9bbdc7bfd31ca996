// What compiling costs and what it gains, learned from the compilations and calls seen so far.

/** One thing measured: its size and how long it took. */
interface Observation {
  readonly size: number;
  readonly ms: number;
}

/** A straight line ms = a + b * size through what was seen, with earlier belief as two observations. Never negative. */
export class LineFit {
  #weight = 0;
  #sums = { x: 0, y: 0, xx: 0, xy: 0 };

  /** @param belief fixed cost and cost of each unit before anything was seen, and a size that is usual. */
  constructor(belief: { readonly fixedMs: number; readonly unitMs: number; readonly usualSize: number }) {
    const at = (size: number) => ({ size, ms: belief.fixedMs + belief.unitMs * size });
    this.add(at(0), 0.5);
    this.add(at(belief.usualSize), 0.5);
  }

  add({ size, ms }: Observation, weight = 1): void {
    const { x, y, xx, xy } = this.#sums;
    this.#weight += weight;
    this.#sums = {
      x: x + weight * size,
      y: y + weight * ms,
      xx: xx + weight * size * size,
      xy: xy + weight * size * ms,
    };
  }

  predict(size: number): number {
    const { x, y, xx, xy } = this.#sums;
    const spread = xx * this.#weight - x * x;
    const slope = Math.max(0, (xy * this.#weight - x * y) / spread);
    const base = (y - slope * x) / this.#weight;
    // A line that starts below zero says that size alone decides.
    return base >= 0 ? base + slope * size : (xy / xx) * size;
  }
}

/** Beliefs before the first compilation: measured on two virtual cores (docs/tiers.md). Replaced by what is seen. */
export interface CostBelief {
  /** Tracing, lowering and opening a program of no equations, ms. */
  readonly compileFixedMs: number;
  /** The same for each equation more, ms. */
  readonly compilePerEquationMs: number;
  /** The first answer of tier 0, beyond what later ones take: ms and ms for each equation. */
  readonly firstAnswerFixedMs: number;
  readonly firstAnswerPerEquationMs: number;
  /** How many times faster than tier 0 native code is. */
  readonly speedUp: number;
}

export const usualCosts: CostBelief = Object.freeze({
  compileFixedMs: 25,
  compilePerEquationMs: 0.4,
  firstAnswerFixedMs: 10,
  firstAnswerPerEquationMs: 1.2,
  speedUp: 4,
});

const usualSize = 500;

export class CostModel {
  readonly #compile: LineFit;
  readonly #firstAnswer: LineFit;
  #logSpeedUp: { sum: number; weight: number };

  constructor(belief: CostBelief = usualCosts) {
    this.#compile = new LineFit({ fixedMs: belief.compileFixedMs, unitMs: belief.compilePerEquationMs, usualSize });
    const { firstAnswerFixedMs: fixedMs, firstAnswerPerEquationMs: unitMs } = belief;
    this.#firstAnswer = new LineFit({ fixedMs, unitMs, usualSize });
    this.#logSpeedUp = { sum: Math.log(belief.speedUp), weight: 1 };
  }

  compileMs(equations: number): number {
    return this.#compile.predict(equations);
  }

  /** What the first call in tier 0 takes at least: the tracer compiles too. */
  firstAnswerMs(equations: number): number {
    return this.#firstAnswer.predict(equations);
  }

  /** Predicted native time of a call that takes `tierZeroMs` in tier 0. */
  nativeMs(tierZeroMs: number): number {
    return tierZeroMs / Math.exp(this.#logSpeedUp.sum / this.#logSpeedUp.weight);
  }

  sawCompile(equations: number, ms: number): void {
    this.#compile.add({ size: equations, ms });
  }

  sawFirstAnswer(equations: number, ms: number): void {
    this.#firstAnswer.add({ size: equations, ms });
  }

  /** Both times of one function; the mean is the geometric one. */
  sawSpeedUp(tierZeroMs: number, nativeMs: number): void {
    if (!(tierZeroMs > 0 && nativeMs > 0)) return;
    this.#logSpeedUp = {
      sum: this.#logSpeedUp.sum + Math.log(tierZeroMs / nativeMs),
      weight: this.#logSpeedUp.weight + 1,
    };
  }
}
