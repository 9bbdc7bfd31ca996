// Memory plans: where in one arena every value between the nodes of a graph lies, so that what is never needed at once shares its place.
import { invariant } from '../../base/index.js';
import { lengthOf } from '../constant.js';
import { bytesOf } from '../element-type.js';
import type { Model } from '../model.js';
import { inferTypes } from '../types/infer.js';
import { bindSizes, type Sizes } from './bind-sizes.js';
import { type Lifetime, lifetimesOf, valueBytes } from './liveness.js';

/** A value's place in the arena. */
export interface PlannedValue extends Lifetime {
  readonly offset: number;
}

export interface MemoryPlan {
  readonly values: readonly PlannedValue[];
  /** Size of the arena. */
  readonly arenaBytes: number;
  /** Most bytes that live at once: no plan needs less. */
  readonly leastBytes: number;
  /** 1 - leastBytes / arenaBytes: what the plan loses to gaps. */
  readonly fragmentation: number;
  readonly weightBytes: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** Weights, inputs and arena together. */
  readonly totalBytes: number;
  /** Values of unknown size, which are not counted: give all open sizes numbers. */
  readonly unknown: readonly string[];
}

const alignment = 64;
const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

/** The lowest gap that holds `lifetime` between those values placed before that live at the same time. */
function placeFor(lifetime: Lifetime, placed: readonly PlannedValue[]): number {
  let offset = 0;
  let best: { offset: number; gap: number } | undefined;
  for (const other of placed) {
    if (other.last < lifetime.first || other.first > lifetime.last) continue;
    const gap = other.offset - offset;
    if (gap >= lifetime.bytes && (best === undefined || gap < best.gap)) best = { offset, gap };
    offset = Math.max(offset, aligned(other.offset + other.bytes));
  }
  return best?.offset ?? offset;
}

/** Index at which an offset belongs in a list that is sorted by it. */
function sortedIndex(placed: readonly PlannedValue[], offset: number): number {
  let [low, high] = [0, placed.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((placed[middle]?.offset ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Orders in which values are placed; which one wastes least differs from graph to graph. */
const orders: readonly ((a: Lifetime, b: Lifetime) => number)[] = [
  (a, b) => b.bytes - a.bytes || a.first - b.first,
  (a, b) => b.bytes * (b.last - b.first + 1) - a.bytes * (a.last - a.first + 1) || a.first - b.first,
  (a, b) => a.first - b.first || b.bytes - a.bytes,
  (a, b) => b.last - b.first - (a.last - a.first) || b.bytes - a.bytes,
];

function placeAll(lifetimes: readonly Lifetime[]): PlannedValue[] {
  const placed: PlannedValue[] = [];
  for (const lifetime of lifetimes) {
    const value = { ...lifetime, offset: placeFor(lifetime, placed) };
    placed.splice(sortedIndex(placed, value.offset), 0, value);
  }
  return placed;
}

const endOf = (placed: readonly PlannedValue[]): number =>
  placed.reduce((end, { offset, bytes }) => Math.max(end, offset + bytes), 0);

/** The plan that needs least of those that the orders give. */
function bestPlan(lifetimes: readonly Lifetime[]): PlannedValue[] {
  const [first = [], ...others] = orders.map(order => placeAll(lifetimes.toSorted(order)));
  return others.reduce((best, plan) => (endOf(plan) < endOf(best) ? plan : best), first);
}

/** The most bytes that live at once. */
export function mostAlive(lifetimes: readonly Lifetime[], nodes: number): number {
  const change = new Float64Array(nodes + 2);
  for (const { first, last, bytes } of lifetimes) {
    change[first] = (change[first] ?? 0) + bytes;
    change[last + 1] = (change[last + 1] ?? 0) - bytes;
  }
  let [now, most] = [0, 0];
  for (const step of change) {
    now += step;
    most = Math.max(most, now);
  }
  return most;
}

/**
 * Plans the arena of a model for given sizes: values are placed in several orders, the largest first among them, each into the
 * tightest gap (Pisarchyk and Lee, "Efficient memory management for deep neural net inference", 2020), and the best plan is kept.
 * Costs some n² steps for n values. Values inside the bodies of loops and branches are not counted.
 * @param sizes numbers for the open sizes of the inputs: { batch: 8 }.
 * @throws SIZE_INVALID for a number that is not whole and positive, or a name that the model does not have.
 */
export function planMemory(model: Model, sizes: Sizes = {}): MemoryPlan {
  const { graph } = inferTypes(bindSizes(model, sizes));
  const { lifetimes, unknown } = lifetimesOf(graph);
  const placed = bestPlan(lifetimes);
  const arenaBytes = endOf(placed);
  const leastBytes = mostAlive(lifetimes, graph.nodes.length);
  invariant(leastBytes <= arenaBytes, 'no plan is smaller than what lives at once');
  let weightBytes = 0;
  for (const constant of graph.constants.values()) weightBytes += bytesOf(constant.dtype, lengthOf(constant));
  const inputs = graph.inputs.filter(({ name }) => !graph.constants.has(name));
  const sum = (values: typeof inputs): number => values.reduce((total, value) => total + (valueBytes(value) ?? 0), 0);
  const inputBytes = sum(inputs);
  const typed = graph.outputs.map(value => graph.values.get(value.name) ?? value);
  return {
    values: placed,
    arenaBytes,
    leastBytes,
    fragmentation: arenaBytes === 0 ? 0 : 1 - leastBytes / arenaBytes,
    weightBytes,
    inputBytes,
    outputBytes: sum(typed),
    totalBytes: weightBytes + inputBytes + arenaBytes,
    unknown: [...unknown, ...inputs.filter(value => valueBytes(value) === undefined).map(({ name }) => name)],
  };
}
