// Factors: a number that multiplies a whole array waits on its view, passes through what is linear, and often never costs a pass.
import { elementwise } from '../layout/elementwise.js';
import { castTo } from '../layout/materialize.js';
import { literalView, sameList, shapeOf, sizeOf, type View } from '../layout/view.js';
import type { Graph } from '../onnx/graph.js';
import { rememberProduct, sharedFactor } from './common-factor.js';
import { promotedElementType, type Rule, type RuleContext, type Step } from './rule.js';

/** Factors wait only in this range, so that what is computed in the meantime neither overflows nor vanishes. */
const range = { least: 1e-6, most: 1e6 } as const;
/** A factor moves onto an operand that is this many times smaller than the result. */
const muchSmaller = 4;

/** One exactly, where only the rounding of reciprocals keeps a number from it. */
const snapped = (value: number): number => (Math.abs(Math.abs(value) - 1) < 1e-12 ? Math.sign(value) : value);

const factorOf = (view: View): number => view.factor ?? 1;
const isFloat = (view: View): boolean => view.dtype === 'float32' || view.dtype === 'float64';

/** The view without its factor. */
function bare(view: View): View {
  if (view.factor === undefined) return view;
  const { factor: _, ...rest } = view;
  return rest;
}

/** Multiplies the waiting factor in. */
export function settle(graph: Graph, view: View): View {
  const { factor } = view;
  if (factor === undefined) return view;
  const { tensor, ...rest } = bare(view);
  if (factor === -1) return { ...rest, tensor: graph.node('Neg', [tensor]) };
  return { ...rest, tensor: graph.node('Mul', [tensor, graph.scalar(view.dtype, factor)]) };
}

/** The view times `factor`, later; at once if the factor is out of range. */
function scaled(graph: Graph, view: View, factor: number): View {
  const total = snapped(factorOf(view) * factor);
  if (total === 1) return bare(view);
  const size = Math.abs(total);
  if (size >= range.least && size <= range.most) return { ...view, factor: total };
  return settle(graph, { ...settle(graph, view), factor });
}

/** True for a number that a view can carry: no zero, whose product with infinity is not zero. */
const canWait = (value: number): boolean => Number.isFinite(value) && value !== 0;

type Treatment = (rule: Rule) => Rule;

/** Factors of all inputs are multiplied in first. */
const settled: Treatment = rule => (context, step, inputs) =>
  rule(
    context,
    step,
    inputs.map(view => settle(context.graph, view)),
  );

/** The factor of the first input passes to all results. */
const linear: Treatment = rule => (context, step, inputs) => {
  const [first, ...rest] = inputs;
  if (first?.factor === undefined) return settled(rule)(context, step, inputs);
  const { factor } = first;
  const others = rest.map(view => settle(context.graph, view));
  return rule(context, step, [bare(first), ...others]).map(view => scaled(context.graph, view, factor));
};

/** The number that later equations want a contraction's result to be multiplied by, where it can be. */
function wantedOf({ primitive, ahead, outputs }: Step, factor: number): number {
  const [output] = outputs;
  const isContraction = primitive === 'dot' || primitive === 'conv';
  const isFloating = output?.dtype === 'float32' || output?.dtype === 'float64';
  const wanted = ahead?.wanted ?? 1;
  const inRange = [wanted, factor * wanted].every(
    value => Math.abs(value) >= range.least && Math.abs(value) <= range.most,
  );
  return isContraction && isFloating && inRange ? wanted : 1;
}

/** The product of both factors passes to the result, or onto an operand that is much smaller. */
const bilinear: Treatment = rule => (context, step, inputs) => {
  const factor = snapped(inputs.reduce((total, view) => total * factorOf(view), 1));
  const wanted = wantedOf(step, factor);
  if ((factor === 1 && wanted === 1) || !canWait(factor)) return settled(rule)(context, step, inputs);
  const size = (step.outputs[0]?.shape ?? []).reduce((total, length) => total * length, 1);
  const sizes = inputs.map(view => sizeOf(view.atoms));
  const smallest = sizes.indexOf(Math.min(...sizes));
  if ((sizes[smallest] ?? size) * muchSmaller > size) {
    return rule(context, step, inputs.map(bare)).map(view => scaled(context.graph, view, factor));
  }
  const onSmallest = snapped(factor * wanted);
  const placed = inputs.map((view, k) => (k === smallest ? times(context.graph, view, onSmallest) : bare(view)));
  return rule(context, step, placed).map(view => scaled(context.graph, view, 1 / wanted));
};

/** Inputs in the element type in which they meet; undefined if that is not a float. */
function floatInputs({ graph }: RuleContext, step: Step, inputs: readonly View[]): View[] | undefined {
  const dtype = promotedElementType(step);
  if (dtype !== 'float32' && dtype !== 'float64') return undefined;
  return inputs.map(view => (view.dtype === dtype ? view : castTo(graph, settle(graph, view), dtype)));
}

/** The result of a step on numbers known while lowering. */
function number({ graph }: RuleContext, step: Step, value: number): readonly View[] {
  return [literalView(graph, value, { dtype: promotedElementType(step), shape: step.outputs[0]?.shape ?? [] })];
}

/** A product with a number only changes the factor. */
const product: Treatment = rule => (context, step, inputs) => {
  const floats = floatInputs(context, step, inputs);
  const [x, y] = floats ?? [];
  if (x === undefined || y === undefined) return rule(context, step, inputs);
  if (x.literal !== undefined && y.literal !== undefined) return number(context, step, x.literal * y.literal);
  for (const [array, other] of [
    [x, y],
    [y, x],
  ] as const) {
    const fits = sameList(shapeOf(array), step.outputs[0]?.shape ?? []) && array.literal === undefined;
    const value = other.literal;
    if (fits && value !== undefined && canWait(value)) return [scaled(context.graph, array, value)];
  }
  const results = bilinear(rule)(context, step, [x, y]);
  const [result] = results;
  const alike = sizeOf(x.atoms) === sizeOf(y.atoms) && x.literal === undefined && y.literal === undefined;
  if (result !== undefined && alike && step.ahead?.uses === 1)
    rememberProduct(context.graph, result, [bare(x), bare(y)]);
  return results;
};

