// Rules of primitives that sum: dot, reduce, conv.
import { z } from 'zod';
import { dotView } from '../layout/dot.js';
import { castTo, materialize } from '../layout/materialize.js';
import { reduceView } from '../layout/reduce.js';
import { freshView, shapeOf } from '../layout/view.js';
import { type Rule, one, promoteInputs, readParams, refuse, two } from './rule.js';

const integers = z.array(z.int());
const reduceParams = z.object({ op: z.enum(['Add', 'Mul', 'Max', 'Min']), axis: integers });

/** Sums of booleans count as "or"; the runtime reduces them as whole numbers. */
const reduce: Rule = ({ graph }, step, inputs) => {
  const { op, axis } = readParams(reduceParams, step);
  const view = one(inputs);
  if (axis.length === 0) return [view];
  if (view.dtype === 'uint32') return refuse('the runtime has no uint32 kernel for it');
  if (view.dtype !== 'bool') return [reduceView(graph, view, { axes: axis, by: op })];
  const by = op === 'Add' ? 'Max' : op === 'Mul' ? 'Min' : op;
  const reduced = reduceView(graph, castTo(graph, view, 'int32'), { axes: axis, by });
  return [castTo(graph, reduced, 'bool')];
};

const dot: Rule = ({ graph }, step, inputs) => {
  const { views, dtype } = promoteInputs(graph, step, inputs);
  if (dtype === 'bool' || dtype === 'uint32') return refuse(`the runtime has no ${dtype} kernel for it`);
  return [dotView(graph, two(views))];
};

const convParams = z.object({
  vmapDims: z.int(),
  strides: integers,
  padding: z.array(z.tuple([z.int(), z.int()])),
  lhsDilation: integers,
  rhsDilation: integers,
});

const conv: Rule = ({ graph }, step, inputs) => {
  const { vmapDims, strides, padding, lhsDilation, rhsDilation } = readParams(convParams, step);
  if (vmapDims !== 0) return refuse('a convolution under vmap is not supported');
  if (lhsDilation.some(dilation => dilation !== 1)) return refuse('a dilated input (a transposed convolution) is not supported');
  if (padding.flat().some(width => width < 0)) return refuse('negative padding is not supported');
  const { views, dtype } = promoteInputs(graph, step, inputs);
  if (dtype !== 'float32') return refuse(`the runtime has no ${dtype} kernel for it`);
  const [x, kernel] = two(views);
  const pads = [...padding.map(([before]) => before), ...padding.map(([, after]) => after)];
  const attributes = { strides, dilations: rhsDilation, pads, kernel_shape: shapeOf(kernel).slice(2) };
  const tensor = graph.node('Conv', [materialize(graph, x), materialize(graph, kernel)], attributes);
  return [freshView(tensor, step.outputs[0]?.shape ?? [], dtype)];
};

export const contractionRules: Readonly<Record<string, Rule>> = { dot, reduce, conv };
