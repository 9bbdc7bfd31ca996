// What the guard says of an answer, as parameters of a v2 response.
import type { GuardReport } from '../engine/guard-verdict.js';

export type Parameters = Record<string, string | number | boolean>;

/** In snake_case; figures that are not finite are left out, for JSON has no NaN. */
export function guardParameters({ figures, verdict, refused }: GuardReport): Parameters {
  const all = {
    residual: figures.residual,
    residual_bound: figures.residualBound,
    flux_imbalance: figures.fluxImbalance,
    flux_bound: figures.fluxBound,
    ...(refused && { refused_residual: refused.residual, refused_flux_imbalance: refused.fluxImbalance }),
  };
  const finite = Object.entries(all).filter(([, figure]) => Number.isFinite(figure));
  return { ...Object.fromEntries(finite), guard: verdict };
}
