// Iterative co-design: channels are ordered so that a compression hurts least, the compression is applied and measured, and again.
import { systemClock } from '../../base/index.js';
import type { Model } from '../../graph/index.js';
import { type Deviation, deviationOf } from '../deviation.js';
import { answersOf, type Feeds } from '../feeds.js';
import type { Timing } from '../measure.js';
import { constantBytes } from '../quantize/report.js';
import { energiesOf } from './activation-energy.js';
import { type CodesignOptions, codesignConfig } from './codesign-options.js';
import type { CodesignCandidate, CodesignResult } from './codesign-result.js';
import { correlationsOf } from './correlation.js';
import { correlationCache, correlationKey } from './correlation-cache.js';
import { exactStreams } from './exact-streams.js';
import { foldWeights } from './fold-weights.js';
import { scaledBlocks } from './formats.js';
import { judgedStreams, type Orders, orderOf, permuted, type SearchGround, scoresOf } from './layout-search.js';
import { allTrials, bestOf, onlyChanged, Stopwatch } from './layout-trials.js';
import { paretoSet } from './pareto.js';
import { modelDigest, type PermutationFile } from './permutation-file.js';
import { type Jury, juryOf, partedSamples, type Trial, timed, tried, withSession } from './trials.js';

interface Timed {
  readonly trials: readonly Trial[];
  /** Of the original, then of each trial. */
  readonly timings: readonly Timing[];
  readonly ground: SearchGround;
}

/** Part of the weights that survives over all streams; NaN where there are none. */
export function layoutEfficiency(ground: SearchGround, orders: Orders): number {
  const scores = scoresOf(ground, orders);
  const sum = (f: (score: (typeof scores)[number]) => number): number =>
    scores.reduce((total, score) => total + f(score), 0);
  return sum(({ kept }) => kept) / sum(({ bound }) => bound);
}

function candidatesOf({ trials, timings, ground }: Timed): CodesignCandidate[] {
  const original = { error: 0, ms: timings[0].medianMs, bytes: constantBytes(ground.base.graph) };
  const costs = trials.map(({ deviation, compressed }, k) => ({
    error: deviation.relativeL2,
    ms: timings[k + 1].medianMs,
    bytes: compressed.report.bytesAfter,
  }));
  const isPareto = paretoSet([original, ...costs]).slice(1);
  return trials.map(({ kind, round, fitted, deviation, compressed, orders }, k) => ({
    layout: kind,
    round,
    fitted,
    deviation,
    bytes: compressed.report.bytesAfter,
    timing: timings[k + 1],
    layoutEfficiency: layoutEfficiency(ground, orders),
    isPareto: isPareto[k],
    compression: compressed.report,
    model: compressed.model,
  }));
}

function permutationFile(ground: SearchGround, orders: Orders): PermutationFile {
  const before = new Map(scoresOf(ground, new Map()).map(score => [score.stream, score]));
  const after = new Map(scoresOf(ground, orders).map(score => [score.stream, score]));
  return {
    format: 'galerkin permutation 1',
    model: modelDigest(ground.base),
    objective: ground.objective.name,
    streams: ground.streams.map(stream => {
      const [from, to] = [before.get(stream.name), after.get(stream.name)];
      const objective = from && to ? { before: from.kept, after: to.kept, bound: from.bound } : null;
      const touches = stream.touches.map(touch => ({ ...touch }));
      return { name: stream.name, size: stream.size, touches, permutation: [...orderOf(orders, stream)], objective };
    }),
  };
}

async function exactnessOf(model: Model, jury: Jury): Promise<Deviation> {
  const answers = await withSession(model, jury.threads, session => answersOf(session, jury.parts.judged));
  return deviationOf(answers, jury.judged);
}

/** The trial with the least error on the samples fitted to, if it also beats the identity on those it was not fitted to. */
function chosenOf(trials: readonly Trial[]): { index: number; isBetter: boolean } {
  const least = trials.indexOf(bestOf(trials));
  const isBetter = least > 0 && trials[least].deviation.relativeL2 < trials[0].deviation.relativeL2;
  return { index: isBetter ? least : 0, isBetter };
}

/**
 * Orders the channels of `model` for a form of compression: correlations on the samples, spectral order, swap refinement
 * of what the form keeps, compression, measured error, and again from there until a round gains less than 1 % or five
 * are over. Every layout computes the same function before compression; the report holds the controls (no layout, a
 * random one), errors on samples that no layout was fitted to, bytes, times taken in turns, and the Pareto set.
 * @param samples feeds as the model will get them, at least one, better eight or more; every second one judges.
 * Deterministic but for times. Cost: some runs of the model for each sample and layout, and the swaps (options.swaps).
 * @throws OPTIONS_INVALID, OPTIMIZE_INPUT_INVALID, what the format's compression and the runtime throw.
 */
export async function codesign(
  model: Model,
  samples: readonly Feeds[],
  options: CodesignOptions = {},
): Promise<CodesignResult> {
  const config = codesignConfig(options);
  const { format = scaledBlocks(), cache = correlationCache(), clock = systemClock } = options;
  const parts = partedSamples(samples);
  const watch = new Stopwatch(clock);
  const base = await foldWeights(model);
  const jury = await juryOf(base, { parts, format, threads: config.threads });
  const found = await exactStreams(base, parts.fitted[0], config.seed);
  const { objective } = format;
  const identity = await tried(base, { kind: 'identity', round: 0, orders: new Map() }, jury);
  const compressible = found.map(stream => onlyChanged(stream, identity));
  const streams = judgedStreams({ base, streams: compressible, objective, energies: undefined });
  const products = streams.flatMap(stream => stream.products);
  const energies = config.weighted && products.length > 0 ? await energiesOf(base, products, parts.fitted) : undefined;
  const ground: SearchGround = { base, streams, objective, energies };
  const terms = { samples: parts.fitted, rows: config.rows };
  const correlations = await cache.get(correlationKey(base, streams, terms), () =>
    correlationsOf(base, streams, terms),
  );
  const trials = await allTrials({ ground, jury, config, watch }, identity, correlations);
  const { index, isBetter } = chosenOf(trials);
  const models = [base, ...trials.map(({ compressed }) => compressed.model)];
  const timings = await timed(models, {
    feeds: parts.judged[0],
    threads: config.threads,
    measureMs: config.measureMs,
    clock,
  });
  const candidates = candidatesOf({ trials, timings, ground });
  const [chosen, control] = [candidates[index], candidates[0]];
  const layout = permuted(base, streams, trials[index].orders);
  const gain = (control.deviation.relativeL2 - chosen.deviation.relativeL2) / control.deviation.relativeL2;
  return {
    status: streams.length === 0 ? 'nothing to order' : isBetter ? 'better' : 'no gain',
    model: chosen.model,
    permuted: layout,
    chosen,
    identity: control,
    candidates,
    exactness: await exactnessOf(layout, jury),
    gain: Number.isFinite(gain) ? gain : 0,
    format: format.name,
    objective: objective.name,
    samples: { fitted: parts.fitted.length, judged: parts.judged.length, areApart: parts.areApart },
    original: { bytes: constantBytes(base.graph), timing: timings[0] },
    correlations,
    permutations: permutationFile(ground, trials[index].orders),
    metrics: {
      permutationSeconds: watch.seconds,
      correlationLookups: cache.lookups,
      correlationHits: cache.hits,
      layoutEfficiency: chosen.layoutEfficiency,
    },
  };
}
