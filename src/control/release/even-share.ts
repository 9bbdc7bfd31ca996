// How much traffic fresh instances of the stable version get, so that what the candidate is held against is as new, and asked as often, as it is.
import { type Route, wholeShare } from '../../model/index.js';
import type { Stage } from './status.js';

type Baseline = Pick<Route, 'baseline'>;
type Shares = Pick<Stage, 'candidateShare' | 'mirrorShare' | 'replicas'>;

/** What the candidate answers, copies included, as a part of all traffic; no more than the stable version has. */
function evenShare({ candidateShare, mirrorShare }: Omit<Shares, 'replicas'>): number {
  const stable = wholeShare - candidateShare;
  return Math.min(stable, candidateShare + Math.round((mirrorShare * stable) / wholeShare));
}

/** For a replica in this stage. Where whole replicas change, the others answer from fresh instances alone. */
export function baselineIn({ candidateShare, mirrorShare, replicas }: Shares, isReached: boolean): Baseline {
  const own = { candidateShare: isReached ? candidateShare : 0, mirrorShare };
  const share = !isReached && replicas !== 'all' ? wholeShare : evenShare(own);
  return share === 0 ? {} : { baseline: { share } };
}

/** Before the first stage: loaded and warmed where some stage needs them. */
export const baselineBefore = (stages: readonly Stage[]): Baseline =>
  stages.some(stage => evenShare(stage) > 0 || stage.replicas !== 'all') ? { baseline: { share: 0 } } : {};
