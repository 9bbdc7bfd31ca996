// The performance predictor: latency and peak memory of a model at sizes at which it never ran, from what its operators cost at others.
import { type Clock, GalerkinError, systemClock } from '../../base/index.js';
import { type Model, type Node, planMemory, readModel, type Sizes, writeModel } from '../../graph/index.js';
import {
  openSession,
  optimizedModel,
  type ProfiledRun,
  profileRuns,
  type SessionOptions,
} from '../../runtime/index.js';
import type { Feeds } from '../feeds.js';
import { timingOf } from '../measure.js';
import { calibrationCases } from './calibration.js';
import { executionsAt, profiledExecution, withNodeNames } from './executions.js';
import { KernelCosts, type Measured } from './kernel-costs.js';
import { fitCosts, type Observation } from './least-squares.js';
import { type Point, ratioAt } from './ratio.js';
import { type Work, workOf } from './work.js';

/** One case to learn from: the open sizes, and feeds of those sizes. */
export interface SizedFeeds {
  readonly sizes: Sizes;
  readonly feeds: Feeds;
}

export interface PredictedOperator {
  readonly node: string;
  readonly operator: string;
  readonly ms: number;
  /** False where the operator was never measured, or its shapes are not known: then `ms` is a guess. */
  readonly isKnown: boolean;
}

export interface Prediction {
  readonly latencyMs: number;
  /** Most memory asked of the arena at once: rearranged weights and values between operators. The arena itself may hold twice that. */
  readonly peakBytes: number;
  readonly byOperator: readonly PredictedOperator[];
}

export interface PredictorOptions {
  /** How the sessions that are predicted will be opened. */
  readonly session?: SessionOptions;
  /** Runs of each case that are measured; the medians count. @default 9 */
  readonly runs?: number;
  readonly clock?: Clock;
}

/** What is known of a model that was observed. */
interface Known {
  readonly optimized: Model;
  /** How measured times of a node compare with what its kind costs, by the amount of its work. */
  readonly nodes: Map<string, Point[]>;
  readonly peaks: Observation[];
  /** Whole runs without measuring. */
  readonly wholes: { readonly sizes: Sizes; readonly ms: number }[];
}

interface Subject {
  readonly optimized: Model;
  readonly known: Known | undefined;
}

const median = (values: readonly number[]): number => timingOf(values).medianMs;
const amountOf = ({ flops, readBytes, writtenBytes }: Work): number => 1 + flops + readBytes + writtenBytes;

export class PerformancePredictor {
  readonly #costs = new KernelCosts();
  readonly #known = new WeakMap<Model, Known>();
  /** Whole runs, as they are without measuring, beside the sum of their operators and their number. */
  readonly #wholes: Observation[] = [];
  #aroundCosts: readonly number[] | undefined;
  readonly #session: SessionOptions;
  readonly #runs: number;
  readonly #clock: Clock;

  constructor({ session = {}, runs = 9, clock = systemClock }: PredictorOptions = {}) {
    this.#session = session;
    this.#runs = runs;
    this.#clock = clock;
  }

