// Rolling: replica by replica, all of a replica's traffic at a time; the next ones change only while those before are well.
import { quietStage } from './quiet-stage.js';
import type { StagesOf } from './strategy.js';

/**
 * One stage a batch; the last one holds for all replicas, also those that join later. Where a single batch changes every
 * replica, a stage before it watches the old version alone: else there would be nothing to hold the new one against.
 */
export const rollingStages: StagesOf<'rolling'> = ({ batch, hold, mirror }, { replicas }) => {
  const batches = Math.max(1, Math.ceil(replicas / batch));
  const common = { ...quietStage, holdMs: hold, mirrorShare: mirror };
  const before = { ...common, title: 'before', early: 'wait' as const };
  const waves = Array.from({ length: batches }, (_, place) => {
    const isLast = place === batches - 1;
    return {
      ...common,
      title: `rolling ${Math.min(replicas, (place + 1) * batch)} of ${replicas}`,
      candidateShare: 10_000,
      replicas: isLast ? ('all' as const) : (place + 1) * batch,
      atEnd: isLast ? ('judge' as const) : ('next' as const),
    };
  });
  return batches === 1 ? [before, ...waves] : waves;
};
