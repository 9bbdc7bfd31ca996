// The guard's bounds, from fields of the family that neither trained nor tested the model.
import type { GuardManifest } from '../model/index.js';
import { conformalBound } from './conformal.js';
import type { Judgement } from './judge.js';

/** Share of in-family answers that may exceed each bound. */
export const falseAlarmShare = 0.01;

const shownQuantiles = [0.5, 0.9, 0.99] as const;

/** Bounds and how they came about, as the manifest states them. */
export function calibratedBounds(
  { residual, fluxImbalance }: Judgement,
  seed: number,
): Pick<GuardManifest, 'residualBound' | 'fluxBound' | 'calibration'> {
  const quantile = 1 - falseAlarmShare;
  return {
    residualBound: conformalBound(residual, falseAlarmShare),
    fluxBound: conformalBound(fluxImbalance, falseAlarmShare),
    calibration: {
      fields: residual.length,
      quantile,
      seed,
      residualQuantiles: shownQuantiles.map(share => ({ quantile: share, value: conformalBound(residual, 1 - share) })),
      method: 'split conformal: the ceil((fields + 1) * quantile)-th smallest figure on held-out fields',
    },
  };
}
