// Products and convolutions: a sum along the inner axis does not mind its order, as long as both operands share it.
import { intOf, intsOf, textOf } from '../../graph/index.js';
import type { Axis } from './axes.js';
import type { Layout, Rule, RuleContext } from './axis-rule.js';

/** Axis numbers of a matrix (of a stack of them) as the product reads it. */
interface Sides {
  /** Axis that stays. */
  readonly outer: number;
  /** Axis that is summed over. */
  readonly inner: number;
}

interface Operand {
  readonly k: number;
  readonly layout: Layout;
  readonly sides: Sides;
}

/** Notes a product with a constant on either side. */
function note(context: RuleContext, left: Operand, right: Operand): void {
  const { node, ground } = context;
  for (const [weight, activation] of [
    [right, left],
    [left, right],
  ] as const) {
    const name = node.inputs[weight.k] ?? '';
    if (!ground.constants.has(name)) continue;
    ground.products.push({
      node: node.name || (node.outputs[0] ?? ''),
      weight: name,
      activation: node.inputs[activation.k] ?? '',
      activationAxis: activation.sides.inner,
      innerAxis: weight.sides.inner,
      outerAxis: weight.sides.outer,
    });
  }
}

const last = (layout: Layout, isTransposed: boolean, side: 'left' | 'right'): Sides => {
  const [row, column] = [layout.length - 2, layout.length - 1];
  const rowsAreOuter = (side === 'left') !== isTransposed;
  return rowsAreOuter ? { outer: row, inner: column } : { outer: column, inner: row };
};

/** Stacks of matrices; a vector is a matrix without an outer axis. */
const matMul: Rule = context => {
  const { node, axes } = context;
  const [a, b, output] = [context.input(0), context.input(1), context.output()];
  if (a === undefined || b === undefined || output === undefined) return context.barrier();
  const flag = (name: string): boolean => intOf(node, name, 0) === 1;
  if (flag('transBatchA') || flag('transBatchB')) return context.barrier();
  if (a.length < 2 || b.length < 2) {
    if (flag('transA') || flag('transB')) return context.barrier();
    axes.unify(a[a.length - 1], b[Math.max(0, b.length - 2)]);
    const left = [
      ...a.slice(0, -1),
      ...b.slice(0, Math.max(0, b.length - 2)),
      ...(b.length < 2 ? [] : [b[b.length - 1]]),
    ];
    return context.same(left, output);
  }
  const left: Operand = { k: 0, layout: a, sides: last(a, flag('transA'), 'left') };
  const right: Operand = { k: 1, layout: b, sides: last(b, flag('transB'), 'right') };
  axes.unify(a[left.sides.inner], b[right.sides.inner]);
  axes.unify(a[left.sides.outer], output[output.length - 2]);
  axes.unify(b[right.sides.outer], output[output.length - 1]);
  const batch = output.slice(0, -2);
  context.broadcast(a.slice(0, -2), batch);
  context.broadcast(b.slice(0, -2), batch);
  note(context, left, right);
};

const gemm: Rule = context => {
  const { node, axes } = context;
  const [a, b, output] = [context.input(0), context.input(1), context.output()];
  if (a === undefined || b === undefined || output === undefined) return context.barrier();
  const left: Operand = { k: 0, layout: a, sides: last(a, intOf(node, 'transA', 0) === 1, 'left') };
  const right: Operand = { k: 1, layout: b, sides: last(b, intOf(node, 'transB', 0) === 1, 'right') };
  axes.unify(a[left.sides.inner], b[right.sides.inner]);
  axes.unify(a[left.sides.outer], output[0]);
  axes.unify(b[right.sides.outer], output[1]);
  context.broadcast(context.input(2), output);
  note(context, left, right);
};

/** Axes of places: kept only where each place sees itself alone. */
function places(context: RuleContext, { x, w, y }: { x: Layout; w: Layout; y: Layout }): void {
  const { node, axes } = context;
  const strides = intsOf(node, 'strides') ?? [];
  const pads = intsOf(node, 'pads') ?? [];
  const isPlain =
    textOf(node, 'auto_pad', 'NOTSET') === 'NOTSET' && [...strides.map(s => s - 1), ...pads].every(s => s === 0);
  for (let k = 2; k < x.length; k++) {
    if (isPlain && axes.size(w[k]) === 1 && axes.size(x[k]) === axes.size(y[k])) axes.unify(x[k], y[k]);
    else axes.freeze(x[k], y[k], w[k]);
  }
}

/** Channels are (group, member): x [n, (g, i), ...], w [(g, o), i, ...], y [n, (g, o), ...]; transposed: w [(g, i), o, ...]. */
const convolution =
  (isTransposed: boolean): Rule =>
  context => {
    const { node, axes } = context;
    const [x, w, y] = [context.input(0), context.input(1), context.output()];
    if (x === undefined || w === undefined || y === undefined || x.length < 3) return context.barrier();
    const groups = intOf(node, 'group', 1);
    const group = axes.axis(groups);
    const inside = (axis: Axis): Axis => axes.axis(axes.size(axis) / groups);
    const [incoming, outgoing] = [inside(x[1]), inside(y[1])];
    axes.unify(x[1], [...group, ...incoming]);
    axes.unify(y[1], [...group, ...outgoing]);
    axes.unify(w[0], [...group, ...(isTransposed ? incoming : outgoing)]);
    axes.unify(w[1], isTransposed ? outgoing : incoming);
    axes.unify(x[0], y[0]);
    const bias = context.input(2);
    if (bias !== undefined) axes.unify(bias[0], y[1]);
    places(context, { x, w, y });
    if (groups > 1) return;
    const sides = isTransposed ? { inner: 0, outer: 1 } : { inner: 1, outer: 0 };
    note(context, { k: 0, layout: x, sides: { inner: 1, outer: 0 } }, { k: 1, layout: w, sides });
  };

/** Pools treat channels apart; places are mixed. */
const pool: Rule = context => {
  const [x, y] = [context.input(0), context.output()];
  if (x === undefined || y === undefined || context.node.outputs.length > 1) return context.barrier();
  context.same(x.slice(0, 2), y.slice(0, 2));
  context.axes.freeze(...x.slice(2), ...y.slice(2));
};

/** Every letter of the equation is one axis. */
const einsum: Rule = context => {
  const equation = textOf(context.node, 'equation', '').replaceAll(' ', '');
  const [left = '', right] = equation.split('->');
  const inputs = context.inputs();
  const output = context.output();
  if (right === undefined || equation.includes('.') || output === undefined) return context.barrier();
  const letters = new Map<string, Axis>();
  const terms = [...left.split(',').map((term, k) => ({ term, layout: inputs[k] })), { term: right, layout: output }];
  for (const { term, layout } of terms) {
    if (layout?.length !== term.length) return context.barrier();
    for (const [k, letter] of [...term].entries()) {
      const axis = letters.get(letter);
      if (axis === undefined) letters.set(letter, layout[k]);
      else context.axes.unify(axis, layout[k]);
    }
  }
};

export const productRules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['MatMul', matMul],
  ['com.microsoft.FusedMatMul', matMul],
  ['Gemm', gemm],
  ['Conv', convolution(false)],
  ['ConvTranspose', convolution(true)],
  ['Einsum', einsum],
  ...['AveragePool', 'MaxPool', 'LpPool', 'GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'].map(
    (name): [string, Rule] => [name, pool],
  ),
]);
