// The engine: every running model with its statistics, and one way in for all protocols.
import { type Clock, GalerkinError } from '../../base/index.js';
import type { Admission } from '../admission/admission.js';
import type { PredictionCache } from '../cache/prediction-cache.js';
import type { Origin } from '../routing/origin.js';
import type { TrafficControl } from '../routing/traffic-control.js';
import { answer } from './answer.js';
import type { ModelTable } from './model-table.js';
import { Passage } from './passage.js';
import type { Answer, Question } from './question.js';
import type { RepositoryControl } from './repository-control.js';
import type { RunningModel } from './running-model.js';
import { newStageTimes, type StageTimes } from './scheduler.js';
import { nextQuestion, stepsOf } from './unroll.js';

export type { RunningModel } from './running-model.js';

export interface TimedAnswer extends Answer {
  readonly latencyMs: number;
}

export interface Answered<Asked> {
  /** The version that answered. */
  readonly model: RunningModel;
  readonly asked: Asked;
  readonly answered: TimedAnswer;
}

/** One response among several to the same request. */
export interface StreamedAnswer<Asked> extends Answered<Asked> {
  readonly isFinal: boolean;
}

export interface Engine {
  /** Every running version, by name, newest first. */
  readonly models: readonly RunningModel[];
  /**
   * The version asked for; or the one that the model's route chooses for a request from there; without `from` the one that
   * stands for the model: its route's stable version, or the newest without a route.
   * @throws MODEL_UNKNOWN, MODEL_NOT_READY
   */
  find(name: string, version?: string, from?: Origin): RunningModel;
  /** The numbers of the versions that are ready, newest first. */
  versionsOf(name: string): readonly number[];
  /**
   * Answers the question that `read` makes; what `read` throws counts as a failure of the model's requests. Where a route
   * sent the request here, another version may take it: one in the place of a version that has meanwhile left, or the one that
   * began its sequence. `read` is given the model that answers, and so is the caller.
   * @throws what `read` and the answer throw, see ./answer.ts; DECOUPLED_REFUSED for a model that answers more than once
   */
  ask<Asked extends { readonly question: Question }>(
    model: RunningModel,
    read: (model: RunningModel) => Asked,
  ): Promise<Answered<Asked>>;
  /**
   * The same for models that may answer more than once: a decoupled model gives a response for each step, any other one.
   * @throws as `ask`; responses that were given before a failure stand.
   */
  stream<Asked extends { readonly question: Question }>(
    model: RunningModel,
    read: (model: RunningModel) => Asked,
  ): AsyncGenerator<StreamedAnswer<Asked>, void, undefined>;
  /** True when everything that should run is ready. */
  isReady(): boolean;
  readonly repository: RepositoryControl;
  /** Who decides how the traffic of models is shared between their versions. */
  readonly traffic: TrafficControl;
  /** Where protocols let requests in, before they read a body. */
  readonly admission: Admission;
  /** Undefined if no answers are kept. */
  readonly cache: PredictionCache | undefined;
  close(drainTimeoutMs: number): Promise<void>;
}

export interface EngineParts {
  readonly table: ModelTable;
  readonly repository: RepositoryControl & { isReady(): boolean; close(drainTimeoutMs: number): Promise<void> };
  readonly traffic: TrafficControl;
  readonly admission: Admission;
  readonly cache: PredictionCache | undefined;
  readonly clock: Clock;
}

/** Joins a table of models and what loads them into an engine. */
export const createEngine = (parts: EngineParts): Engine => new RunningEngine(parts);

class RunningEngine implements Engine {
  readonly repository: EngineParts['repository'];
  readonly traffic: TrafficControl;
  readonly admission: Admission;
  private readonly table: ModelTable;
  readonly cache: PredictionCache | undefined;
  private readonly clock: Clock;

  constructor({ table, repository, traffic, admission, cache, clock }: EngineParts) {
    this.table = table;
    this.repository = repository;
    this.traffic = traffic;
    this.admission = admission;
    this.cache = cache;
    this.clock = clock;
  }

