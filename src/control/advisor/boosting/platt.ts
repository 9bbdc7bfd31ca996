// Platt's scaling: log odds are stretched and shifted until they are honest on rows that the trees have not seen (Platt 1999; Lin, Lin & Weng 2007).
import { sigmoid } from './tree.js';

/** Honest log odds = slope * log odds + shift. */
export interface Scaling {
  readonly slope: number;
  readonly shift: number;
}

const rounds = 100;
const halvings = 20;
const enough = 1e-9;

interface Fit {
  readonly logOdds: Float64Array;
  readonly targets: Float64Array;
}

/** Logistic loss, finite for all log odds. */
function lossOf({ logOdds, targets }: Fit, { slope, shift }: Scaling): number {
  let sum = 0;
  for (let row = 0; row < targets.length; row++) {
    const x = slope * logOdds[row] + shift;
    sum += Math.max(0, x) - targets[row] * x + Math.log1p(Math.exp(-Math.abs(x)));
  }
  return sum;
}

/** Newton's step from here. */
function newtonStep({ logOdds, targets }: Fit, { slope, shift }: Scaling): Scaling {
  let [gs, gb, hss, hsb, hbb] = [0, 0, 1e-9, 0, 1e-9];
  for (let row = 0; row < targets.length; row++) {
    const x = logOdds[row];
    const p = sigmoid(slope * x + shift);
    const weight = p * (1 - p);
    gs += (p - targets[row]) * x;
    gb += p - targets[row];
    hss += weight * x * x;
    hsb += weight * x;
    hbb += weight;
  }
  const determinant = hss * hbb - hsb * hsb;
  return { slope: -(hbb * gs - hsb * gb) / determinant, shift: -(hss * gb - hsb * gs) / determinant };
}

/**
 * Newton's method on the logistic loss, each step halved until the loss falls, with the targets drawn in a little as in the papers.
 * Log odds that rank rows the wrong way round are left as they are.
 */
export function plattScaling(logOdds: Float64Array, labels: Uint8Array): Scaling {
  const ones = labels.reduce((sum, label) => sum + label, 0);
  const [high, low] = [(ones + 1) / (ones + 2), 1 / (labels.length - ones + 2)];
  const fit: Fit = { logOdds, targets: Float64Array.from(labels, label => (label === 1 ? high : low)) };
  let now: Scaling = { slope: 1, shift: 0 };
  let loss = lossOf(fit, now);
  for (let round = 0; round < rounds; round++) {
    const step = newtonStep(fit, now);
    let [part, fallen] = [1, 0];
    for (let halving = 0; halving < halvings && fallen <= 0; halving++, part /= 2)
      fallen = loss - lossOf(fit, { slope: now.slope + part * step.slope, shift: now.shift + part * step.shift });
    if (!(fallen > 0)) break;
    part *= 2;
    now = { slope: now.slope + part * step.slope, shift: now.shift + part * step.shift };
    loss -= fallen;
    if (fallen < enough * loss) break;
  }
  return now.slope > 0 ? now : { slope: 1, shift: 0 };
}
