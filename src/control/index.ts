// Operations: a new version of a model is let in only when it is better, by one loop that writes down what it does before it does it.

export type { Advice } from './advisor/advice.js';
export type { ArmSketch, Judge, JudgeMemory } from './judge/judge.js';
export {
  type Criterion,
  type CriterionReport,
  type JudgeConfig,
  type JudgedMetric,
  type Judgement,
  type JudgeVerdict,
  judgedMetrics,
} from './judge/judgement.js';
export {
  type ReleaseDocument,
  type ReleaseSpec,
  releaseSchema,
  type Strategy,
  type StrategyKind,
  strategyKinds,
} from './release/document.js';
export type { ReleasePlan, Releases, Word } from './release/releases.js';
export {
  type EvidencePoint,
  finalPhases,
  type ReleaseCommand,
  type ReleaseEvent,
  type ReleaseEvidence,
  type ReleasePhase,
  type ReleaseStatus,
  releaseCommands,
  releasePhases,
  type Stage,
} from './release/status.js';
export type { Fleet, Replica } from './replica.js';
export { releaseReport } from './report/report.js';
