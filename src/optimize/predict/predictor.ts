// The performance predictor: latency and peak memory of a model at sizes at which it never ran, from what its operators cost at others.
import {
  type Clock,
  GalerkinError,
  integerOption,
  optionSchema,
  resolveOptions,
  systemClock,
} from '../../base/index.js';
import { type Model, type Node, planMemory, readModel, type Sizes, writeModel } from '../../graph/index.js';
import { optimizedModel, type SessionOptions } from '../../runtime/index.js';
import { calibrationCases } from './calibration.js';
import { executionsAt, withNodeNames } from './executions.js';
import { KernelCosts } from './kernel-costs.js';
import { fitCosts, type Observation } from './least-squares.js';
import { median, type Observed, observeAll, type SizedFeeds, type Subject } from './observation.js';
import { type Point, ratioAt } from './ratio.js';
import { type Work, workOf } from './work.js';

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
  /** Runs of each case that are measured in each of two passes; the medians count. @default 7 */
  readonly runs?: number;
  readonly clock?: Clock;
}

/** What is known of a model that was observed. */
interface Known {
  /** As the runtime wrote it. */
  readonly bytes: Uint8Array;
  readonly optimized: Model;
  /** How measured times of a node compare with what its kind costs, by the amount of its work. */
  readonly nodes: Map<string, Point[]>;
  readonly peaks: Observation[];
  /** Whole runs without measuring. */
  readonly wholes: { readonly sizes: Sizes; readonly ms: number }[];
}

/** A model with the cases to learn from. */
interface Lesson {
  readonly model: Model;
  readonly cases: readonly SizedFeeds[];
}

interface Asked {
  readonly optimized: Model;
  readonly known: Known | undefined;
}

const amountOf = ({ flops, readBytes, writtenBytes }: Work): number => 1 + flops + readBytes + writtenBytes;

const predictorOptions = optionSchema({
  runs: integerOption({
    doc: 'Runs of each case that are measured in each of two passes; the medians count.',
    default: 7,
    min: 1,
    max: 10_000,
  }),
});

export class PerformancePredictor {
  readonly #costs = new KernelCosts();
  readonly #known = new WeakMap<Model, Known>();
  /** Whole runs, as they are without measuring, beside the sum of their operators and their number. */
  readonly #wholes: Observation[] = [];
  #aroundCosts: readonly number[] | undefined;
  readonly #session: SessionOptions;
  readonly #runs: number;
  readonly #clock: Clock;

  /** @throws OPTIONS_INVALID */
  constructor({ session = {}, clock = systemClock, ...numbers }: PredictorOptions = {}) {
    this.#session = session;
    this.#runs = resolveOptions('PerformancePredictor', predictorOptions, numbers).runs;
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
    await this.#learn([{ model, cases }], () => undefined);
  }

  /**
   * Learns what kinds of operators cost on this machine, from small models of one or a few operators. Takes some 15 seconds.
   * @param onStep told after each step: how many are done, of how many.
   */
  async calibrate(onStep: (done: number, total: number) => void = () => undefined): Promise<void> {
    const subjects = calibrationCases().map(({ model, feeds }) => ({ model, cases: [{ sizes: {}, feeds }] }));
    await this.#learn(subjects, onStep);
  }

  async #learn(lessons: readonly Lesson[], onStep: (done: number, total: number) => void): Promise<void> {
    const subjects: (Subject & { readonly model: Model })[] = [];
    for (const { model, cases } of lessons) {
      // What the runtime writes is run as it is: names that it gives differ from session to session.
      const before = this.#known.get(model);
      const bytes = before?.bytes ?? (await optimizedModel(writeModel(withNodeNames(model)), this.#session));
      const optimized = before?.optimized ?? readModel(bytes);
      subjects.push(...cases.map(one => ({ ...one, model, bytes, optimized })));
    }
    const settings = { session: this.#session, runs: this.#runs, clock: this.#clock };
    const observed = await observeAll(subjects, settings, onStep);
    for (const [at, subject] of subjects.entries()) {
      const one = observed[at];
      if (one !== undefined) this.#note(subject, one);
    }
    this.#aroundCosts = undefined;
  }

  #note(
    { model, bytes, optimized, sizes }: Subject & { readonly model: Model },
    { wholeMs, peakBytes, nodes }: Observed,
  ): void {
    const known: Known = this.#known.get(model) ?? { bytes, optimized, nodes: new Map(), peaks: [], wholes: [] };
    this.#known.set(model, known);
    const sumMs = nodes.reduce((sum, { ms }) => sum + ms, 0);
    known.wholes.push({ sizes, ms: wholeMs });
    this.#wholes.push({ features: aroundOf(sumMs, nodes.length), ms: wholeMs });
    known.peaks.push({ features: [1, planMemory(optimized, sizes).arenaBytes], ms: peakBytes });
    this.#costs.add(nodes);
    for (const { name, work, ms } of nodes) {
      const points = known.nodes.get(name) ?? [];
      points.push({ amount: amountOf(work), ms, work });
      known.nodes.set(name, points);
    }
  }

  /**
   * What a run of `model` will take at these sizes. A model that was not observed is optimized by the runtime, but not run.
   * @throws OPTIMIZE_INPUT_INVALID before anything was observed, SIZE_INVALID.
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
  #sum(subject: Asked, sizes: Sizes) {
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
    const costs = this.#around();
    const latencyMs = aroundOf(sumMs, byOperator.length).reduce((sum, value, k) => sum + value * (costs[k] ?? 0), 0);
    return { latencyMs, amount, byOperator };
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
    this.#aroundCosts ??= fitCosts(this.#wholes, [0.01, 1, 1, 0]);
    return this.#aroundCosts;
  }
}

/** Sums of operators below this are mostly what measuring them costs. */
const smallMs = 0.05;

/** What a whole run is made of: the call, the operators' time in two parts, and something for each of them. */
const aroundOf = (sumMs: number, nodes: number): number[] => [
  1,
  Math.min(sumMs, smallMs),
  Math.max(0, sumMs - smallMs),
  nodes,
];

function peakOf(optimized: Model, { known, sizes }: { known: Known | undefined; sizes: Sizes }): number {
  const { arenaBytes, weightBytes } = planMemory(optimized, sizes);
  if (known === undefined) return weightBytes + arenaBytes;
  const [fixed = 0, share = 1] = fitCosts(known.peaks, [weightBytes, 1], 1e-6);
  return Math.round(fixed + share * arenaBytes);
}
