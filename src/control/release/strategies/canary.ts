// Canary: the candidate's share rises step by step, each as long as its hold or until the judge has proof.
import { quietStage, sharePercent } from './quiet-stage.js';
import type { StagesOf } from './strategy.js';

/** A step whose time is over goes on, because a small share may be too little for proof; the last one needs it. */
export const canaryStages: StagesOf<'canary'> = ({ steps, sticky, rules, mirror, early }) =>
  steps.map(({ weight, hold, approve }, place) => ({
    ...quietStage,
    title: `canary ${sharePercent(weight)}`,
    candidateShare: weight,
    rules,
    sticky,
    mirrorShare: mirror,
    holdMs: hold,
    approve,
    early: early === 'finish' ? 'finish' : 'next',
    atEnd: place === steps.length - 1 ? 'judge' : 'next',
  }));
