// Operators that move elements about without changing them: reshapes, transposes, slices, gathers; and reductions.
import { intOf, intsOf } from '../../graph/index.js';
import type { Axis } from './axes.js';
import type { Layout, Rule, RuleContext } from './axis-rule.js';

/** The same elements in the same order, with other sizes. */
const reshape: Rule = context => {
  const [input, output] = [context.input(0), context.output()];
  if (input === undefined || output === undefined) return context.barrier();
  context.axes.unify(input.flat(), output.flat());
};

const transpose: Rule = context => {
  const [input, output] = [context.input(0), context.output()];
  if (input === undefined || output === undefined) return context.barrier();
  const order = intsOf(context.node, 'perm') ?? input.map((_, k) => input.length - 1 - k);
  order.forEach((from, to) => {
    context.axes.unify(input[from], output[to]);
  });
};

/** Ties all axes but some, which stand still. */
function sameBut({ axes }: RuleContext, { from, to, still }: { from: Layout; to: Layout; still: number[] }): void {
  from.forEach((axis, k) => {
    if (still.includes(k)) axes.freeze(axis, to[k]);
    else axes.unify(axis, to[k]);
  });
}

/** An axis as equal pieces, one behind another: the pieces keep their places and are all permuted alike. */
function pieces(context: RuleContext, whole: Axis, piece: Axis): void {
  const [total, size] = [context.axes.size(whole), context.axes.size(piece)];
  const place = context.axes.axis(total / size);
  context.axes.freeze(place);
  context.axes.unify(whole, [...place, ...piece]);
}

/** Joins (Concat) or parts (Split) along one axis; unequal pieces stand still. */
function alongPieces(context: RuleContext, whole: Layout, parts: readonly Layout[]): void {
  const along = context.axisNumber(whole.length, 0);
  const others = (layout: Layout): Layout => layout.filter((_, k) => k !== along);
  const [total, size] = [whole, parts[0]].map(layout => context.axes.size(layout[along]));
  const isEven = total % size === 0 && parts.every(part => context.axes.size(part[along]) === size);
  for (const part of parts) {
    if (isEven) pieces(context, whole[along], part[along]);
    else context.axes.freeze(whole[along], part[along]);
    context.same(others(part), others(whole));
  }
}

const isKnown = (layout: Layout | undefined): layout is Layout => layout !== undefined;

const concat: Rule = context => {
  const [whole, parts] = [context.output(), context.inputs()];
  if (whole === undefined || !parts.every(isKnown)) return context.barrier();
  alongPieces(context, whole, parts);
};

const split: Rule = context => {
  const [whole, parts] = [context.input(0), context.node.outputs.map((_, k) => context.output(k))];
  if (whole === undefined || !parts.every(isKnown)) return context.barrier();
  alongPieces(context, whole, parts);
};

/** A slice takes whole pieces at a whole place, or its axis stands still. */
const slice: Rule = context => {
  const [input, output] = [context.input(0), context.output()];
  if (input === undefined || output === undefined) return context.barrier();
  if (!context.knows(1, 3, 4)) return context.barrier();
  const starts = context.steering(1, 'starts');
  const axes = context.steering(3, 'axes') ?? starts?.map((_, k) => k);
  const steps = context.steering(4, 'steps') ?? starts?.map(() => 1);
  input.forEach((axis, k) => {
    const [size, taken] = [context.axes.size(axis), context.axes.size(output[k])];
    const at = axes?.findIndex(each => (each < 0 ? each + input.length : each) === k);
    if (starts !== undefined && at === -1) context.axes.unify(axis, output[k]);
    else if (starts === undefined || at === undefined || steps?.[at] !== 1) context.axes.freeze(axis, output[k]);
    else {
      const start = starts[at] < 0 ? starts[at] + size : starts[at];
      if (taken > 0 && size % taken === 0 && start % taken === 0) pieces(context, axis, output[k]);
      else context.axes.freeze(axis, output[k]);
    }
  });
};