  get models(): readonly RunningModel[] {
    return this.table.models;
  }

  find(name: string, version?: string, from?: Origin): RunningModel {
    return this.table.find(name, version, from);
  }

  versionsOf(name: string): readonly number[] {
    const ready = this.table.versionsOf(name).filter(model => model.isReady());
    return ready.map(({ served }) => Number(served.version));
  }

  async ask<Asked extends { readonly question: Question }>(
    found: RunningModel,
    read: (model: RunningModel) => Asked,
  ): Promise<Answered<Asked>> {
    const passage = new Passage<Asked>(found, this.clock.monotonic());
    try {
      if (passage.model.served.unroll !== undefined) {
        throw new GalerkinError('DECOUPLED_REFUSED', { model: passage.model.served.name });
      }
      const asked = passage.open(read);
      return {
        model: passage.model,
        asked,
        answered: await this.answer(passage.model, asked.question, passage.startMs),
      };
    } catch (error) {
      passage.fail(error, this.clock.monotonic());
      throw error;
    } finally {
      passage.close();
    }
  }

  async *stream<Asked extends { readonly question: Question }>(
    found: RunningModel,
    read: (model: RunningModel) => Asked,
  ) {
    const passage = new Passage<Asked>(found, this.clock.monotonic());
    try {
      const asked = passage.open(read);
      const { model } = passage;
      const { unroll } = model.served;
      const steps = unroll === undefined ? 1 : stepsOf(unroll, asked.question.terms.parameters);
      let { question } = asked;
      for (let step = 1; step <= steps; step++) {
        const answered = await this.answer(model, question, this.clock.monotonic());
        yield { model, asked, answered, isFinal: step === steps };
        if (unroll !== undefined && step < steps) question = nextQuestion(unroll, question, answered.outputs);
      }
    } catch (error) {
      passage.fail(error, this.clock.monotonic());
      throw error;
    } finally {
      passage.close();
    }
  }

  isReady(): boolean {
    return this.repository.isReady() && this.table.models.every(model => model.isReady() || this.isCovered(model));
  }

  /** True for a version whose traffic another one takes, by its route. */
  private isCovered({ served: { name } }: RunningModel): boolean {
    return this.table.router(name) !== undefined && this.table.running(name)?.isReady() === true;
  }

  async close(drainTimeoutMs: number): Promise<void> {
    this.traffic.end();
    await this.repository.close(drainTimeoutMs);
    await this.cache?.close();
  }

  /** One answer, counted if it is given; from the cache where the model allows it. */
  private async answer(model: RunningModel, question: Question, startMs: number): Promise<TimedAnswer> {
    const { cache, clock, table } = this;
    const { cached, statistics } = model;
    const times = newStageTimes(startMs);
    if (cache === undefined || cached.keeping !== 'kept' || !cache.takes(cached, question)) {
      return this.computed(model, question, { times, given: await answer(model, question, times, table) });
    }
    const found = await cache.answer(cached, question, () => answer(model, question, times, table));
    if (!found.hit) {
      statistics.miss(found.lookupMs);
      return this.computed(model, question, { times, given: found.answer });
    }
    const latencyMs = clock.monotonic() - startMs;
    statistics.hit(found.lookupMs, latencyMs, { items: question.items, guard: found.answer.guard });
    model.trail?.answered({ question, answer: found.answer, latencyMs, times: undefined });
    return { ...found.answer, latencyMs };
  }

  private computed(
    model: RunningModel,
    question: Question,
    { times, given }: { readonly times: StageTimes; readonly given: Answer },
  ): TimedAnswer {
    times.doneMs = this.clock.monotonic();
    const latencyMs = times.doneMs - times.queuedMs;
    model.statistics.succeed(times, latencyMs, { items: question.items, guard: given.guard });
    model.trail?.answered({ question, answer: given, latencyMs, times });
    return { ...given, latencyMs };
  }
}
