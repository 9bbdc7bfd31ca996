// Idioms: groups of equations that the runtime has one operator for, found before a recording is walked.
import type { Equation, Jaxpr } from '../../jaxpr.js';
import { activationPatterns, unaryIdiom } from './activations.js';
import { cumulativeSum } from './cumulative.js';
import { gelu } from './gelu.js';
import { layerNorm } from './layer-norm.js';
import { knownFunctions, outlineOf } from './outline.js';
import { Facts, firstOf, type Idiom, type Pattern } from './pattern.js';
import { logSoftmax, softmax } from './softmax.js';

/** Patterns by the primitive of the equation that ends them. */
const patterns: ReadonlyMap<string, Pattern> = new Map<string, Pattern>([
  ...Object.entries(activationPatterns),
  ['mul', firstOf(gelu, softmax, layerNorm)],
  ['add', logSoftmax],
  ['reduce', cumulativeSum],
  ['jit', knownCall],
]);

/** Calls larger than this are no function of one array. */
const mostEquations = 12;

function knownCall(call: Equation): Idiom | undefined {
  const inner: unknown = call.params.jaxpr;
  const [x] = call.inputs;
  if (x === undefined || call.inputs.length > 1 || !isSmall(inner)) return undefined;
  const known = knownFunctions.get(outlineOf(inner));
  return known === undefined ? undefined : unaryIdiom(known.operator, x, known);
}

function isSmall(value: unknown): value is Jaxpr {
  if (typeof value !== 'object' || value === null || !('eqns' in value)) return false;
  return Array.isArray(value.eqns) && value.eqns.length <= mostEquations;
}

/** The idioms of a recording, by the equation that ends each. The others of the group are lowered too, and dropped if nobody reads them. */
export function findIdioms(jaxpr: Jaxpr): ReadonlyMap<Equation, Idiom> {
  const facts = new Facts(jaxpr);
  const found = new Map<Equation, Idiom>();
  for (const equation of jaxpr.eqns) {
    const idiom = patterns.get(`${equation.primitive}`)?.(equation, facts);
    if (idiom !== undefined) found.set(equation, idiom);
  }
  return found;
}
