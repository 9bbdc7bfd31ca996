// The adaptive optimizer: functions answer at once, and the hot ones become native while they run.
import type { Array as Traced } from '@jax-js/jax';
import { type Clock, GalerkinError, resolveOptions, systemClock, type Tensor } from '../../base/index.js';
import type { TensorsOf } from '../native-program.js';
import { flattenSpecs, type Spec } from '../spec.js';
import { requireReady } from '../tracer.js';
import type { Tree } from '../tree.js';
import { type CostBelief, CostModel, usualCosts } from './cost-model.js';
import { LoweringThread } from './lowering-thread.js';
import { type Machine, thisMachine } from './machine.js';
import { type AdaptiveSettings, adaptiveOptions } from './options.js';
import { ProgramCache } from './program-cache.js';
import type { FunctionReport } from './tier-report.js';
import { TieredFunction } from './tiered-function.js';
import type { Version } from './version.js';
import { Background, type Workshop } from './workshop.js';

/** Tensors where the function has arrays; static values as they are. */
export type ArgumentsOf<T> = T extends Traced
  ? Tensor
  : T extends readonly unknown[] | Readonly<Record<string, unknown>>
    ? { [Key in keyof T]: ArgumentsOf<T[Key]> }
    : T;

/** The adaptive form of a function. It must be called with `await`; calls may overlap. */
export type Adaptive<Args extends unknown[], Result> = (...args: ArgumentsOf<Args>) => Promise<TensorsOf<Result>>;

export interface WrapOptions {
  /** Name in reports, events and keys; the function's own otherwise. */
  readonly name?: string;
  /** Positions, from 0, of arguments that are plain data: each value gets a program of its own. */
  readonly staticArguments?: readonly number[];
  /** Specs of the array arguments, with 'batch' in front where the first size varies: one program then serves all sizes. */
  readonly specs?: readonly unknown[];
  /**
   * A word for the function's code and everything that it closes over, by which you vouch that equal words mean equal
   * programs. The cache is then asked without tracing. Change it with the code.
   */
  readonly key?: string;
}

/** What is injected; all of it is real by default. */
export interface AdaptiveParts {
  readonly clock?: Clock;
  readonly machine?: Machine;
  /** What the cost model believes before it has seen a compilation. */
  readonly costs?: Partial<CostBelief>;
}

function wrapFault(path: string, wanted: string, got: unknown): never {
  throw new GalerkinError('SPEC_INVALID', { path, wanted, got: String(got) });
}

function staticPositions({ staticArguments = [] }: WrapOptions): readonly number[] {
  const proper = staticArguments.every(position => Number.isSafeInteger(position) && position >= 0);
  if (!proper || new Set(staticArguments).size !== staticArguments.length)
    return wrapFault('staticArguments', 'different positions from 0', `[${staticArguments}]`);
  return [...staticArguments].sort((a, b) => a - b);
}

/**
 * Runs functions over arrays in the tier that pays.
 *
 * Tier 0 is the tracer's own compiler for WebAssembly; tier 1 a native session; tier 2 that session with the threads
 * and the graph level that were fastest on real calls. A function goes up when the calls to come are expected to save
 * more time than compiling takes, by a cost model fitted to the compilations seen. See docs/tiers.md.
 */
export class AdaptiveOptimizer {
  readonly #workshop: Workshop;
  readonly #functions: TieredFunction[] = [];
  /** Versions in the order of their last use. */
  readonly #used = new Map<Version, () => void>();

  /** @throws OPTIONS_INVALID; TRACER_NOT_READY unless ready() has resolved. */
  constructor(options: AdaptiveSettings = {}, parts: AdaptiveParts = {}) {
    requireReady('AdaptiveOptimizer');
    const config = resolveOptions('AdaptiveOptimizer', adaptiveOptions, options);
    const { clock = systemClock, machine = thisMachine(), costs = {} } = parts;
    const { cacheFolder: folder, cacheMemoryBytes: memoryBytes, cacheDiskBytes: diskBytes } = config;
    this.#workshop = {
      clock,
      config,
      machine,
      costs: new CostModel({ ...usualCosts, ...costs }),
      cache: new ProgramCache({ folder, memoryBytes, diskBytes }, clock),
      thread: new LoweringThread(),
      background: new Background(),
    };
  }

  /**
   * The adaptive form of `fn`: takes tensors where `fn` takes arrays. The function must give the same equations for
   * equal shapes and equal static values.
   * @throws SPEC_INVALID for specs or positions that are none. The wrapped function throws SESSION_INPUT_INVALID for
   * what is no tree of tensors, SESSION_CLOSED after close(), and whatever `fn` throws.
   */
  wrap<Args extends unknown[], Result>(fn: (...args: Args) => Result, options?: WrapOptions): Adaptive<Args, Result>;
  wrap(fn: (...args: unknown[]) => unknown, options: WrapOptions = {}): (...args: unknown[]) => Promise<Tree<Tensor>> {
    const { name = fn.name || 'function', key = '', specs } = options;
    const openSpecs: readonly Spec[] = specs === undefined ? [] : flattenSpecs(specs).leaves;
    const wrapped = new TieredFunction(this.#workshop, {
      name,
      key,
      openSpecs,
      staticPositions: staticPositions(options),
      call: args => fn(...args),
      onUse: (version, drop) => this.#use(version, drop),
    });
    this.#functions.push(wrapped);
    return async (...args) => {
      if (this.#workshop.background.isClosed) throw new GalerkinError('SESSION_CLOSED', { what: 'The optimizer' });
      return wrapped.call(args);
    };
  }

  /** What each function's versions did and why, in the order of wrapping. */
  report(): FunctionReport[] {
    return this.#functions.map(each => each.report());
  }

  /** Resolves when nothing is being compiled or tried in the background. */
  idle(): Promise<void> {
    return this.#workshop.background.idle();
  }

  /** Frees all sessions, waits for calls under way and ends the lowering thread; closing twice is fine. */
  async close(): Promise<void> {
    const closing = this.#workshop.background.close();
    await this.#workshop.thread.close();
    await closing;
    for (const each of this.#functions) await each.close();
    this.#used.clear();
  }

  #use(version: Version, drop: () => void): void {
    this.#used.delete(version);
    this.#used.set(version, drop);
    if (this.#used.size <= this.#workshop.config.compilationCacheSize) return;
    const oldest = this.#used.entries().next().value;
    if (oldest === undefined) return;
    const [unused, dropUnused] = oldest;
    this.#used.delete(unused);
    dropUnused();
    this.#workshop.background.add(() => unused.close());
  }
}

/** The same as `new AdaptiveOptimizer(options, parts)`. */
export function createAdaptiveOptimizer(options: AdaptiveSettings = {}, parts: AdaptiveParts = {}): AdaptiveOptimizer {
  return new AdaptiveOptimizer(options, parts);
}
