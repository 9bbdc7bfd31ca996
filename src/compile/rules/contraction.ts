// Rules of primitives that sum: dot, reduce.
import { z } from 'zod';
import { dotView } from '../layout/dot.js';
import { castTo } from '../layout/materialize.js';
import { reduceView } from '../layout/reduce.js';
import { one, promoteInputs, type Rule, readParams, refuse, two } from './rule.js';

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

export const contractionRules: Readonly<Record<string, Rule>> = { dot, reduce };
