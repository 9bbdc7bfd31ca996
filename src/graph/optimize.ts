// Optimization: the passes of a level, run in turns until none applies, with a report of what each did.
import { type Clock, choiceOption, optionSchema, resolveOptions, systemClock } from '../base/index.js';
import { subgraphsOf } from './attributes.js';
import type { Graph, Model } from './model.js';
import { inOrder } from './order.js';
import { type Level, levels, passesOf } from './passes/levels.js';
import { asStated, statedNames } from './stated.js';

export const optimizeOptions = optionSchema({
  level: choiceOption(levels, {
    doc: 'O0 nothing; O1 dead code, constants, identities; O2 also common subexpressions, algebra, layouts, batch norms; O3 also fusions.',
    default: 'O3',
  }),
});

export interface OptimizeOptions {
  /** @default 'O3' */
  readonly level?: Level;
  /** Measures the passes. @default the system's */
  readonly clock?: Clock;
}

export interface PassSummary {
  readonly name: string;
  /** Nodes, those in bodies of loops and branches included, before its first run. */
  readonly nodesBefore: number;
  /** And after its last; other passes ran between. */
  readonly nodesAfter: number;
  /** Nodes that the pass itself took away; negative where it added some. */
  readonly removed: number;
  readonly applied: number;
  readonly ms: number;
}

export interface PassReport {
  readonly level: Level;
  readonly nodesBefore: number;
  readonly nodesAfter: number;
  readonly rounds: number;
  /** False where the bound on rounds ended it. */
  readonly isFixedPoint: boolean;
  readonly passes: readonly PassSummary[];
}

/** Nodes of a graph and of all bodies inside it. */
export const nodeCount = ({ nodes }: Graph): number =>
  nodes.reduce((sum, node) => sum + 1 + subgraphsOf(node).reduce((inner, body) => inner + nodeCount(body), 0), 0);

const maxRounds = 20;

/**
 * Runs the passes of a level to a fixed point. The model that comes out gives the same answers: bit for bit up to the
 * exact passes, within rounding where batch norms are folded or operators fused (docs/graph.md says which).
 * @throws OPTIONS_INVALID for an unknown level.
 */
export async function optimizeGraph(
  model: Model,
  options: OptimizeOptions = {},
): Promise<{ model: Model; report: PassReport }> {
  const { clock = systemClock, ...rest } = options;
  const { level } = resolveOptions('optimizeGraph', optimizeOptions, rest);
  const passes = passesOf(level);
  const summaries = new Map<string, PassSummary>();
  const graphInOrder = inOrder(model.graph);
  let current = graphInOrder === model.graph ? model : { ...model, graph: graphInOrder };
  let isFixedPoint = false;
  let rounds = 0;
  while (!isFixedPoint && rounds < maxRounds) {
    rounds++;
    const start = current;
    for (const pass of passes) {
      const nodesBefore = nodeCount(current.graph);
      const begin = clock.monotonic();
      const { model: next, applied } = await pass.run(current);
      const ms = clock.monotonic() - begin;
      const nodesAfter = nodeCount(next.graph);
      const before = summaries.get(pass.name) ?? { name: pass.name, nodesBefore, removed: 0, applied: 0, ms: 0 };
      summaries.set(pass.name, {
        ...before,
        nodesAfter,
        removed: before.removed + nodesBefore - nodesAfter,
        applied: before.applied + applied,
        ms: before.ms + ms,
      });
      current = next;
    }
    isFixedPoint = current === start;
  }
  const graph = current === model ? model.graph : asStated(current.graph, new Set(statedNames(model.graph)));
  const report = {
    level,
    nodesBefore: nodeCount(model.graph),
    nodesAfter: nodeCount(graph),
    rounds,
    isFixedPoint,
    passes: [...summaries.values()],
  };
  return { model: current === model ? model : { ...current, graph }, report };
}
