// The engine: every running model with its statistics, and one way in for all protocols.
import type { Clock } from '../../base/index.js';
import { answer } from './answer.js';
import type { ModelTable } from './model-table.js';
import type { Answer, Question } from './question.js';
import type { RepositoryControl } from './repository-control.js';
import type { RunningModel } from './running-model.js';
import { newStageTimes } from './scheduler.js';

export type { RunningModel } from './running-model.js';

export interface TimedAnswer extends Answer {
  readonly latencyMs: number;
}

export interface Engine {
  /** Every running version, by name, newest first. */
  readonly models: readonly RunningModel[];
  /** The version asked for, or the newest that runs. @throws MODEL_UNKNOWN, MODEL_NOT_READY */
  find(name: string, version?: string): RunningModel;
  /** The numbers of the versions that are ready, newest first. */
  versionsOf(name: string): readonly number[];
  /**
   * Answers the question that `read` makes; what `read` throws counts as a failure of the model's requests.
   * @throws what `read` and the answer throw; see ./answer.ts
   */
  ask<Asked extends { readonly question: Question }>(
    model: RunningModel,
    read: () => Asked,
  ): Promise<{ readonly asked: Asked; readonly answered: TimedAnswer }>;
  /** True when everything that should run is ready. */
  isReady(): boolean;
  readonly repository: RepositoryControl;
  close(drainTimeoutMs: number): Promise<void>;
}

export interface EngineParts {
  readonly table: ModelTable;
  readonly repository: RepositoryControl & { isReady(): boolean; close(drainTimeoutMs: number): Promise<void> };
  readonly clock: Clock;
}

/** Joins a table of models and what loads them into an engine. */
export function createEngine({ table, repository, clock }: EngineParts): Engine {
  return {
    get models() {
      return table.models;
    },
    find: table.find,
    versionsOf: name =>
      table
        .versionsOf(name)
        .filter(model => model.isReady())
        .map(({ served }) => Number(served.version)),
    async ask(model, read) {
      const startMs = clock.monotonic();
      const times = newStageTimes(startMs);
      try {
        const asked = read();
        const given = await answer(model, asked.question, times, table);
        times.doneMs = clock.monotonic();
        const latencyMs = times.doneMs - startMs;
        model.statistics.succeed(times, latencyMs, { items: asked.question.items, guard: given.guard });
        return { asked, answered: { ...given, latencyMs } };
      } catch (error) {
        model.statistics.fail(error, clock.monotonic() - startMs);
        throw error;
      }
    },
    isReady: () => repository.isReady() && table.models.every(model => model.isReady()),
    repository,
    close: drainTimeoutMs => repository.close(drainTimeoutMs),
  };
}
