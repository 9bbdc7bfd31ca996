// A stage in which the candidate is loaded and nothing comes to it: strategies say what differs from it.
import type { Stage } from '../status.js';

export const quietStage: Omit<Stage, 'title' | 'holdMs'> = Object.freeze({
  candidateShare: 0,
  replicas: 'all',
  rules: [],
  sticky: undefined,
  mirrorShare: 0,
  approve: false,
  early: 'next',
  atEnd: 'next',
});

/** 550 parts of ten thousand → '5.5 %'. */
export const sharePercent = (share: number): string => `${share / 100} %`;
