// Factors: a number that multiplies a whole array waits on its view, passes through what is linear, and often never costs a pass.
import { elementwise } from '../layout/elementwise.js';
import { literalView, sameList, shapeOf, sizeOf, type View } from '../layout/view.js';
import { rememberProduct } from './common-factor.js';
import { promotedElementType, type Rule, type RuleContext, type Step } from './rule.js';
import { factoredSum, sumOf } from './sums.js';
import {
  bare,
  canWait,
  factorOf,
  floatInputs,
  isFloat,
  muchSmaller,
  range,
  scaled,
  settle,
  snapped,
  times,
} from './waiting.js';

export { settle } from './waiting.js';

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

/** Waiting factors meet in a sum; products that nobody else reads give up a factor that they share. */
const sum: Treatment = rule => (context, step, inputs) => {
  const [x, y] = floatInputs(context, step, inputs) ?? [];
  if (x === undefined || y === undefined) return rule(context, step, inputs);
  const alone = step.ahead?.inputUses.every(uses => uses === 1) === true;
  return [(alone ? factoredSum(context.graph, x, y) : undefined) ?? sumOf(context.graph, x, y)];
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