/** Indices choose along one axis, which stands still; the axes of the indices take its place. */
const gather: Rule = context => {
  const [data, indices, output] = [context.input(0), context.input(1), context.output()];
  if (data === undefined || indices === undefined || output === undefined) return context.barrier();
  const along = context.axisNumber(data.length, 0);
  context.axes.freeze(data[along]);
  context.same([...data.slice(0, along), ...indices, ...data.slice(along + 1)], output);
};

/** Axes whose size stays are kept whole; Pad and Tile are the identity along them. */
const keepsEqualSizes: Rule = context => {
  const [input, output] = [context.input(0), context.output()];
  if (input === undefined || output === undefined || input.length !== output.length) return context.barrier();
  const still = input.flatMap((axis, k) => (context.axes.size(axis) === context.axes.size(output[k]) ? [] : [k]));
  sameBut(context, { from: input, to: output, still });
};

/** A pad by some on one side and by minus as many on the other keeps a size, too: then nothing is known. */
const pad: Rule = context => {
  const pads = context.steering(1, 'pads');
  if (context.knows(1) && pads?.every(amount => amount >= 0)) keepsEqualSizes(context);
};

/** A sum, mean, largest along some axes does not mind their order. */
const reduce: Rule = context => {
  const [input, output] = [context.input(0), context.output()];
  if (input === undefined || output === undefined) return context.barrier();
  if (!context.knows(1)) return context.barrier();
  const given = context.steering(1, 'axes');
  const isNothing = (given ?? []).length === 0;
  if (isNothing && intOf(context.node, 'noop_with_empty_axes', 0) === 1) return context.same(input, output);
  const gone = isNothing ? input.map((_, k) => k) : (given ?? []).map(axis => (axis < 0 ? axis + input.length : axis));
  const kept = input.filter((_, k) => !gone.includes(k));
  const left = intOf(context.node, 'keepdims', 1) === 1 ? output.filter((_, k) => !gone.includes(k)) : output;
  context.same(kept, left);
};

/** The place along an axis is what is asked for: it stands still. */
const place: Rule = context => {
  const [input, output] = [context.input(0), context.output()];
  if (input === undefined || output === undefined) return context.barrier();
  const along = context.axisNumber(input.length, 0);
  context.axes.freeze(input[along]);
  const kept = input.filter((_, k) => k !== along);
  context.same(kept, intOf(context.node, 'keepdims', 1) === 1 ? output.filter((_, k) => k !== along) : output);
};

/** Ties input and outputs but for one axis, along which the order matters. */
const orderedAlong =
  (axisOf: (context: RuleContext) => number | undefined): Rule =>
  context => {
    const [input, along] = [context.input(0), axisOf(context)];
    if (input === undefined || along === undefined) return context.barrier();
    const still = [along < 0 ? along + input.length : along];
    context.node.outputs.forEach((_, k) => {
      const output = context.output(k);
      if (output !== undefined) sameBut(context, { from: input, to: output, still });
    });
  };

const cumSum = orderedAlong(context => (context.knows(1) ? context.steering(1, 'axis')?.[0] : undefined));
const topK = orderedAlong(({ node }) => intOf(node, 'axis', -1));

/** Only the sizes of the input are read. */
const sizesOnly: Rule = context => context.ignore(0);
/** The same number everywhere. */
const uniform: Rule = context => {
  context.output();
};

const reductions = 'L1 L2 LogSum LogSumExp Max Mean Min Prod Sum SumSquare'.split(' ');

export const layoutRules: ReadonlyMap<string, Rule> = new Map([
  ...['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'].map((name): [string, Rule] => [name, reshape]),
  ...reductions.map((name): [string, Rule] => [`Reduce${name}`, reduce]),
  ['Transpose', transpose],
  ['Concat', concat],
  ['Split', split],
  ['Slice', slice],
  ['Gather', gather],
  ['Pad', pad],
  ['Tile', keepsEqualSizes],
  ['ArgMax', place],
  ['ArgMin', place],
  ['CumSum', cumSum],
  ['TopK', topK],
  ['Shape', sizesOnly],
  ['Size', sizesOnly],
  ['ConstantOfShape', uniform],
]);