/** The view without its own factor times a number, now; free for numbers known while lowering. */
function times(graph: Graph, view: View, factor: number): View {
  if (factor === 1) return bare(view);
  if (view.literal === undefined) return settle(graph, { ...view, factor });
  return literalView(graph, view.literal * factor, { dtype: view.dtype, shape: shapeOf(view) });
}

/** Of two terms the one whose factor the sum takes over: the larger array, then the larger factor. */
function dominates(x: View, y: View): boolean {
  const [sizeX, sizeY] = [sizeOf(x.atoms), sizeOf(y.atoms)];
  return sizeX === sizeY ? Math.abs(factorOf(x)) >= Math.abs(factorOf(y)) : sizeX > sizeY;
}

/** A sum of products with a common factor: that times the sum of the others. */
function factored(context: RuleContext, step: Step, [x, y]: readonly [View, View]): View | undefined {
  const { graph } = context;
  if (!step.ahead?.inputUses.every(uses => uses === 1)) return undefined;
  const shared = sharedFactor(graph, x, y);
  if (shared === undefined) return undefined;
  const multiply = (a: View, b: View): View => elementwise(graph, 'Mul', { inputs: [a, b], dtype: a.dtype });
  const [left, right] = shared.rests.map((rest, k) => {
    const view = rest.reduce(multiply);
    const factor = factorOf(k === 0 ? x : y);
    return factor === 1 ? view : { ...view, factor };
  });
  if (left === undefined || right === undefined) return undefined;
  const inner = sumOf(graph, left, right);
  return scaled(graph, multiply(shared.common, bare(inner)), factorOf(inner));
}

/** A sum takes over the factor of one term, the other is multiplied by the ratio; signs become a subtraction. */
function sumOf(graph: Graph, x: View, y: View): View {
  const [main, other] = dominates(x, y) ? [x, y] : [y, x];
  const common = Math.abs(factorOf(main));
  const term = times(graph, other, snapped(Math.abs(factorOf(other)) / common));
  const [negative, otherNegative] = [factorOf(main) < 0, factorOf(other) < 0];
  const { dtype } = main;
  if (negative === otherNegative) {
    const inputs = main === x ? [bare(main), term] : [term, bare(main)];
    return scaled(graph, elementwise(graph, 'Add', { inputs, dtype }), negative ? -common : common);
  }
  const inputs = negative ? [term, bare(main)] : [bare(main), term];
  return scaled(graph, elementwise(graph, 'Sub', { inputs, dtype }), common);
}

const sum: Treatment = rule => (context, step, inputs) => {
  const [x, y] = floatInputs(context, step, inputs) ?? [];
  if (x === undefined || y === undefined) return rule(context, step, inputs);
  return [factored(context, step, [x, y]) ?? sumOf(context.graph, x, y)];
};

/** exp(-x) that is wanted times c is exp(log(c) - x): the number costs no pass of its own. */
const exponential: Treatment = rule => (context, step, inputs) => {
  const [view] = inputs;
  const wanted = step.ahead?.wanted ?? 1;
  const fits = wanted > 0 && wanted !== 1 && wanted >= range.least && wanted <= range.most;
  if (view?.factor !== -1 || !fits) return settled(rule)(context, step, inputs);
  const { graph } = context;
  const logarithm = literalView(graph, Math.log(wanted), { dtype: view.dtype, shape: [] });
  const argument = elementwise(graph, 'Sub', { inputs: [logarithm, bare(view)], dtype: view.dtype });
  return rule(context, step, [argument]).map(result => scaled(graph, result, 1 / wanted));
};

const negation: Treatment = rule => (context, step, inputs) => {
  const [view] = inputs;
  if (view === undefined || !isFloat(view)) return rule(context, step, inputs);
  return view.literal === undefined ? [scaled(context.graph, view, -1)] : number(context, step, -view.literal);
};

/** The factor of a reciprocal is the reciprocal of the factor. */
const inversion: Treatment = rule => (context, step, inputs) => {
  const [view] = inputs;
  if (view === undefined) return rule(context, step, inputs);
  if (view.literal !== undefined) return number(context, step, 1 / view.literal);
  return rule(context, step, [bare(view)]).map(result => scaled(context.graph, result, 1 / factorOf(view)));
};

/** Only sums pass factors; products and extremes do not. */
const reduction: Treatment = rule => (context, step, inputs) => {
  const { params } = step;
  const sums = typeof params === 'object' && params !== null && 'op' in params && params.op === 'Add';
  return (sums ? linear : settled)(rule)(context, step, inputs);
};

const treatments: ReadonlyMap<string, Treatment> = new Map([
  ['add', sum],
  ['mul', product],
  ['neg', negation],
  ['reciprocal', inversion],
  ['exp', exponential],
  ['dot', bilinear],
  ['conv', bilinear],
  ['reduce', reduction],
  ...['transpose', 'reshape', 'broadcast', 'shrink', 'pad', 'flip', 'split', 'gather', 'scatter', 'stop_gradient'].map(
    (name): [string, Treatment] => [name, linear],
  ),
]);

/** The rule of a primitive, made to take and give views with waiting factors. */
export function withFactors(primitive: string, rule: Rule): Rule {
  return (treatments.get(primitive) ?? settled)(rule);
}
