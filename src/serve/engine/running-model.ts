// One loaded version of a model, as protocols see it.
import type { ModelStatistics } from '../statistics/model-statistics.js';
import type { Computing } from './question.js';

export interface RunningModel extends Computing {
  readonly statistics: ModelStatistics;
  /** Requests that wait. */
  readonly pending: number;
  isReady(): boolean;
}
