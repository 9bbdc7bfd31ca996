// A rule lowers one primitive: views in, views out. What it cannot do it refuses with a reason.
import type { z } from 'zod';
import { type AbstractValue, promotedType } from '../jaxpr.js';
import { castTo } from '../layout/materialize.js';
import type { View } from '../layout/view.js';
import { type ElementType, isElementType } from '../onnx/element-type.js';
import type { Graph } from '../onnx/graph.js';
import type { Ahead } from './ahead.js';

/** One equation, as a rule sees it. */
export interface Step {
  readonly primitive: string;
  readonly params: unknown;
  readonly inputs: readonly AbstractValue[];
  readonly outputs: readonly AbstractValue[];
  /** What later equations want of the result. */
  readonly ahead?: Ahead;
}

export interface RuleContext {
  readonly graph: Graph;
  /** What a view is the reciprocal of, so that products with it become divisions. */
  readonly reciprocals: WeakMap<View, View>;
}

export type Rule = (context: RuleContext, step: Step, inputs: readonly View[]) => readonly View[];

/** Thrown by rules; the interpreter adds the primitive and the place in the user's source. */
export class Refusal extends Error {}

export function refuse(reason: string): never {
  throw new Refusal(reason);
}

/** The parameters of a step, checked: another release of the tracer must fail here and not later. */
export function readParams<T>(schema: z.ZodType<T>, step: Step): T {
  const parsed = schema.safeParse(step.params);
  return parsed.success ? parsed.data : refuse('its parameters have an unknown form');
}

/** The element type by its name, if programs can hold it. */
export function elementTypeOf(name: string): ElementType {
  return isElementType(name) ? name : refuse(`element type ${name} is not supported`);
}

/** The element type in which the inputs of a step meet. */
export const promotedElementType = (step: Step): ElementType => elementTypeOf(promotedType(step.inputs));

/** All inputs in the element type in which they meet. */
export function promoteInputs(
  graph: Graph,
  step: Step,
  inputs: readonly View[],
): { views: View[]; dtype: ElementType } {
  const dtype = promotedElementType(step);
  return { views: inputs.map(view => castTo(graph, view, dtype)), dtype };
}

/** Exactly `count` inputs, as a tuple. */
export function one(inputs: readonly View[]): View {
  const [x] = inputs;
  return x ?? refuse('it has no input');
}

export function two(inputs: readonly View[]): readonly [View, View] {
  const [x, y] = inputs;
  return x === undefined || y === undefined ? refuse('it has fewer than two inputs') : [x, y];
}
