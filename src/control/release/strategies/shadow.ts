// Shadow: the candidate answers copies only, which are compared and dropped; no client sees it.
import { quietStage, sharePercent } from './quiet-stage.js';
import type { StagesOf } from './strategy.js';

export const shadowStages: StagesOf<'shadow'> = ({ mirror, hold, end }) => [
  {
    ...quietStage,
    title: `shadow ${sharePercent(mirror)}`,
    mirrorShare: mirror,
    holdMs: hold,
    early: end === 'promote' ? 'next' : 'wait',
    atEnd: end === 'promote' ? 'judge' : 'report',
  },
];
