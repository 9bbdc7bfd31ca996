// Tuning: everything is searched within the time limit, the best is chosen, verified as it will run, and reported.
import { availableParallelism, cpus } from 'node:os';
import { GalerkinError, resolveOptions, systemClock } from '../../base/index.js';
import { openSession } from '../../runtime/index.js';
import { type NodeCounts, nodeCounts, operatorTimes } from '../report/operators.js';
import type { TrialFacts, TuneReport } from '../report/tune-report.js';
import { accuracyOf, answered, overBudget } from './accuracy.js';
import { Crew } from './crew.js';
import { chooseAmong, type Finalist, targetsOf } from './goal.js';
import { type TuneHooks, type TuneOptions, tuneOptions } from './options.js';
import { finalistOf } from './race.js';
import { reasonFor } from './reason.js';
import { type Samples, samplesFor, stacked } from './samples.js';
import { type Searched, type SearchTerms, search } from './search.js';
import type { Source } from './source.js';
import type { Trial } from './trial.js';
import type { Judged, Refused } from './variants.js';
import { type WorkloadProfileInput, workloadProfile } from './workload.js';

export interface Tuned {
  readonly report: TuneReport;
  /** The model's file as it is to be served. */
  readonly bytes: Uint8Array;
}

async function loadSamples(
  source: Source,
  options: Required<TuneOptions>,
  warn: (warning: string) => void,
): Promise<Samples> {
  const session = await openSession(source.bytes, { threads: 1, spin: false });
  const { inputs, outputs } = session;
  await session.close();
  const terms = { inputs, outputs, maxBatch: source.maxBatch, most: options.mostSamples };
  const file = options.samples === '' ? undefined : options.samples;
  const samples = await samplesFor(source, terms, { file, seed: options.seed });
  if (samples.origin === 'random')
    warn(
      `'${source.package.name}' has no samples: accuracy is measured on random numbers (seed ${options.seed}), which what it will be asked may not resemble. Better give samples.`,
    );
  return samples;
}

type Contender = Finalist & { readonly trial: Trial };

/** The best finalist whose answers keep the budget also at its own level and threads; the original always does. */
async function choose(
  terms: SearchTerms,
  { bench, finalists, judged, original }: Searched,
): Promise<{ chosen: Contender; verified: Judged; refused: Refused[] }> {
  const { options, workload, samples, source } = terms;
  const refused: Refused[] = [];
  const judgedOf = (trial: Trial) => judged.find(({ variant }) => variant.id === trial.variant.id);
  let pool = finalists.flatMap((trial): Contender[] => {
    const own = judgedOf(trial);
    return own === undefined || bench.failure(trial) !== undefined ? [] : [finalistOf(bench, trial, own)];
  });
  for (;;) {
    const chosen = chooseAmong(pool, { strategy: options.strategy, workload });
    if (chosen === undefined)
      throw new GalerkinError('SESSION_RUN_FAILED', { reason: 'no way to run the model worked' });
    const { variant, settings } = chosen.trial;
    const again = await answered(variant.bytes, { samples, guard: source.guard, ...settings });
    const accuracy = accuracyOf(again, original);
    const reason = overBudget(accuracy, workload.budget);
    if (reason === undefined) return { chosen, verified: { variant, accuracy }, refused };
    refused.push({ id: chosen.trial.id, label: variant.label, reason, accuracy, bytes: variant.bytes.byteLength });
    pool = pool.filter(one => one !== chosen);
  }
}

function trialFacts(searched: Searched, chosen: Trial): TrialFacts[] {
  const { bench, finalists, overMemory } = searched;
  const among = (list: readonly Trial[], { id }: Trial): boolean => list.some(other => other.id === id);
  return bench.trials.map(trial => {
    const { figures, memoryBytes } = bench.factsOf(trial);
    const outcome =
      trial.id === chosen.id
        ? 'chosen'
        : among(finalists, trial)
          ? 'finalist'
          : among(overMemory, trial)
            ? 'over memory'
            : 'slower';
    const memory = memoryBytes === undefined ? {} : { memoryBytes };
    return { id: trial.id, variant: trial.variant.id, settings: trial.settings, ...figures, ...memory, outcome };
  });
}

/** Counts as long as there is time for it. */
async function countNodes(
  { clock, options, startMs, samples }: SearchTerms,
  judged: readonly Judged[],
): Promise<NodeCounts[]> {
  const counts: NodeCounts[] = [];
  for (const { variant } of judged) {
    if (clock.monotonic() - startMs >= options.timeLimitMs) break;
    counts.push(await nodeCounts(variant, samples.feeds[0] ?? {}));
  }
  return counts;
}

