// The bench: keeps what was measured of every trial, measures more on demand, and says how good each is.
import { isGalerkinError } from '../../base/index.js';
import type { Feeds } from '../feeds.js';
import type { Crew } from './crew.js';
import { type Facts, scoreOf } from './goal.js';
import type { Score } from './halving.js';
import { grownMemory } from './memory.js';
import { stacked } from './samples.js';
import { figuresOf, type Measured, nothingMeasured, pooled, type Trial } from './trial.js';
import type { OptimizationStrategy, WorkloadProfile } from './workload.js';

/** Different items, so that no run finds its data where the last one left them. */
const feedsInTurn = 4;

export interface BenchTerms {
  readonly crew: Crew;
  readonly samples: readonly Feeds[];
  readonly strategy: OptimizationStrategy;
  readonly workload: WorkloadProfile;
  /** Called after each measurement. */
  readonly onMeasured: () => void;
}

export class Bench {
  readonly #terms: BenchTerms;
  readonly #measured = new Map<string, Measured>();
  readonly #memory = new Map<string, number | undefined>();
  readonly #feeds = new Map<number, readonly Feeds[]>();
  readonly #failed = new Map<string, string>();
  readonly #trials = new Map<string, Trial>();

  constructor(terms: BenchTerms) {
    this.#terms = terms;
  }

  #feedsFor(batch: number): readonly Feeds[] {
    const known = this.#feeds.get(batch);
    if (known !== undefined) return known;
    const { samples } = this.#terms;
    const count = Math.min(feedsInTurn, Math.max(1, samples.length));
    const feeds =
      batch === 1
        ? samples.slice(0, count)
        : Array.from({ length: count }, (_, k) => stacked(samples, { batch, first: k * batch }));
    this.#feeds.set(batch, feeds);
    return feeds;
  }

  /** Trials that were measured, in the order of their first measurement. */
  get trials(): Trial[] {
    return [...this.#trials.values()];
  }

  /** Why a trial could not be run; undefined if it could. */
  failure(trial: Trial): string | undefined {
    return this.#failed.get(trial.id);
  }

  /** Adds runs to a trial. A trial that cannot be run is remembered as such. */
  async measure(trial: Trial, plan: { readonly runs: number; readonly limitMs: number }): Promise<void> {
    const { id, variant, settings } = trial;
    if (this.#failed.has(id)) return;
    try {
      const seat = { key: id, bytes: variant.bytes, settings, feeds: this.#feedsFor(settings.batch) };
      const more = await this.#terms.crew.run(seat, plan);
      this.#measured.set(id, pooled(this.#measured.get(id) ?? nothingMeasured, more));
      this.#trials.set(id, trial);
      if (this.#terms.strategy === 'memory') await this.weigh(trial);
    } catch (error) {
      if (!isGalerkinError(error)) throw error;
      this.#failed.set(id, error.message);
    }
    this.#terms.onMeasured();
  }

  /** Forgets the runs so far: the finals begin anew, so that all finalists saw the same minutes. */
  forget(trial: Trial): void {
    this.#measured.delete(trial.id);
  }

  /** Measures the memory of a trial, once. What dies of it, or cannot be weighed in time, has no figure. */
  async weigh({ id, variant, settings }: Trial): Promise<void> {
    if (this.#memory.has(id)) return;
    const [feeds = {}] = this.#feedsFor(settings.batch);
    try {
      this.#memory.set(id, await grownMemory(variant.bytes, settings, feeds));
    } catch (error) {
      if (!isGalerkinError(error)) throw error;
      this.#memory.set(id, undefined);
    }
  }

  factsOf({ id, variant }: Trial): Facts {
    const figures = figuresOf(this.#measured.get(id) ?? nothingMeasured);
    return { figures, bytes: variant.bytes.byteLength, memoryBytes: this.#memory.get(id) };
  }

  scoreOf(trial: Trial): Score {
    const { strategy, workload } = this.#terms;
    return scoreOf(this.factsOf(trial), strategy, workload);
  }
}
