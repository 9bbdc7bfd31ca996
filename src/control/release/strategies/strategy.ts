// What a strategy is to the machine: a function from its part of the document to stages.
import type { Strategy, StrategyKind } from '../document.js';
import type { Stage } from '../status.js';

/** What stages depend on besides the document. */
export interface StageFacts {
  /** Replicas that serve when the release begins. */
  readonly replicas: number;
}

export type StagesOf<Kind extends StrategyKind> = (
  strategy: Extract<Strategy, { kind: Kind }>,
  facts: StageFacts,
) => readonly Stage[];
