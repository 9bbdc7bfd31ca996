// Walks the equations of a recording and applies the rules; calls of inner functions are walked in place.
import { fromFloat16, GalerkinError } from '../base/index.js';
import type { Atom, Equation, Jaxpr, Variable } from './jaxpr.js';
import { castTo } from './layout/materialize.js';
import { freshView, literalView, sameList, shapeOf, type View } from './layout/view.js';
import type { Watch } from './locate.js';
import { lowerLoop } from './loop.js';
import { isElementType } from './onnx/element-type.js';
import type { Graph } from './onnx/graph.js';
import { aheadOf, readAhead } from './rules/ahead.js';
import { settle } from './rules/factor.js';
import { findIdioms } from './rules/idioms/find.js';
import { elementTypeOf, Refusal, type RuleContext, refuse } from './rules/rule.js';
import { rules } from './rules/table.js';
import type { TracedConstant } from './trace.js';
import { readLoopName } from './unroll/loop-name.js';

interface Walk {
  readonly context: RuleContext;
  readonly watch: Watch;
  /** The call in whose inner function we are, for places. */
  readonly call: Equation | undefined;
  /** True where sizes follow the batch. */
  readonly isOpen?: boolean;
}

/** Parameters in brief: scalars and short lists, no inner functions. */
function briefParams(params: Readonly<Record<string, unknown>>): string {
  const shown = Object.entries(params).filter(([, value]) => typeof value !== 'object' || Array.isArray(value));
  const text = shown.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(' ');
  return `(${text.length > 120 ? `${text.slice(0, 117)}...` : text})`;
}

function unsupported({ watch, call }: Walk, equation: Equation, reason: string): never {
  const place = watch.placeOf(equation) ?? (call === undefined ? undefined : watch.placeOf(call));
  throw new GalerkinError('PRIMITIVE_UNSUPPORTED', {
    primitive: equation.primitive,
    params: briefParams(equation.params),
    reason,
    location: place ?? 'an unknown place',
  });
}

function isInnerFunction(value: unknown): value is Jaxpr {
  return typeof value === 'object' && value !== null && 'eqns' in value && 'inBinders' in value && 'outs' in value;
}

function applyCall(walk: Walk, equation: Equation, inputs: readonly View[]): readonly View[] {
  const inner: unknown = equation.params.jaxpr;
  const name: unknown = equation.params.name;
  if (!isInnerFunction(inner)) return refuse('its inner function has an unknown form');
  const { graph } = walk.context;
  const inside = { ...walk, call: walk.call ?? equation };
  const loop = readLoopName(name);
  if (loop !== undefined) {
    return lowerLoop({ graph, loop, inner, isOpen: walk.isOpen ?? false }, inputs, (body, entries) =>
      interpret({ ...inside, context: { ...walk.context, graph: body } }, inner, entries),
    );
  }
  return interpret(inside, inner, inputs);
}

/** What has no elements needs no rule; of arrays without elements only a join makes some that have. */
function emptyViews(graph: Graph, { primitive, inputs, outBinders }: Equation): View[] | undefined {
  const has = ({ shape }: { readonly shape: readonly number[] }): boolean => !shape.includes(0);
  const outputs = outBinders.map(({ aval }) => aval);
  if (outputs.length > 0 && !outputs.some(has)) {
    return outputs.map(({ dtype, shape }) => literalView(graph, 0, { dtype: elementTypeOf(dtype), shape }));
  }
  const joins = primitive === 'concatenate' || primitive === 'jit';
  return joins || inputs.every(({ aval }) => has(aval)) ? undefined : refuse('it takes an array without elements');
}

function applyRule(walk: Walk, equation: Equation, inputs: readonly View[]): readonly View[] {
  const { primitive, params } = equation;
  const outputs = equation.outBinders.map(({ aval }) => aval);
  const empty = emptyViews(walk.context.graph, equation);
  if (empty !== undefined) return empty;
  if (primitive === 'jit') return applyCall(walk, equation, inputs);
  const rule = rules.get(primitive) ?? refuse('it has no native lowering');
  const avals = equation.inputs.map(({ aval }) => aval);
  const step = { primitive, params, inputs: avals, outputs, ahead: aheadOf(equation) };
  return rule(walk.context, step, inputs).map((view, k) => {
    const dtype = elementTypeOf(outputs[k]?.dtype ?? view.dtype);
    return dtype === view.dtype ? view : castTo(walk.context.graph, settle(walk.context.graph, view), dtype);
  });
}

function applyEquation(walk: Walk, equation: Equation, inputs: readonly View[]): readonly View[] {
  try {
    return applyRule(walk, equation, inputs);
  } catch (error) {
    if (error instanceof Refusal) return unsupported(walk, equation, error.message);
    throw error;
  }
}

function checkShapes(equation: Equation, views: readonly View[]): void {
  equation.outBinders.forEach(({ aval }, k) => {
    const view = views[k];
    if (view !== undefined && sameList(shapeOf(view), aval.shape)) return;
    const got = view === undefined ? 'nothing' : `[${shapeOf(view)}]`;
    throw new GalerkinError('BUG', { what: `lowering '${equation.primitive}' gave ${got} instead of [${aval.shape}]` });
  });
}

/** Lowers all equations of `jaxpr`; returns the views of its results. */
export function interpret(walk: Walk, jaxpr: Jaxpr, inputs: readonly View[]): View[] {
  const { graph } = walk.context;
  const environment = new Map<Atom, View>();
  const read = (atom: Atom): View => {
    const known = environment.get(atom);
    if (known !== undefined) return known;
    if (!('value' in atom)) throw new GalerkinError('BUG', { what: 'an equation reads a variable that nothing made' });
    return literalView(graph, Number(atom.value), { dtype: elementTypeOf(atom.dtype), shape: [] });
  };
  jaxpr.inBinders.forEach((variable, k) => {
    const view = inputs[k];
    if (view !== undefined) environment.set(variable, view);
  });
  const idioms = findIdioms(jaxpr);
  readAhead(jaxpr, idioms);
  for (const equation of jaxpr.eqns) {
    const idiom = idioms.get(equation);
    const whole = idiom?.emit(walk.context, idiom.inputs.map(read));
    const results = whole === undefined ? applyEquation(walk, equation, equation.inputs.map(read)) : [whole];
    checkShapes(equation, results);
    equation.outBinders.forEach((variable, k) => {
      const view = results[k];
      if (view !== undefined) environment.set(variable, view);
    });
  }
  return jaxpr.outs.map(read);
}

/** A constant of the function; equal values everywhere take no memory. */
export function constantView(graph: Graph, { dtype, shape, data }: TracedConstant): View {
  const [first] = data;
  const uniform = first !== undefined && data.every((value: number | bigint) => Object.is(value, first));
  const value = dtype === 'float16' ? fromFloat16(Number(first)) : Number(first);
  if (uniform) return literalView(graph, value, { dtype, shape });
  return freshView(graph.constant(dtype, shape, data), shape, dtype);
}

/** An argument of the program, by its name in the graph. */
export function argumentView(name: string, { aval }: Variable): View {
  if (!isElementType(aval.dtype)) throw new GalerkinError('BUG', { what: `an argument of type ${aval.dtype}` });
  return freshView(name, aval.shape, aval.dtype);
}
