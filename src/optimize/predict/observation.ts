// Observations: cases of models run operator by operator, in several passes over all of them, so that a pause of the machine spoils none.
import type { Clock } from '../../base/index.js';
import type { Model, Sizes } from '../../graph/index.js';
import { openSession, type ProfiledRun, profileRuns, type SessionOptions } from '../../runtime/index.js';
import type { Feeds } from '../feeds.js';
import { timingOf } from '../measure.js';
import { profiledExecution } from './executions.js';
import type { Measured } from './kernel-costs.js';
import { workOf } from './work.js';

/** One case to learn from: the open sizes, and feeds of those sizes. */
export interface SizedFeeds {
  readonly sizes: Sizes;
  readonly feeds: Feeds;
}

/** A model as the runtime wrote it, in one case. */
export interface Subject extends SizedFeeds {
  readonly bytes: Uint8Array;
  readonly optimized: Model;
}

export interface Observed {
  /** Of a whole run without measuring. */
  readonly wholeMs: number;
  readonly peakBytes: number;
  readonly nodes: readonly (Measured & { readonly name: string })[];
}

export interface ObserveSettings {
  readonly session: SessionOptions;
  /** Runs that count in each pass; their median does. */
  readonly runs: number;
  readonly clock: Clock;
}

/** The first runs open memory; they do not count. */
const warmUps = 2;
/** Of the passes, the quickest counts: other work on the machine only ever adds time. */
const passes = 2;

export const median = (values: readonly number[]): number => timingOf(values).medianMs;

/** The runtime's own optimizations are done. */
const asWritten = (options: SessionOptions): SessionOptions => ({ ...options, graphLevel: 'disabled' });

async function timeWhole({ bytes, feeds }: Subject, { session: options, runs, clock }: ObserveSettings) {
  const session = await openSession(bytes, asWritten(options));
  try {
    const times: number[] = [];
    for (let run = 0; run < runs + warmUps; run++) {
      const startMs = clock.monotonic();
      await session.run(feeds);
      times.push(clock.monotonic() - startMs);
    }
    return median(times.slice(warmUps));
  } finally {
    await session.close();
  }
}

/** Medians over the runs, execution by execution; each run executes the same nodes in the same order. */
function nodesOf(runs: readonly ProfiledRun[], optimized: Model): Observed['nodes'] {
  return (runs[0]?.nodes ?? []).map((node, at) => ({
    name: node.name,
    operator: node.operator,
    work: workOf(profiledExecution(node, optimized)),
    ms: median(runs.flatMap(run => run.nodes[at]?.ms ?? [])),
  }));
}

async function observeOnce(subject: Subject, settings: ObserveSettings): Promise<Observed> {
  const wholeMs = await timeWhole(subject, settings);
  const repeated = Array.from({ length: settings.runs + warmUps }, () => subject.feeds);
  const runs = (await profileRuns(subject.bytes, repeated, asWritten(settings.session))).slice(warmUps);
  return { wholeMs, peakBytes: Math.max(...runs.map(run => run.peakBytes)), nodes: nodesOf(runs, subject.optimized) };
}

function quicker(one: Observed, other: Observed): Observed {
  const nodes = one.nodes.map((node, at) => ({ ...node, ms: Math.min(node.ms, other.nodes[at]?.ms ?? node.ms) }));
  return { ...one, wholeMs: Math.min(one.wholeMs, other.wholeMs), nodes };
}

/** Observes all subjects, in their order. @param onStep told after each step: how many are done, of how many. */
export async function observeAll(
  subjects: readonly Subject[],
  settings: ObserveSettings,
  onStep: (done: number, total: number) => void,
): Promise<Observed[]> {
  const observed: Observed[] = [];
  for (let pass = 0; pass < passes; pass++) {
    for (const [at, subject] of subjects.entries()) {
      const now = await observeOnce(subject, settings);
      const before = observed[at];
      observed[at] = before === undefined ? now : quicker(before, now);
      onStep(pass * subjects.length + at + 1, passes * subjects.length);
    }
  }
  return observed;
}
