// Which scheduler a model's configuration asks for.
import type { Clock, Timers } from '../../base/index.js';
import type { ModelConfig } from '../../model/index.js';
import type { ModelStatistics } from '../statistics/model-statistics.js';
import { firstComeScheduler } from './first-come.js';
import type { Pool, Source } from './pool.js';
import type { Scheduler } from './scheduler.js';
import type { ServedModel } from './served-model.js';

export interface SchedulerParts {
  readonly served: ServedModel;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly statistics: ModelStatistics;
  /** Requests that may wait, where the configuration states no bound of its own. */
  readonly maxQueue: number;
  openPool(source: Source): Promise<Pool>;
}

export function openScheduler(_config: ModelConfig, parts: SchedulerParts): Promise<Scheduler> {
  return firstComeScheduler(parts);
}
