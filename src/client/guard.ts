// What a guarded model says of its answer: the residual and flux imbalance beside their calibrated bounds.
import { GalerkinClientError } from './errors.js';
import { isRecord, type JsonRecord } from './json.js';

/** Figures are those of the worst item of a batch; one that was no number is undefined. Dimensionless. */
export interface GuardReport {
  readonly verdict: 'accepted' | 'flagged' | 'rejected' | 'fallback';
  readonly residual: number | undefined;
  readonly residualBound: number | undefined;
  readonly fluxImbalance: number | undefined;
  readonly fluxBound: number | undefined;
}

const verdicts = ['accepted', 'flagged', 'rejected', 'fallback'] as const;

const figure = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** From the parameters of a v2 response. */
export function guardOfParameters(parameters: JsonRecord): GuardReport | undefined {
  const verdict = verdicts.find(each => each === parameters.guard);
  if (verdict === undefined) return undefined;
  return {
    verdict,
    residual: figure(parameters.residual),
    residualBound: figure(parameters.residual_bound),
    fluxImbalance: figure(parameters.flux_imbalance),
    fluxBound: figure(parameters.flux_bound),
  };
}

/** From the member `guard` of an answer for people. */
export function guardOfPeople(guard: unknown): GuardReport | undefined {
  if (!isRecord(guard)) return undefined;
  const verdict = verdicts.find(each => each === guard.verdict);
  if (verdict === undefined) return undefined;
  return {
    verdict,
    residual: figure(guard.residual),
    residualBound: figure(guard.residualBound),
    fluxImbalance: figure(guard.fluxImbalance),
    fluxBound: figure(guard.fluxBound),
  };
}

/** The figures of an answer that the guard rejected (422), if `error` is one. */
export function rejectionOf(error: unknown): GuardReport | undefined {
  if (!(error instanceof GalerkinClientError)) return undefined;
  const { parameters, guard } = error.facts;
  return isRecord(parameters) ? guardOfParameters(parameters) : guardOfPeople(guard);
}
