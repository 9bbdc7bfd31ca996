// The guard's judgement: which items of an answer break the physics by more than the calibrated bound.
import { GalerkinError, type Tensor } from '../../base/index.js';
import type { Tensors } from '../backends/backend.js';

/** What to do with an answer over the bound: say so, refuse it, or have the solver replace it. */
export const guardPolicies = ['annotate', 'reject', 'fallback'] as const;
export type GuardPolicy = (typeof guardPolicies)[number];

export type Verdict = 'accepted' | 'flagged' | 'rejected' | 'fallback';

/** Bounds from calibration; a bound that the manifest does not state is infinite. */
export interface GuardBounds {
  readonly residualBound: number;
  readonly fluxBound: number;
}

/** Relative residual and flux imbalance of one answer (the worst item of a batch), beside their bounds. Dimensionless. */
export interface GuardFigures extends GuardBounds {
  readonly residual: number;
  readonly fluxImbalance: number;
}

function perItem(outputs: Tensors, name: string, items: number, model: string): ArrayLike<number> {
  const tensor: Tensor | undefined = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
  const isFloat = tensor?.dtype === 'FP32' || tensor?.dtype === 'FP64';
  if (!isFloat || tensor.data.length !== items) {
    throw new GalerkinError('MODEL_UNSERVABLE', { model, why: `its guard gives no '${name}' of one float per item` });
  }
  return tensor.data;
}

/** NaN counts as worst: a figure that is not a number must never look acceptable. */
function worst(values: ArrayLike<number>): number {
  let most = -Infinity;
  for (let item = 0; item < values.length; item++) {
    const value = values[item] ?? Number.NaN;
    if (Number.isNaN(value)) return Number.NaN;
    if (value > most) most = value;
  }
  return most;
}

export interface Judgement {
  readonly figures: GuardFigures;
  /** Items whose residual or flux imbalance is over its bound, or not a number. */
  readonly flagged: readonly number[];
}

/** Judges the guard's outputs `residual` [B] and `flux_imbalance` [B]. Throws MODEL_UNSERVABLE if they are not there. */
export function judge(outputs: Tensors, items: number, bounds: GuardBounds, model: string): Judgement {
  const residual = perItem(outputs, 'residual', items, model);
  const flux = perItem(outputs, 'flux_imbalance', items, model);
  const flagged: number[] = [];
  for (let item = 0; item < items; item++) {
    const holds =
      (residual[item] ?? Number.NaN) <= bounds.residualBound && Math.abs(flux[item] ?? Number.NaN) <= bounds.fluxBound;
    if (!holds) flagged.push(item);
  }
  return {
    flagged,
    figures: { ...bounds, residual: worst(residual), fluxImbalance: worst(Array.from(flux, Math.abs)) },
  };
}
