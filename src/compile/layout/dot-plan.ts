// The plan of a contraction: which orders of legs make both operands batched matrices, at the least estimated cost.
import type { Leg, Role } from './legs.js';
import { sameList, sizeOf } from './view.js';

/** One operand as a stack of matrices: batch legs first, then two blocks. */
export interface Stack {
  /** Order of all legs; differs from memory where bytes must move. */
  readonly order: readonly Leg[];
  readonly batch: readonly Leg[];
  /** Row legs of the left operand, column legs of the right one. */
  readonly free: readonly Leg[];
  readonly innerFirst: boolean;
}

export interface DotPlan {
  readonly left: Stack;
  readonly right: Stack;
  /** Batch legs of both operands, merged. */
  readonly batch: readonly Leg[];
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly cost: number;
}

/** Estimated units of work, from timings on two AVX-512 cores. */
const costs = {
  flopsPerUnit: 300,
  /** Sizes below which a matrix product runs slower. */
  full: { rows: 12, columns: 32, inner: 24 },
  leastEfficiency: 0.02,
  /** Moving bytes, where runs of this many neighbours stay together, and where they do not. */
  perMovedElement: { inRuns: 2, single: 4 },
  longRun: 16,
  perMatrix: 60,
  perTransposedElement: 0.02,
  /**
   * A single product with a sum this long and this many times longer than the result's sides: threads share its rows
   * or columns, and each prepares all of the other operand. As a stack of shorter sums they share the stack.
   */
  longSum: { least: 8192, perSide: 64, factor: 1.3 },
} as const;

const ofRole = (legs: readonly Leg[], role: Role): Leg[] => legs.filter(leg => leg.role === role);

/** Orders worth trying for one operand: as it lies, and batch first with the inner legs before or behind the free ones. */
function ordersOf(own: readonly Leg[], { other, free }: { other: readonly Leg[]; free: Role }): (readonly Leg[])[] {
  const orders: (readonly Leg[])[] = [own];
  for (const innerLike of [own, other]) {
    for (const batchLike of [own, other]) {
      const batch = ofRole(batchLike, 'batch');
      const inner = ofRole(innerLike, 'inner');
      const mine = ofRole(own, free);
      orders.push([...batch, ...mine, ...inner], [...batch, ...inner, ...mine]);
    }
  }
  return orders.filter((order, index) => orders.findIndex(earlier => sameList(earlier, order)) === index);
}

/** The ways to cut one order into batch legs and two blocks. */
function stacksOf(order: readonly Leg[], free: Role): Stack[] {
  const stacks: Stack[] = [];
  for (let cut = order.length; cut >= 0; cut--) {
    const rest = order.slice(cut);
    if (rest[0]?.role === 'batch') break;
    const turns = rest.filter((leg, index) => index > 0 && leg.role !== rest[index - 1]?.role).length;
    if (turns > 1) break;
    const innerFirst = turns === 1 && rest[0]?.role === 'inner';
    stacks.push({ order, batch: order.slice(0, cut), free: ofRole(rest, free), innerFirst });
  }
  return stacks;
}

const innerOf = (stack: Stack): Leg[] => ofRole(stack.order.slice(stack.batch.length), 'inner');

/** Batch legs of both sides in one order; undefined if the shared ones come in different orders. */
function mergeBatch(left: readonly Leg[], right: readonly Leg[]): Leg[] | undefined {
  const shared = left.filter(leg => leg.role !== 'row');
  const sharedRight = right.filter(leg => leg.role !== 'column');
  if (!sameList(shared, sharedRight)) return undefined;
  const merged: Leg[] = [];
  let next = 0;
  for (const leg of left) {
    while (leg.role !== 'row' && right[next] !== leg) merged.push(...right.slice(next, ++next));
    if (leg.role !== 'row') next++;
    merged.push(leg);
  }
  return [...merged, ...right.slice(next)];
}

/** Elements of the longest run at the end of `order` that lies together in memory too. */
function runAtEnd(order: readonly Leg[], memory: readonly Leg[]): number {
  let size = order.at(-1)?.size ?? 1;
  let place = memory.indexOf(order.at(-1) ?? { role: 'inner', size: 0 });
  for (let k = order.length - 2; k >= 0 && place > 0 && memory[place - 1] === order[k]; k--, place--) {
    size *= order[k]?.size ?? 1;
  }
  return size;
}

/** Cost of bringing an operand from its order in memory into the planned one. */
function movingCost(order: readonly Leg[], memory: readonly Leg[]): number {
  if (sameList(order, memory)) return 0;
  // Where the last leg is another one, neighbours are torn apart.
  const together = order.at(-1) === memory.at(-1) && runAtEnd(order, memory) >= costs.longRun;
  return sizeOf(order) * (together ? costs.perMovedElement.inRuns : costs.perMovedElement.single);
}

function costOf(plan: Omit<DotPlan, 'cost'>, memory: { left: readonly Leg[]; right: readonly Leg[] }): number {
  const { left, right, rows, columns, inner } = plan;
  const matrices = sizeOf(plan.batch);
  const { full } = costs;
  const efficiency =
    Math.min(1, rows / full.rows) * Math.min(1, columns / full.columns) * Math.min(1, inner / full.inner);
  const flops = 2 * matrices * rows * columns * inner;
  const moved = movingCost(left.order, memory.left) + movingCost(right.order, memory.right);
  const { longSum } = costs;
  const isLong = inner >= Math.max(longSum.least, longSum.perSide * Math.max(rows, columns));
  const alone = matrices === 1 && isLong && Math.min(rows, columns) > 1 ? longSum.factor : 1;
  const splitSum = ofRole(plan.batch, 'inner').length > 0 ? matrices * rows * columns : 0;
  const transposed = (left.innerFirst ? rows * inner : 0) + (right.innerFirst ? 0 : columns * inner);
  return (
    (alone * flops) / (costs.flopsPerUnit * Math.max(efficiency, costs.leastEfficiency)) +
    moved +
    splitSum +
    matrices * costs.perMatrix +
    transposed * costs.perTransposedElement
  );
}

/** The cheapest plan for operands whose legs lie in memory in these orders. */
export function planDot(memory: { left: readonly Leg[]; right: readonly Leg[] }): DotPlan | undefined {
  const lefts = ordersOf(memory.left, { other: memory.right, free: 'row' }).flatMap(order => stacksOf(order, 'row'));
  const rights = ordersOf(memory.right, { other: memory.left, free: 'column' }).flatMap(order =>
    stacksOf(order, 'column'),
  );
  let best: DotPlan | undefined;
  for (const left of lefts) {
    for (const right of rights) {
      const inner = innerOf(left);
      if (!sameList(inner, innerOf(right))) continue;
      const batch = mergeBatch(left.batch, right.batch);
      if (batch === undefined) continue;
      const plan = { left, right, batch, rows: sizeOf(left.free), columns: sizeOf(right.free), inner: sizeOf(inner) };
      const cost = costOf(plan, memory);
      if (best === undefined || cost < best.cost) best = { ...plan, cost };
    }
  }
  return best;
}
