// Where to clip: the magnitude beyond which values are given up so that the others get finer steps.
import type { MagnitudeHistogram } from './histogram.js';

/** The magnitude below which `percentile` percent of all values lie, to the width of a bin. */
export function percentileThreshold({ counts, range, total, zeros }: MagnitudeHistogram, percentile: number): number {
  const wanted = (percentile / 100) * total;
  let below = zeros;
  for (let k = 0; k < counts.length; k++) {
    below += counts[k] ?? 0;
    if (below >= wanted) return ((k + 1) * range) / counts.length;
  }
  return range;
}

interface Clipped {
  readonly kept: number;
  readonly levels: number;
  /** How many values lie beyond the kept bins. */
  readonly beyond: number;
}

/**
 * Kullback-Leibler divergence of the first `kept` bins, with all beyond them in the last, from the same in `levels` steps.
 * Bins of few values differ by chance alone: what chance adds, half a count for each bin but one of a step, is taken off
 * (Miller 1955), or a short calibration would clip nearly everything.
 */
function divergence(counts: Float64Array, { kept, levels, beyond }: Clipped): number {
  let inside = 0;
  for (let k = 0; k < kept; k++) inside += counts[k] ?? 0;
  const total = inside + beyond;
  if (inside === 0) return Number.POSITIVE_INFINITY;
  let [sum, chance] = [0, 0];
  for (let level = 0; level < levels; level++) {
    const start = Math.floor((level * kept) / levels);
    const end = Math.floor(((level + 1) * kept) / levels);
    let [held, filled] = [0, 0];
    for (let k = start; k < end; k++) {
      const count = counts[k] ?? 0;
      held += count;
      if (count > 0) filled++;
    }
    chance += Math.max(0, filled - 1) / 2;
    // Only bins that hold something share what their step holds, as in the published method.
    const q = filled === 0 ? 0 : held / filled / inside;
    for (let k = start; k < end; k++) {
      const count = (counts[k] ?? 0) + (k === kept - 1 ? beyond : 0);
      if (count > 0) sum += (count / total) * Math.log(count / total / Math.max(q, smallest));
    }
  }
  return sum - chance / total;
}

/** Stands for a probability of zero where there must be none. */
const smallest = 1e-12;

/**
 * The magnitude that loses least information: of all thresholds, the one at which the clipped distribution and its image in
 * `levels` steps are nearest (Migacz 2017, "8-bit inference with TensorRT"; ONNX Runtime's entropy calibrator).
 */
export function entropyThreshold({ counts, range }: MagnitudeHistogram, levels: number): number {
  const bins = counts.length;
  if (bins <= levels || range === 0) return range;
  const step = Math.max(1, Math.floor(bins / 256));
  let beyond = 0;
  let best = { kept: bins, divergence: Number.POSITIVE_INFINITY };
  for (let kept = bins, last = bins; kept >= levels; kept -= step) {
    for (let k = kept; k < last; k++) beyond += counts[k] ?? 0;
    last = kept;
    const value = divergence(counts, { kept, levels, beyond });
    if (value < best.divergence) best = { kept, divergence: value };
  }
  return (best.kept * range) / bins;
}
