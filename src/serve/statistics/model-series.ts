// Everything that is counted of one model version, in one place for the readers: Triton's JSON, the people's report, the metrics page.
import type { GuardBounds } from '../engine/guard-verdict.js';
import type { DurationTotal } from './durations.js';
import type { Executions } from './executions.js';
import type { FailureTotals } from './failures.js';
import type { Responses } from './responses.js';
import type { StageRecords } from './stages.js';
import type { Verdicts } from './verdicts.js';

export interface ModelSeries {
  readonly name: string;
  readonly version: string;
  /** `model="…",version="…"` and the model's own tags, as metrics carry them. */
  readonly labels: string;
  readonly stages: StageRecords;
  readonly failures: FailureTotals;
  readonly executions: Executions;
  readonly responses: Responses;
  readonly hits: DurationTotal;
  readonly misses: DurationTotal;
  readonly verdicts: Verdicts;
  /** Undefined for a model without a guard. */
  readonly guard: GuardBounds | undefined;
  /** True where the model's answers may come from a cache. */
  readonly isCached: boolean;
  /** Items that instances computed. */
  readonly items: number;
  /** Unix time in milliseconds; 0 before the first inference. */
  readonly lastInferenceMs: number;
  /** How long loading it took. */
  readonly loadMs: number;
}