  /**
   * Runs `model` in each case, operator by operator, and learns from it: about it, and about its kinds of operators.
   * @param model predict() knows it again by identity.
   * @throws what the runtime throws for a model or feeds that do not run; OPTIMIZE_INPUT_INVALID without a case.
   */
  async observe(model: Model, cases: readonly SizedFeeds[]): Promise<void> {
    if (cases.length === 0) {
      throw new GalerkinError('OPTIMIZE_INPUT_INVALID', {
        what: 'Cases to learn from',
        wanted: 'at least 1',
        got: '0',
      });
    }
    // What the runtime writes is run as it is: names that it gives differ from session to session.
    const bytes = await optimizedModel(writeModel(withNodeNames(model)), this.#session);
    const optimized = readModel(bytes);
    const known: Known = this.#known.get(model) ?? { optimized, nodes: new Map(), peaks: [], wholes: [] };
    const noted: { name: string; one: Measured }[] = [];
    for (const { sizes, feeds } of cases) {
      const wholeMs = await this.#time(bytes, feeds);
      const repeated = Array.from({ length: this.#runs + 2 }, () => feeds);
      const runs = (await profileRuns(bytes, repeated, asWritten(this.#session))).slice(2);
      const measured = measuredOf(runs, optimized);
      noted.push(...measured);
      const sumMs = measured.reduce((sum, { one }) => sum + one.ms, 0);
      known.wholes.push({ sizes, ms: wholeMs });
      this.#wholes.push({ features: [1, sumMs, measured.length], ms: wholeMs });
      const peakBytes = Math.max(...runs.map(run => run.peakBytes));
      known.peaks.push({ features: [1, planMemory(optimized, sizes).arenaBytes], ms: peakBytes });
    }
    this.#costs.add(noted.map(({ one }) => one));
    for (const { name, one } of noted) {
      const points = known.nodes.get(name) ?? [];
      points.push({ amount: amountOf(one.work), ms: one.ms, work: one.work });
      known.nodes.set(name, points);
    }
    this.#known.set(model, known);
    this.#aroundCosts = undefined;
  }

  /**
   * Learns what kinds of operators cost on this machine, from small models of one operator each. Takes some seconds.
   * @param onCase told after each case: how many are done, of how many.
   */
  async calibrate(onCase: (done: number, total: number) => void = () => undefined): Promise<void> {
    const cases = calibrationCases();
    for (const [done, { model, feeds }] of cases.entries()) {
      await this.observe(model, [{ sizes: {}, feeds }]);
      onCase(done + 1, cases.length);
    }
  }

  async #time(bytes: Uint8Array, feeds: Feeds): Promise<number> {
    const session = await openSession(bytes, asWritten(this.#session));
    try {
      const times: number[] = [];
      for (let run = 0; run < this.#runs + 2; run++) {
        const startMs = this.#clock.monotonic();
        await session.run(feeds);
        times.push(this.#clock.monotonic() - startMs);
      }
      return median(times.slice(2));
    } finally {
      await session.close();
    }
  }

  /**
   * What a run of `model` will take at these sizes. A model that was not observed is optimized by the runtime, but not run.
   * @throws OPTIMIZE_INPUT_INVALID before anything was observed.
   */
  async predict(model: Model, sizes: Sizes = {}): Promise<Prediction> {
    if (this.#costs.size === 0) {
      const [what, wanted] = ['A prediction', 'observe() or calibrate() before'];
      throw new GalerkinError('OPTIMIZE_INPUT_INVALID', { what, wanted, got: 'nothing measured' });
    }
    const known = this.#known.get(model);
    const optimized =
      known?.optimized ?? readModel(await optimizedModel(writeModel(withNodeNames(model)), this.#session));
    const subject = { optimized, known };
    const raw = this.#sum(subject, sizes);
    const wholes = (known?.wholes ?? []).map(whole => {
      const { latencyMs, amount } = this.#sum(subject, whole.sizes);
      return { amount, ratio: whole.ms / latencyMs };
    });
    return {
      latencyMs: raw.latencyMs * ratioAt(wholes, raw.amount),
      peakBytes: peakOf(optimized, { known, sizes }),
      byOperator: raw.byOperator,
    };
  }

  /** The sum of the operators, with what a run costs around them. */
  #sum(subject: Subject, sizes: Sizes) {
    const { optimized, known } = subject;
    const executions = executionsAt(optimized, sizes);
    let [sumMs, amount] = [0, 0];
    const byOperator = optimized.graph.nodes.map((node): PredictedOperator => {
      const execution = executions.get(node.name);
      const work = execution === undefined ? undefined : workOf(execution);
      const predicted = this.#operator(node, work, known?.nodes.get(node.name) ?? []);
      sumMs += predicted.ms;
      amount += work === undefined ? 0 : amountOf(work);
      return predicted;
    });
    const [fixed = 0, share = 1, perNode = 0] = this.#around();
    return { latencyMs: fixed + share * sumMs + perNode * byOperator.length, amount, byOperator };
  }

  #operator({ name: node, operator }: Node, work: Work | undefined, points: readonly Point[]): PredictedOperator {
    if (work === undefined) {
      const ms = points.length === 0 ? 0 : median(points.map(point => point.ms));
      return { node, operator, ms, isKnown: false };
    }
    const ratios = points.map(point => ({
      amount: point.amount,
      ratio: point.ms / this.#costs.predict(operator, point.work),
    }));
    const ms = this.#costs.predict(operator, work) * ratioAt(ratios, amountOf(work));
    return { node, operator, ms, isKnown: this.#costs.knows(operator) };
  }

  /** What a run costs besides its operators: once, in part of their time, and for each. */
  #around(): readonly number[] {
    this.#aroundCosts ??= fitCosts(this.#wholes, [0.02, 1, 0]);
    return this.#aroundCosts;
  }
}

/** The runtime's own optimizations are done. */
const asWritten = (options: SessionOptions): SessionOptions => ({ ...options, graphLevel: 'disabled' });

/** Medians over the runs, execution by execution; each run executes the same nodes in the same order. */
function measuredOf(runs: readonly ProfiledRun[], optimized: Model): { name: string; one: Measured }[] {
  const nodes = runs[0]?.nodes ?? [];
  return nodes.map((node, at) => {
    const ms = median(runs.flatMap(run => run.nodes[at]?.ms ?? []));
    const work = workOf(profiledExecution(node, optimized));
    return { name: node.name, one: { operator: node.operator, work, ms } };
  });
}

function peakOf(optimized: Model, { known, sizes }: { known: Known | undefined; sizes: Sizes }): number {
  const { arenaBytes, weightBytes } = planMemory(optimized, sizes);
  if (known === undefined) return weightBytes + arenaBytes;
  const [fixed = 0, share = 1] = fitCosts(known.peaks, [weightBytes, 1], 1e-6);
  return Math.round(fixed + share * arenaBytes);
}
