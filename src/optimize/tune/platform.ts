// The platform that makes a model fit what it will be asked, and the optimized model with its report.
import { resolve } from 'node:path';
import { systemClock } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';
import { openSession, type Session } from '../../runtime/index.js';
import { htmlReport } from '../report/html.js';
import type { TuneReport } from '../report/tune-report.js';
import type { TuneHooks, TuneOptions } from './options.js';
import { type Published, publishTuned } from './publish.js';
import { openSource, type Source, sourceOf } from './source.js';
import { type Tuned, tune } from './tune.js';
import type { WorkloadProfileInput } from './workload.js';

/** REPOSITORY/MODEL, REPOSITORY/MODEL/VERSION, an .onnx file, or a package that is open already. */
export type ModelPlace = string | ModelPackage;

export class OptimizedModel {
  /** What was tried, chosen and refused, with every figure. */
  readonly report: TuneReport;
  /** The chosen graph, as it is served. */
  readonly bytes: Uint8Array;
  readonly #source: Source;
  readonly #tuned: Tuned;
  readonly #nowMs: () => number;

  private constructor(source: Source, tuned: Tuned, nowMs: () => number) {
    this.#source = source;
    this.#tuned = tuned;
    this.#nowMs = nowMs;
    this.report = tuned.report;
    this.bytes = tuned.bytes;
  }

  /**
   * Optimizes a model for a workload. See `tune` for what is searched and how long it takes.
   * @throws OPTIONS_INVALID, OPTIMIZE_INPUT_INVALID, GRAPH_INVALID, SESSION_MODEL_INVALID, OPTIMIZATION_CANCELLED; what reading the package throws.
   */
  static async fromWorkload(
    model: ModelPlace,
    workload: WorkloadProfileInput,
    options: TuneOptions = {},
    hooks: TuneHooks = {},
  ): Promise<OptimizedModel> {
    const source = await (typeof model === 'string' ? openSource(model) : sourceOf(model));
    const { clock = systemClock } = hooks;
    return new OptimizedModel(source, await tune(source, workload, options, hooks), () => clock.now());
  }

  /** 'met' and 'missed' speak of the targets; 'best': there were none. */
  get status(): TuneReport['status'] {
    return this.report.status;
  }

  /** Opens the chosen graph with the chosen settings, here and once. */
  open(): Promise<Session> {
    const { threads, graphLevel } = this.report.chosen.settings;
    return openSession(this.bytes, { threads, graphLevel, spin: false });
  }

  /** The report as one page that needs nothing else. */
  html(): string {
    return htmlReport(this.report);
  }

  /**
   * Writes it as the next version of its model, or into the repository `output`, which an .onnx file needs.
   * @throws TARGET_MISSED with the best figures if a target is missed; nothing is written then.
   */
  publish({ output }: { readonly output?: string } = {}): Promise<Published> {
    const place = output === undefined ? undefined : resolve(output);
    return publishTuned(this.#source, this.#tuned, { output: place, nowMs: this.#nowMs() });
  }
}

export interface OptimizeModelOptions extends TuneOptions {
  readonly model: ModelPlace;
  /** Largest p95 of one request, in milliseconds. */
  readonly targetLatencyMs?: number;
  /** Least items a second. */
  readonly targetThroughput?: number;
  /** Largest mean relative L2 distance from the original's answers, and growth of the physics residual. @default 0.005 */
  readonly budget?: WorkloadProfileInput['budget'];
  /** Largest growth of resident memory, in bytes. */
  readonly memoryBytes?: number;
  /** Items in one request. @default [1] */
  readonly batchSizes?: readonly number[];
  /** Requests at once. @default 1 */
  readonly concurrency?: number;
}

/** Optimizes models with one set of options and hooks. */
export class HybridPerformancePlatform {
  readonly #options: TuneOptions;
  readonly #hooks: TuneHooks;

  constructor(options: TuneOptions = {}, hooks: TuneHooks = {}) {
    this.#options = options;
    this.#hooks = hooks;
  }

  /** The best way to run `model` under the targets and budgets. @throws as `OptimizedModel.fromWorkload` */
  optimizeModel(options: OptimizeModelOptions): Promise<OptimizedModel> {
    const { model, targetLatencyMs, targetThroughput, budget, memoryBytes, batchSizes, concurrency, ...tuning } =
      options;
    const workload: WorkloadProfileInput = {
      ...(targetLatencyMs === undefined ? {} : { targetLatencyMs }),
      ...(targetThroughput === undefined ? {} : { targetThroughput }),
      ...(budget === undefined ? {} : { budget }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(batchSizes === undefined ? {} : { batchSizes: [...batchSizes] }),
      ...(concurrency === undefined ? {} : { concurrency }),
    };
    return OptimizedModel.fromWorkload(model, workload, { ...this.#options, ...tuning }, this.#hooks);
  }
}
