// What our passes and the runtime's own add: nodes and time of one model for each of our levels with each of the runtime's.
import { type Clock, systemClock, type Tensor } from '../base/index.js';
import { openSession, optimizedModel, type Session, type SessionOptions } from '../runtime/index.js';
import type { Model } from './model.js';
import { nodeCount, optimizeGraph } from './optimize.js';
import { type Level, levels } from './passes/levels.js';
import { readModel } from './read.js';
import { writeModel } from './write.js';

export const runtimeLevels = ['disabled', 'basic', 'extended', 'all'] as const;

export type RuntimeLevel = (typeof runtimeLevels)[number];

export interface LevelFigures {
  readonly ours: Level;
  readonly runtime: RuntimeLevel;
  /** Nodes that the runtime executes after both. */
  readonly nodes: number;
  /** Nodes that it is given after ours alone. */
  readonly nodesGiven: number;
  readonly medianMs: number;
  readonly leastMs: number;
}

export interface CompareOptions {
  /** Threads of one run. @default 1 */
  readonly threads?: number;
  /** Runs of each of the sixteen; they take turns, so that all see the same machine. @default 20 */
  readonly rounds?: number;
  /** @default the system's */
  readonly clock?: Clock;
}

interface Contender {
  readonly ours: Level;
  readonly runtime: RuntimeLevel;
  readonly nodes: number;
  readonly nodesGiven: number;
  readonly session: Session;
  readonly runsMs: number[];
}

async function contendersOf(model: Model, options: SessionOptions): Promise<Contender[]> {
  const contenders: Contender[] = [];
  try {
    for (const ours of levels) {
      const { model: optimized, report } = await optimizeGraph(model, { level: ours });
      const bytes = writeModel(optimized);
      for (const runtime of runtimeLevels) {
        const settings = { ...options, graphLevel: runtime };
        const nodes = nodeCount(readModel(await optimizedModel(bytes, settings)).graph);
        const session = await openSession(bytes, settings);
        contenders.push({ ours, runtime, nodes, nodesGiven: report.nodesAfter, session, runsMs: [] });
      }
    }
    return contenders;
  } catch (error) {
    for (const { session } of contenders) await session.close();
    throw error;
  }
}

/**
 * Measures a model at all sixteen pairs of levels, in turns. Opens sixteen sessions at once: memory for as many.
 * @throws what openSession and its `run` throw.
 */
export async function compareLevels(
  model: Model,
  feeds: Readonly<Record<string, Tensor>>,
  options: CompareOptions = {},
): Promise<LevelFigures[]> {
  const { threads = 1, rounds = 20, clock = systemClock } = options;
  const contenders = await contendersOf(model, { threads, spin: false });
  try {
    // The first round warms up and is not counted.
    for (let round = -1; round < rounds; round++) {
      for (let turn = 0; turn < contenders.length; turn++) {
        // Each round begins with another one: who runs after whom must not decide.
        const contender = contenders[(turn + round + 1) % contenders.length];
        if (contender === undefined) continue;
        const { session, runsMs } = contender;
        const begin = clock.monotonic();
        await session.run(feeds);
        if (round >= 0) runsMs.push(clock.monotonic() - begin);
      }
    }
  } finally {
    for (const { session } of contenders) await session.close();
  }
  return contenders.map(({ ours, runtime, nodes, nodesGiven, runsMs }) => {
    const sorted = runsMs.toSorted((a, b) => a - b);
    const [leastMs = Number.NaN, medianMs = Number.NaN] = [sorted[0], sorted[sorted.length >> 1]];
    return { ours, runtime, nodes, nodesGiven, medianMs, leastMs };
  });
}
