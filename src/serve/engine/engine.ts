// The engine: every running model with its statistics, and one way in for all protocols.
import { type Clock, GalerkinError } from '../../base/index.js';
import type { Admission } from '../admission/admission.js';
import type { PredictionCache } from '../cache/prediction-cache.js';
import type { Origin } from '../routing/origin.js';
import type { TrafficControl } from '../routing/traffic-control.js';
import { answer } from './answer.js';
import type { ModelTable } from './model-table.js';
import { Passage } from './passage.js';
import type { Aid, Answer, Question } from './question.js';
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
   * sent the request here, another version may take it: one in the place of a version that has meanwhile left, the one that
   * began its sequence, or the stable one for a version that refuses to begin. `read` is given the model that answers, at times after
   * another that did not, and so is the caller.
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

const stepsFor = ({ served: { unroll } }: RunningModel, { terms }: Question): number =>
  unroll === undefined ? 1 : stepsOf(unroll, terms.parameters);

class RunningEngine implements Engine {
  readonly repository: EngineParts['repository'];
  readonly traffic: TrafficControl;
  readonly admission: Admission;
  private readonly table: ModelTable;
  readonly cache: PredictionCache | undefined;
  private readonly clock: Clock;
  private readonly aid: Aid;

  constructor({ table, repository, traffic, admission, cache, clock }: EngineParts) {
    this.table = table;
    this.repository = repository;
    this.traffic = traffic;
    this.admission = admission;
    this.cache = cache;
    this.clock = clock;
    this.aid = { running: name => table.running(name), clock };
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
    const passage = new Passage<Asked>(found, read, this.clock);
    try {
      if (passage.model.served.unroll !== undefined) {
        throw new GalerkinError('DECOUPLED_REFUSED', { model: passage.model.served.name });
      }
      return await this.first(passage, passage.open());
    } catch (error) {
      passage.fail(error);
      throw error;
    } finally {
      passage.close();
    }
  }

  async *stream<Asked extends { readonly question: Question }>(
    found: RunningModel,
    read: (model: RunningModel) => Asked,
  ) {
    const passage = new Passage<Asked>(found, read, this.clock);
    try {
      const opened = passage.open();
      // What asks for too many is refused before anything is computed.
      stepsFor(passage.model, opened.question);
      const first = await this.first(passage, opened);
      const { model, asked } = first;
      const steps = stepsFor(model, asked.question);
      const { unroll } = model.served;
      yield { ...first, isFinal: steps === 1 };
      let { question } = asked;
      let { answered } = first;
      for (let step = 2; unroll !== undefined && step <= steps; step++) {
        question = nextQuestion(unroll, question, answered.outputs);
        answered = await this.answer(model, question, newStageTimes(this.clock.monotonic()));
        yield { model, asked, answered, isFinal: step === steps };
      }
    } catch (error) {
      passage.fail(error);
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

  /** The first answer: of the version that has the request or, if that refuses it before any work, of the one it is passed on to. */
  private async first<Asked extends { readonly question: Question }>(
    passage: Passage<Asked>,
    asked: Asked,
  ): Promise<Answered<Asked>> {
    const times = newStageTimes(passage.startMs);
    try {
      return { model: passage.model, asked, answered: await this.answer(passage.model, asked.question, times) };
    } catch (error) {
      // What has begun is not repeated.
      const again = times.startedMs === 0 ? passage.passOn(error) : undefined;
      if (again === undefined) throw error;
      const anew = newStageTimes(passage.startMs);
      return { model: passage.model, asked: again, answered: await this.answer(passage.model, again.question, anew) };
    }
  }

  /** One answer, counted if it is given; from the cache where the model allows it. */
  private async answer(model: RunningModel, question: Question, times: StageTimes): Promise<TimedAnswer> {
    const { cache, clock, aid } = this;
    const { cached, statistics } = model;
    if (cache === undefined || cached.keeping !== 'kept' || !cache.takes(cached, question)) {
      return this.computed(model, question, { times, given: await answer(model, question, times, aid) });
    }
    const found = await cache.answer(cached, question, () => answer(model, question, times, aid));
    if (!found.hit) {
      statistics.miss(found.lookupMs);
      return this.computed(model, question, { times, given: found.answer });
    }
    const latencyMs = clock.monotonic() - times.queuedMs;
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