async function reportOf(terms: SearchTerms, searched: Searched): Promise<Tuned> {
  const { source, samples, workload, options, cores, clock } = terms;
  const { chosen, verified, refused } = await choose(terms, searched);
  const { baseline } = searched;
  const trials = trialFacts(searched, chosen.trial);
  const factsOf = ({ id }: Trial): TrialFacts | undefined => trials.find(facts => facts.id === id);
  const [before, after] = [factsOf(baseline), factsOf(chosen.trial)];
  if (before === undefined || after === undefined) throw new GalerkinError('BUG', { what: 'finalists were measured' });
  const targets = targetsOf(chosen, workload);
  const times = (trial: Trial) =>
    operatorTimes(trial.variant, trial.settings, stacked(samples.feeds, { batch: trial.settings.batch }));
  const operators = { before: await times(baseline), after: await times(chosen.trial) };
  const nodes = await countNodes(terms, searched.judged);
  const status = targets.length === 0 ? 'best' : targets.every(({ isMet }) => isMet) ? 'met' : 'missed';
  const { name, version } = source.package;
  const report: TuneReport = {
    format: 1,
    model: {
      name,
      version: source.repository === undefined ? undefined : version,
      digest: searched.judged[0]?.variant.digest ?? '',
      bytes: source.bytes.byteLength,
      nodes: source.model.graph.nodes.length,
    },
    machine: { processor: cpus()[0]?.model.trim() ?? '', cores, node: process.version },
    strategy: options.strategy,
    workload,
    timeLimitMs: options.timeLimitMs,
    tookMs: clock.monotonic() - terms.startMs,
    samples: { origin: samples.origin, count: samples.feeds.length, seed: options.seed },
    status,
    targets,
    baseline: before,
    chosen: after,
    reason: reasonFor({ strategy: options.strategy, before, after, status, accuracy: verified.accuracy }),
    variants: searched.judged.map(({ variant, accuracy }) => {
      const { id, label, bytes, nodes: written, compression } = variant;
      const own = id === verified.variant.id ? verified.accuracy : accuracy;
      return { id, label, bytes: bytes.byteLength, nodes: written, accuracy: own, ...(compression && { compression }) };
    }),
    trials,
    refused: [...searched.refused, ...refused],
    rungs: searched.rungs,
    unmeasured: searched.unmeasured.map(({ id }) => id),
    operators,
    nodes,
  };
  return { report, bytes: chosen.trial.variant.bytes };
}

/**
 * Searches the fastest (or smallest, or leanest) way to run a model whose answers stay within the error budget: graph passes and
 * compressions x the runtime's level x threads and instances x batch sizes. Everything is measured on this machine, in worker
 * threads as a server would run it; a missed target is a status of the report, not an error.
 * @returns the report, and the model's file that was chosen. Ends within `timeLimitMs`, but for one run that is under way and the profiling of two models.
 * @throws OPTIONS_INVALID, OPTIMIZE_INPUT_INVALID, SESSION_MODEL_INVALID, SESSION_RUN_FAILED, OPTIMIZATION_CANCELLED
 */
export async function tune(
  source: Source,
  profile: WorkloadProfileInput,
  given: TuneOptions = {},
  hooks: TuneHooks = {},
): Promise<Tuned> {
  const workload = workloadProfile(profile);
  const options = resolveOptions('optimizeModel', tuneOptions, given);
  const { clock = systemClock, signal, onProgress, onWarning } = hooks;
  const startMs = clock.monotonic();
  const onBest = (bestMs: number | undefined): void => {
    const figure = bestMs === undefined ? {} : { figure: { name: 'best', value: bestMs, unit: 'ms' } };
    const done = Math.min(options.timeLimitMs, clock.monotonic() - startMs);
    onProgress?.({ task: 'tuning', done, total: options.timeLimitMs, ...figure });
  };
  const crew = new Crew();
  try {
    const samples = await loadSamples(source, options, warning => onWarning?.(warning));
    const cores = options.cores || availableParallelism();
    const terms = { source, samples, workload, options, cores, crew, clock, startMs, onProgress: onBest, signal };
    const tuned = await reportOf(terms, await search(terms));
    const { timeLimitMs: total } = options;
    onProgress?.({
      task: 'tuning',
      done: total,
      total,
      figure: { name: 'chosen', value: tuned.report.chosen.p50Ms, unit: 'ms' },
    });
    return tuned;
  } catch (cause) {
    if (signal?.aborted === true)
      throw new GalerkinError('OPTIMIZATION_CANCELLED', { model: source.package.name }, { cause });
    throw cause;
  } finally {
    await crew.end();
  }
}
