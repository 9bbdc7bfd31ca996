// Where the time of a run goes, operator by operator, and how many operators are run at each level of the runtime.
import { profileRuns } from '../../runtime/index.js';
import type { Feeds } from '../feeds.js';
import { quantile } from '../measure.js';
import { type GraphLevel, graphLevels, type Settings } from '../tune/trial.js';
import type { Variant } from '../tune/variant.js';

export interface OperatorTime {
  readonly operator: string;
  /** Nodes of that operator in the graph that the runtime runs. */
  readonly nodes: number;
  /** Of all of them in one run: the median over some runs. Measuring is within. */
  readonly ms: number;
}

export interface NodeCounts {
  readonly variant: string;
  /** Nodes in the file. */
  readonly written: number;
  /** Nodes that are run, by the runtime's level. */
  readonly run: Readonly<Partial<Record<GraphLevel, number>>>;
}

const profiledRuns = 5;
const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );

/** The time of each operator in one run, most first. @throws SESSION_RUN_FAILED */
export async function operatorTimes(
  { bytes }: Pick<Variant, 'bytes'>,
  { threads, graphLevel }: Pick<Settings, 'threads' | 'graphLevel'>,
  feeds: Feeds,
): Promise<OperatorTime[]> {
  const asked = Array.from({ length: profiledRuns + 1 }, () => feeds);
  // The first run allocates: it tells nothing of the others.
  const [, ...runs] = await profileRuns(bytes, asked, { threads, graphLevel, spin: false });
  const operators = new Set(runs.flatMap(({ nodes }) => nodes.map(({ operator }) => operator)));
  const times = [...operators].map((operator): OperatorTime => {
    const own = runs.map(({ nodes }) => nodes.filter(node => node.operator === operator));
    return {
      operator,
      nodes: own[0]?.length ?? 0,
      ms: median(own.map(nodes => nodes.reduce((sum, { ms }) => sum + ms, 0))),
    };
  });
  return times.toSorted((a, b) => b.ms - a.ms);
}

/** Nodes of a variant, in the file and as run at each level. @throws SESSION_RUN_FAILED */
export async function nodeCounts({ id, bytes, nodes }: Variant, feeds: Feeds): Promise<NodeCounts> {
  const run: Partial<Record<GraphLevel, number>> = {};
  for (const graphLevel of graphLevels) {
    const [only] = await profileRuns(bytes, [feeds], { threads: 1, graphLevel, spin: false });
    if (only !== undefined) run[graphLevel] = only.nodes.length;
  }
  return { variant: id, written: nodes, run };
}
