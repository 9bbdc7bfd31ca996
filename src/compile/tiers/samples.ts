// Times of calls: how many, how long together, and the median of the last ones.

const kept = 33;

export class Samples {
  readonly #recent: number[] = [];
  #count = 0;
  #totalMs = 0;

  add(ms: number): void {
    this.#recent[this.#count % kept] = ms;
    this.#count += 1;
    this.#totalMs += ms;
  }

  get count(): number {
    return this.#count;
  }

  get totalMs(): number {
    return this.#totalMs;
  }

  /** Median of the last 33; undefined before the first. */
  get medianMs(): number | undefined {
    const sorted = [...this.#recent].sort((a, b) => a - b);
    return sorted[sorted.length >> 1];
  }
}
