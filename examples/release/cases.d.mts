// What the tests and benchmarks use of the cases.
import type { ReleaseDocument, ReleaseEvidence, ReleasePhase } from 'galerkin/control';

export type Kind = 'good' | 'slow' | 'failing' | 'inaccurate' | 'leaking';
export type StrategyName = 'canary' | 'blue-green' | 'rolling' | 'ab' | 'shadow';
export const strategies: readonly StrategyName[];
export function learnSmall(
  folder: string,
  size?: { readonly epochs?: number; readonly fields?: number },
): Promise<string>;

export interface Stage {
  close(): Promise<void>;
}
/** Servers for the releases of one strategy, one after another. */
export function openStage(repository: string, strategy: StrategyName): Promise<Stage>;

interface Load {
  readonly kind: Kind;
  /** Of a slow version, in products of matrices. */
  readonly work?: number;
  /** Instead of the document's. */
  readonly judge?: ReleaseDocument['judge'];
  readonly requestsPerSecond?: number;
  readonly mostInFlight?: number;
  readonly limitMs?: number;
}
export interface CaseOptions extends Load {
  readonly repository: string;
  readonly strategy: StrategyName;
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
export function runOn(options: Load & { readonly stage: Stage }): Promise<CaseResult>;
export function runCase(options: CaseOptions): Promise<CaseResult>;
