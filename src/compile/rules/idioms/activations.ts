// Idioms of one array: sigmoid, softplus, and the linear units whose branches meet at 0.
import type { Atom } from '../../jaxpr.js';
import { elementwise } from '../../layout/elementwise.js';
import type { ElementType } from '../../onnx/element-type.js';
import type { Attributes } from '../../onnx/graph.js';
import { settle } from '../factor.js';
import { bothWays, type Facts, type Idiom, isAbout, literal, type Pattern } from './pattern.js';

/** One operator on one array, in the element types that it has kernels for. */
export function unaryIdiom(
  operator: string,
  x: Atom,
  { dtypes, attributes = {} }: { dtypes: readonly ElementType[]; attributes?: Attributes },
): Idiom {
  return {
    inputs: [x],
    emit: ({ graph }, [view]) => {
      // Some of these operators have no kernel for scalars.
      if (view === undefined || !dtypes.includes(view.dtype) || view.dims.length === 0) return undefined;
      return elementwise(graph, operator, { inputs: [settle(graph, view)], dtype: view.dtype, attributes });
    },
  };
}

const single: readonly ElementType[] = ['float32', 'float16'];
const allFloats: readonly ElementType[] = ['float32', 'float64', 'float16'];

/** exp(z) + 1, whose z it returns. */
function onePlusExp(facts: Facts, atom: Atom | undefined): Atom | undefined {
  const sum = facts.made(atom, 'add');
  if (sum === undefined) return undefined;
  for (const [power, one] of bothWays(sum)) {
    if (isAbout(one, 1)) return facts.through(power, 'exp');
  }
  return undefined;
}

/** 1 / (1 + exp(-x)); not in doubles, where the runtime's own fusion of x sigmoid(x) has no kernel. */
const sigmoid: Pattern = (root, facts) => {
  const x = facts.through(onePlusExp(facts, root.inputs[0]), 'neg');
  return x === undefined ? undefined : unaryIdiom('Sigmoid', x, { dtypes: ['float32'] });
};

/** log(1 + exp(x)); the operator keeps its digits where exp(x) would be infinite. */
const softplus: Pattern = (root, facts) => {
  const x = onePlusExp(facts, root.inputs[0]);
  return x === undefined ? undefined : unaryIdiom('Softplus', x, { dtypes: single });
};

/** max(x, 0). */
const relu: Pattern = root => {
  for (const [x, zero] of bothWays(root)) {
    const same = x.aval.shape.length === root.outBinders[0]?.aval.shape.length;
    if (literal(zero) === 0 && literal(x) === undefined && same) return unaryIdiom('Relu', x, { dtypes: allFloats });
  }
  return undefined;
};

/** alpha x, or alpha (exp(x) - 1). */
function branchOf(facts: Facts, branch: Atom, x: Atom): { operator: string; alpha: number } | undefined {
  const product = facts.made(branch, 'mul');
  if (product === undefined) return isExpMinusOne(facts, branch, x) ? { operator: 'Elu', alpha: 1 } : undefined;
  for (const [term, factor] of bothWays(product)) {
    const alpha = literal(factor);
    if (alpha === undefined) continue;
    if (term === x) return { operator: 'LeakyRelu', alpha };
    if (isExpMinusOne(facts, term, x)) return { operator: 'Elu', alpha };
  }
  return undefined;
}

function isExpMinusOne(facts: Facts, atom: Atom, x: Atom): boolean {
  const sum = facts.made(atom, 'add');
  if (sum === undefined) return false;
  return bothWays(sum).some(([power, one]) => isAbout(one, -1) && facts.through(power, 'exp') === x);
}

/** x < 0 ? branch : x. */
const linearUnit: Pattern = (root, facts) => {
  const [condition, branch, x] = root.inputs;
  const compared = facts.made(condition, 'compare');
  if (branch === undefined || x === undefined || compared?.params.op !== 'less') return undefined;
  if (compared.inputs[0] !== x || literal(compared.inputs[1]) !== 0) return undefined;
  const found = branchOf(facts, branch, x);
  if (found === undefined) return undefined;
  return unaryIdiom(found.operator, x, { dtypes: single, attributes: { alpha: { float: found.alpha } } });
};

export const activationPatterns = { reciprocal: sigmoid, log: softplus, max: relu, where: linearUnit } as const;
