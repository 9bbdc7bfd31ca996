// Platt's scaling: log odds are stretched and shifted until they are honest on rows that the trees have not seen (Platt 1999; Lin, Lin & Weng 2007).
import { sigmoid } from './tree.js';

/** Honest log odds = slope * log odds + shift. */
export interface Scaling {
  readonly slope: number;
  readonly shift: number;
}

const rounds = 50;
const enough = 1e-10;

/** Newton's method on the logistic loss, with the targets drawn in a little as in the paper. */
export function plattScaling(logOdds: Float64Array, labels: Uint8Array): Scaling {
  const ones = labels.reduce((sum, label) => sum + label, 0);
  const [high, low] = [(ones + 1) / (ones + 2), 1 / (labels.length - ones + 2)];
  let [slope, shift] = [1, 0];
  for (let round = 0; round < rounds; round++) {
    let [gs, gb, hss, hsb, hbb] = [0, 0, 1e-9, 0, 1e-9];
    for (let row = 0; row < labels.length; row++) {
      const x = logOdds[row];
      const p = sigmoid(slope * x + shift);
      const off = p - (labels[row] === 1 ? high : low);
      const weight = p * (1 - p);
      gs += off * x;
      gb += off;
      hss += weight * x * x;
      hsb += weight * x;
      hbb += weight;
    }
    const determinant = hss * hbb - hsb * hsb;
    const [ds, db] = [(hbb * gs - hsb * gb) / determinant, (hss * gb - hsb * gs) / determinant];
    slope -= ds;
    shift -= db;
    if (Math.abs(ds) + Math.abs(db) < enough) break;
  }
  return Number.isFinite(slope) && Number.isFinite(shift) && slope > 0 ? { slope, shift } : { slope: 1, shift: 0 };
}
