// What the tests and benchmarks use of the cases.
import type { ReleaseEvidence, ReleasePhase } from 'galerkin/control';

export type Kind = 'good' | 'slow' | 'failing' | 'inaccurate' | 'leaking';
export type StrategyName = 'canary' | 'blue-green' | 'rolling' | 'ab' | 'shadow';
export const strategies: readonly StrategyName[];
export function learnSmall(folder: string): Promise<string>;

export interface CaseOptions {
  readonly repository: string;
  readonly strategy: StrategyName;
  readonly kind: Kind;
  readonly requestsPerSecond?: number;
  readonly limitMs?: number;
}

export interface CaseResult {
  readonly phase: ReleasePhase;
  readonly reason: string;
  readonly seconds: number;
  readonly requests: number;
  readonly candidateAnswers: number;
  readonly lastSentMs: { readonly stable?: number; readonly candidate?: number };
  readonly failed: Readonly<Record<string, number>>;
  readonly evidence: ReleaseEvidence;
}
export function runCase(options: CaseOptions): Promise<CaseResult>;
