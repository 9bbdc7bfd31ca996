// Blue-green: a preview by rules and copies, then one switch; the old version stays loaded and watched, so that return is instant.
import { quietStage } from './quiet-stage.js';
import type { StagesOf } from './strategy.js';

/** The switch needs proof (or a person), the watch only that nothing speaks against the candidate. */
export const blueGreenStages: StagesOf<'blue-green'> = ({ rules, mirror, hold, approve, watch }) => [
  {
    ...quietStage,
    title: 'preview',
    rules,
    mirrorShare: mirror,
    holdMs: hold,
    approve,
    atEnd: 'judge',
  },
  { ...quietStage, title: 'switched', candidateShare: 10_000, holdMs: watch, early: 'wait' },
];
