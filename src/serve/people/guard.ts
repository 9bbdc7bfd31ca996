// What the guard says of an answer, as JSON for people; figures that are not finite become null.
import type { GuardReport } from '../engine/guard-verdict.js';

export function guardForPeople({ figures, verdict, refused }: GuardReport): object {
  if (refused === undefined) return { ...figures, verdict };
  return { ...figures, verdict, refusedResidual: refused.residual, refusedFluxImbalance: refused.fluxImbalance };
}
