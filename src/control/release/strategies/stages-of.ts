// Each strategy of a document as the stages that one machine goes through: adding a strategy is adding a row here.
import type { ReleaseSpec } from '../document.js';
import type { Stage } from '../status.js';
import { abStages } from './ab.js';
import { blueGreenStages } from './blue-green.js';
import { canaryStages } from './canary.js';
import { rollingStages } from './rolling.js';
import { shadowStages } from './shadow.js';
import type { StageFacts } from './strategy.js';

/**
 * The stages of a strategy, in order; at least one. In no replica does the candidate's share fall from one stage to the next.
 * What stands after the last one is the promotion.
 */
export function stagesOf({ strategy }: Pick<ReleaseSpec, 'strategy'>, facts: StageFacts): readonly Stage[] {
  switch (strategy.kind) {
    case 'canary':
      return canaryStages(strategy, facts);
    case 'blue-green':
      return blueGreenStages(strategy, facts);
    case 'rolling':
      return rollingStages(strategy, facts);
    case 'ab':
      return abStages(strategy, facts);
    case 'shadow':
      return shadowStages(strategy, facts);
  }
}
