// One loaded version of a model, as protocols see it.
import type { CachedModel } from '../cache/cached-model.js';
import type { EnsembleFacts } from '../ensembles/ensemble-facts.js';
import type { ModelStatistics } from '../statistics/model-statistics.js';
import type { Computing } from './question.js';

export interface RunningModel extends Computing {
  readonly statistics: ModelStatistics;
  /** The version as the cache knows it. */
  readonly cached: CachedModel;
  /** Requests that wait. */
  readonly pending: number;
  isReady(): boolean;
  /** Of an ensemble. */
  readonly ensemble?: EnsembleFacts | undefined;
}
