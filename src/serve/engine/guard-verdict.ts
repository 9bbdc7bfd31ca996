// The guard's judgement: which items of an answer break the physics by more than the calibrated bound.
import { GalerkinError, isGalerkinError, type Tensor } from '../../base/index.js';
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

/** What the guard says of an answer. */
export interface GuardReport {
  readonly figures: GuardFigures;
  readonly verdict: Verdict;
  /** Of the answer that the fallback replaced: its worst refused item. */
  readonly refused?: RefusedFigures;
}

export type RefusedFigures = Omit<GuardFigures, keyof GuardBounds>;

/** The report that an error carries, if it says that the guard refused an answer for good. */
export function rejectionOf(error: unknown): GuardReport | undefined {
  if (!isGalerkinError(error) || error.code !== 'ANSWER_REJECTED' || !('fluxImbalance' in error.fields))
    return undefined;
  const { residual, residualBound, fluxImbalance, fluxBound } = error.fields;
  return { figures: { residual, residualBound, fluxImbalance, fluxBound }, verdict: 'rejected' };
}

function perItem(outputs: Tensors, name: string, items: number, model: string): Float32Array | Float64Array {
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
  /** The worst figures among the flagged items alone. */
  readonly refused: RefusedFigures;
}

/** Judges the guard's outputs `residual` [B] and `flux_imbalance` [B]. Throws MODEL_UNSERVABLE if they are not there. */
export function judge(outputs: Tensors, items: number, bounds: GuardBounds, model: string): Judgement {
  const residual = perItem(outputs, 'residual', items, model);
  const flux = perItem(outputs, 'flux_imbalance', items, model).map(Math.abs);
  const flagged: number[] = [];
  for (let item = 0; item < items; item++) {
    const holds =
      (residual[item] ?? Number.NaN) <= bounds.residualBound && (flux[item] ?? Number.NaN) <= bounds.fluxBound;
    if (!holds) flagged.push(item);
  }
  const worstOf = (values: ArrayLike<number>): number => worst(flagged.map(item => values[item] ?? Number.NaN));
  return {
    flagged,
    figures: { ...bounds, residual: worst(residual), fluxImbalance: worst(flux) },
    refused: { residual: worstOf(residual), fluxImbalance: worstOf(flux) },
  };
}
