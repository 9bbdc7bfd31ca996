// A histogram of magnitudes in bounded memory: when a larger value comes, bins are merged in pairs and the range doubles.

export class MagnitudeHistogram {
  /** Values in each bin, zeros excepted: whatever the scale, they are exact, and after a ReLU they are half of all. */
  readonly counts: Float64Array;
  zeros = 0;
  /** End of the last bin; 0 until something other than zero came. */
  range = 0;
  least = Number.POSITIVE_INFINITY;
  largest = Number.NEGATIVE_INFINITY;
  total = 0;

  /** @param bins an even number. */
  constructor(bins: number) {
    this.counts = new Float64Array(bins);
  }

  /** Adds values; false if one of them is not finite, and then the histogram is of no use. */
  add(values: Float32Array): boolean {
    let [least, largest] = [this.least, this.largest];
    for (const value of values) {
      if (!Number.isFinite(value)) return false;
      if (value < least) least = value;
      if (value > largest) largest = value;
    }
    this.least = least;
    this.largest = largest;
    this.#grow(Math.max(Math.abs(least), Math.abs(largest)));
    const bins = this.counts.length;
    const perUnit = this.range === 0 ? 0 : bins / this.range;
    for (const value of values) {
      if (value === 0) {
        this.zeros++;
        continue;
      }
      const bin = Math.min(bins - 1, Math.floor(Math.abs(value) * perUnit));
      this.counts[bin] = (this.counts[bin] ?? 0) + 1;
    }
    this.total += values.length;
    return true;
  }

  #grow(magnitude: number): void {
    if (!Number.isFinite(magnitude)) return;
    if (this.range === 0) this.range = magnitude;
    const bins = this.counts.length;
    while (magnitude > this.range) {
      for (let k = 0; k < bins / 2; k++) this.counts[k] = (this.counts[2 * k] ?? 0) + (this.counts[2 * k + 1] ?? 0);
      this.counts.fill(0, bins / 2);
      this.range *= 2;
    }
  }
}
