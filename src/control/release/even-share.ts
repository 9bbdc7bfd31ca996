// How much traffic fresh instances of the stable version get, so that what the candidate is held against is asked as often as it is.
import { type Route, wholeShare } from '../../model/index.js';
import type { Stage } from './status.js';

/** Where the candidate's load comes so near to the stable version's own, both are about as warm. */
const alike = 0.75;

/**
 * What the candidate answers, copies included, as a part of all traffic; undefined where the stable version's own instances are
 * as seldom asked, or none of the two is asked.
 */
function evenShare(candidateShare: number, mirrorShare: number): number | undefined {
  const stable = wholeShare - candidateShare;
  const load = candidateShare + Math.round((mirrorShare * stable) / wholeShare);
  return load === 0 || load >= alike * stable ? undefined : load;
}

type Baseline = Pick<Route, 'baseline'>;

/** For a replica in this stage. */
export function baselineIn({ candidateShare, mirrorShare }: Pick<Stage, 'candidateShare' | 'mirrorShare'>): Baseline {
  const share = evenShare(candidateShare, mirrorShare);
  return share === undefined ? {} : { baseline: { share } };
}

/** Before the first stage: loaded and warmed where some stage needs them. */
export const baselineBefore = (stages: readonly Stage[]): Baseline =>
  stages.some(({ candidateShare, mirrorShare }) => evenShare(candidateShare, mirrorShare) !== undefined)
    ? { baseline: { share: 0 } }
    : {};
