// A/B: a steady split for the whole time, each client with one version; then the better one, or only a report.
import { quietStage, sharePercent } from './quiet-stage.js';
import type { StagesOf } from './strategy.js';

export const abStages: StagesOf<'ab'> = ({ split, sticky, rules, hold, end }) => [
  {
    ...quietStage,
    title: `A/B ${sharePercent(split)}`,
    candidateShare: split,
    sticky,
    rules,
    holdMs: hold,
    early: 'wait',
    atEnd: end === 'promote' ? 'judge' : 'report',
  },
];
