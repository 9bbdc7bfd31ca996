// The engine: every model with its instances and statistics, and one way in for all protocols.
import { type Clock, GalerkinError, isGalerkinError } from '../../base/index.js';
import { type ModelStatistics, modelStatistics } from '../statistics/statistics.js';
import { answer } from './answer.js';
import { rejectionOf } from './guard-verdict.js';
import type { Answer, Computing, Question } from './question.js';

/** A model as it runs: what it is, what computes it, and what it did. */
export interface RunningModel extends Computing {
  readonly statistics: ModelStatistics;
}

export interface TimedAnswer extends Answer {
  readonly latencyMs: number;
}

export interface Engine {
  readonly models: readonly RunningModel[];
  /** @throws MODEL_UNKNOWN */
  find(name: string, version?: string): RunningModel;
  /**
   * Answers the question that `read` makes; what `read` throws counts as a failure of the model's requests.
   * @throws what `read` and the answer throw; see ./answer.ts
   */
  ask<Asked extends { readonly question: Question }>(
    model: RunningModel,
    read: () => Asked,
  ): Promise<{ readonly asked: Asked; readonly answered: TimedAnswer }>;
  isReady(): boolean;
  close(drainTimeoutMs: number): Promise<void>;
}

/** Joins models into an engine; the engine then owns their pools. */
export function createEngine(computing: readonly Computing[], clock: Clock): Engine {
  const models = computing.map(each => ({
    ...each,
    statistics: modelStatistics(each.served.name, each.served.version, clock),
  }));
  const byName = new Map(models.map(model => [model.served.name, model]));
  const known = models.map(model => model.served.name);
  return {
    models,
    find(name, version) {
      const model = byName.get(name);
      if (model !== undefined && (version === undefined || version === model.served.version)) return model;
      throw new GalerkinError('MODEL_UNKNOWN', { model: name.slice(0, 200), version, known });
    },
    async ask(model, read) {
      const start = clock.monotonic();
      try {
        const asked = read();
        const given = await answer(model, asked.question, name => byName.get(name));
        const latencyMs = clock.monotonic() - start;
        model.statistics.succeed(latencyMs, asked.question.items, given.guard?.verdict);
        return { asked, answered: { ...given, latencyMs } };
      } catch (error) {
        const status = isGalerkinError(error) ? error.http : 500;
        model.statistics.fail(clock.monotonic() - start, status, rejectionOf(error)?.verdict);
        throw error;
      }
    },
    isReady: () => models.every(model => model.pool.isReady()),
    async close(drainTimeoutMs) {
      await Promise.all(models.map(model => model.pool.close(drainTimeoutMs)));
    },
  };
}
