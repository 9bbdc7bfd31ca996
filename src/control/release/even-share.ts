// How much traffic fresh instances of the stable version get, so that what the candidate is held against is as new, and asked as often, as it is.
import { type Route, wholeShare } from '../../model/index.js';
import type { Stage } from './status.js';

type Baseline = Pick<Route, 'baseline'>;
type Shares = Pick<Stage, 'candidateShare' | 'mirrorShare' | 'replicas'>;

/** As much as the candidate answers, no more than the stable version has; copies are asked of both anyway. */
const evenShare = (candidateShare: number): number => Math.min(wholeShare - candidateShare, candidateShare);

/** For a replica in this stage. Where whole replicas change, the others answer from fresh instances alone. */
export function baselineIn({ candidateShare, mirrorShare, replicas }: Shares, isReached: boolean): Baseline {
  const share = !isReached && replicas !== 'all' ? wholeShare : evenShare(isReached ? candidateShare : 0);
  return share === 0 && mirrorShare === 0 ? {} : { baseline: { share } };
}

/** Before the first stage: loaded and warmed where some stage needs them. */
export const baselineBefore = (stages: readonly Stage[]): Baseline =>
  stages.some(
    ({ candidateShare, mirrorShare, replicas }) =>
      evenShare(candidateShare) > 0 || mirrorShare > 0 || replicas !== 'all',
  )
    ? { baseline: { share: 0 } }
    : {};
