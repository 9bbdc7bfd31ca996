// What is asked of the engine, and what it answers.
import type { Clock } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';
import type { Tensors } from '../backends/backend.js';
import type { GuardPolicy, GuardReport } from './guard-verdict.js';
import type { Scheduler } from './scheduler.js';
import type { ServedModel } from './served-model.js';
import type { RequestParameters, Terms } from './terms.js';

/** A model version with what computes it. */
export interface Computing {
  readonly served: ServedModel;
  readonly package: ModelPackage;
  readonly scheduler: Scheduler;
}

/** The part of the engine that an answer needs besides its model. */
export interface Aid {
  /** The running model of that name, if any: where a fallback comes from. */
  running(name: string): Computing | undefined;
  /** From when on work for an answer's sake waits. */
  readonly clock: Pick<Clock, 'monotonic'>;
}

export interface Question {
  readonly inputs: Tensors;
  /** Items along the batch axis; 1 for a model without one. */
  readonly items: number;
  /** Overrides the policy of the manifest. */
  readonly guard?: GuardPolicy | undefined;
  /** Give the guard's maps too. */
  readonly maps: boolean;
  readonly terms: Terms;
}

export type Answerer = 'surrogate' | 'solver' | 'mixed';

export interface Answer {
  readonly outputs: Tensors;
  /** The guard's fields, such as `residual_map`; empty unless asked for. */
  readonly maps: Tensors;
  /** Absent for a model without a guard. */
  readonly guard: GuardReport | undefined;
  readonly answeredBy: Answerer;
  /** Parameters of the response beyond the guard's. */
  readonly parameters?: RequestParameters;
}
