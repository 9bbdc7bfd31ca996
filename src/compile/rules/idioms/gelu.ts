// The exact Gaussian error linear unit as people write it: x/2 (1 + erf(x / sqrt 2)), in any order of its factors.
import type { Atom, Equation } from '../../jaxpr.js';
import { unaryIdiom } from './activations.js';
import { bothWays, type Facts, isAbout, literal, type Pattern } from './pattern.js';

/** The factors of a product of single-use products, numbers among them. */
function factorsOf(root: Equation, facts: Facts): Atom[] {
  return root.inputs.flatMap((input): readonly Atom[] => {
    const inner = facts.made(input, 'mul');
    return inner === undefined ? [input] : factorsOf(inner, facts);
  });
}

/** 1 + erf(x / sqrt 2), whose x it returns. */
function onePlusErf(facts: Facts, atom: Atom): Atom | undefined {
  const sum = facts.made(atom, 'add');
  if (sum === undefined) return undefined;
  for (const [error, one] of bothWays(sum)) {
    if (!isAbout(one, 1)) continue;
    const scaled = facts.made(facts.through(error, 'erf'), 'mul');
    for (const [x, root] of scaled === undefined ? [] : bothWays(scaled)) {
      if (isAbout(root, Math.SQRT1_2)) return x;
    }
  }
  return undefined;
}

/** Found only where nothing between is read by others: a gradient wants the error function for itself. */
export const gelu: Pattern = (root, facts) => {
  const factors = factorsOf(root, facts);
  const arrays = factors.filter(factor => literal(factor) === undefined);
  const numbers = factors.filter(factor => literal(factor) !== undefined);
  const [half] = numbers;
  if (arrays.length !== 2 || numbers.length !== 1 || !isAbout(half, 0.5)) return undefined;
  for (const factor of arrays) {
    const x = onePlusErf(facts, factor);
    if (x !== undefined && arrays.includes(x)) return unaryIdiom('Gelu', x, { dtypes: ['float32'] });
  }
  return undefined;
};
