// One loaded version of a model, as protocols see it.
import type { CachedModel } from '../cache/cached-model.js';
import type { EnsembleFacts } from '../ensembles/ensemble-facts.js';
import type { ModelStatistics } from '../statistics/model-statistics.js';
import type { Leases } from './leases.js';
import type { Answer, Computing, Question } from './question.js';
import type { StageTimes } from './scheduler.js';
import type { SequenceTerms } from './terms.js';

export interface RunningModel extends Computing {
  readonly statistics: ModelStatistics;
  /** The version as the cache knows it. */
  readonly cached: CachedModel;
  /** Requests that wait. */
  readonly pending: number;
  /** Who has it in hand: its instances stay until all have let it go. */
  readonly leases: Leases;
  isReady(): boolean;
  /** Of an ensemble. */
  readonly ensemble?: EnsembleFacts | undefined;
  /** What follows a request that a route sent here; undefined where nobody watches. */
  readonly trail?: Trail | undefined;
}

/** What was given to a request. */
export interface Served {
  readonly question: Question;
  readonly answer: Answer;
  readonly latencyMs: number;
  /** Undefined where the cache answered. */
  readonly times: StageTimes | undefined;
}

/** Follows the requests that a route sent to a version. */
export interface Trail {
  /** Who is to take a request in the place of this version, once it is leaving. */
  successor(): RunningModel;
  /** Who takes a request that this version refuses to begin, followed by no trail; undefined where nobody else can. */
  standIn(): RunningModel | undefined;
  /** Where a request of a sequence belongs: the version that began it, or this one. */
  homeOf(sequence: SequenceTerms): RunningModel;
  answered(served: Served): void;
  failed(error: unknown, question: Question | undefined): void;
}
