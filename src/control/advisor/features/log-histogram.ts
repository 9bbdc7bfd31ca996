// Quantiles of positive figures in little space: bins of equal width in the logarithm, eight an octave.

const perOctave = 8;
const lowest = -14 * perOctave;
const bins = 40 * perOctave;

/** From 2^-14 to 2^26, about a tenth of a microsecond to a day in milliseconds; what is outside goes into the outermost bins. */
export class LogHistogram {
  readonly #counts = new Uint32Array(bins);
  count = 0;

  hear(value: number): void {
    if (!(value >= 0) || value === Number.POSITIVE_INFINITY) return;
    const bin = Math.floor(Math.log2(Math.max(value, Number.MIN_VALUE)) * perOctave) - lowest;
    this.#counts[Math.min(bins - 1, Math.max(0, bin))]++;
    this.count++;
  }

  /** Natural logarithm of a quantile, interpolated within its bin; NaN without samples. */
  logQuantile(probability: number): number {
    const rank = probability * this.count;
    let below = 0;
    for (let bin = 0; bin < bins; bin++) {
      const inBin = this.#counts[bin];
      if (inBin > 0 && below + inBin >= rank) return ((bin + lowest + (rank - below) / inBin) / perOctave) * Math.LN2;
      below += inBin;
    }
    return Number.NaN;
  }

  /** Share of samples above a value that is given by its natural logarithm; NaN without samples. */
  shareAbove(logValue: number): number {
    const place = (logValue / Math.LN2) * perOctave - lowest;
    let above = 0;
    for (let bin = 0; bin < bins; bin++) above += this.#counts[bin] * Math.min(1, Math.max(0, bin + 1 - place));
    return above / this.count;
  }
}
