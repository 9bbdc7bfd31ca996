// How good probabilities are on rows that nothing was fitted to.

export interface Quality {
  readonly rows: number;
  /** Share of rows that are truly worse. */
  readonly worse: number;
  /** Area under the receiver's curve: probability that a worse one is ranked above one that is not. */
  readonly auc: number;
  /** Mean squared error of the probability (Brier 1950). */
  readonly brier: number;
  /** Expected calibration error over ten bins of equal width: mean |share of ones - mean probability|. */
  readonly calibrationError: number;
  /** Share of rows whose confidence reaches the threshold, and how many of those are on the right side. */
  readonly confidence: number;
  readonly confident: number;
  readonly right: number;
}

/** By ranks, ties counted half (Mann & Whitney). NaN without both labels. */
export function areaUnderCurve(scores: Float64Array, labels: Uint8Array): number {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[a] - scores[b]);
  let [rankSum, ones] = [0, 0];
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && scores[order[end]] === scores[order[start]]) end++;
    const rank = (start + end + 1) / 2;
    for (let k = start; k < end; k++) {
      if (labels[order[k]] === 0) continue;
      rankSum += rank;
      ones++;
    }
    start = end;
  }
  return (rankSum - (ones * (ones + 1)) / 2) / (ones * (labels.length - ones));
}

const binCount = 10;

function calibrationErrorOf(probabilities: Float64Array, labels: Uint8Array): number {
  const off = new Float64Array(binCount);
  for (let row = 0; row < labels.length; row++)
    off[Math.min(binCount - 1, Math.floor(binCount * probabilities[row]))] += labels[row] - probabilities[row];
  return off.reduce((sum, each) => sum + Math.abs(each), 0) / labels.length;
}

export function qualityOf(probabilities: Float64Array, labels: Uint8Array, confidence: number): Quality {
  let [brier, ones, confident, right] = [0, 0, 0, 0];
  for (let row = 0; row < labels.length; row++) {
    const p = probabilities[row];
    brier += (p - labels[row]) ** 2;
    ones += labels[row];
    if (Math.max(p, 1 - p) < confidence) continue;
    confident++;
    if (p > 0.5 === (labels[row] === 1)) right++;
  }
  const rows = labels.length;
  return {
    rows,
    worse: ones / rows,
    auc: areaUnderCurve(probabilities, labels),
    brier: brier / rows,
    calibrationError: calibrationErrorOf(probabilities, labels),
    confidence,
    confident: confident / rows,
    right: confident === 0 ? Number.NaN : right / confident,
  };
}
