// The idiom of layer normalisation: an array less its mean, over its deviation, along the last axis.
import type { Atom, Equation } from '../../jaxpr.js';
import { materialize } from '../../layout/materialize.js';
import { freshView, shapeOf } from '../../layout/view.js';
import { elementTypes } from '../../onnx/element-type.js';
import { settle } from '../factor.js';
import { bothWays, type Facts, isAbout, literal, type Pattern } from './pattern.js';

/** Sums over the last axis only, kept as size 1, divided by its size: returns what is averaged. */
function averaged(facts: Facts, atom: Atom | undefined, uses = 1): Atom | undefined {
  const scaled = facts.made(atom, 'mul', uses);
  for (const [column, factor] of scaled === undefined ? [] : bothWays(scaled)) {
    const summed = facts.made(facts.through(column, 'reshape'), 'reduce');
    const x = summed?.inputs[0];
    const axis: unknown = summed?.params.axis;
    if (x === undefined || !Array.isArray(axis) || summed?.params.op !== 'Add') continue;
    const last = x.aval.shape.length - 1;
    const size = x.aval.shape[last] ?? 1;
    const kept = `${column.aval.shape}` === `${x.aval.shape.with(last, 1)}`;
    if (axis.length === 1 && axis[0] === last && kept && isAbout(factor, 1 / size)) return x;
  }
  return undefined;
}

/** x less its own mean: returns x. */
function centred(facts: Facts, sum: Equation | undefined, meanUses = 1): Atom | undefined {
  for (const [x, negative] of sum === undefined ? [] : bothWays(sum)) {
    if (averaged(facts, facts.through(negative, 'neg'), meanUses) === x) return x;
  }
  return undefined;
}

/** The variance: the mean of the square of what is centred, which it returns with x. */
function variance(facts: Facts, atom: Atom | undefined): { x: Atom; centre: Atom; uses: number } | undefined {
  const square = facts.made(averaged(facts, atom), 'mul');
  const [centre, again] = square?.inputs ?? [];
  if (centre === undefined || centre !== again) return undefined;
  // Read twice by the square, and once more where it is also what is divided.
  for (const uses of [2, 3]) {
    const x = centred(facts, facts.made(centre, 'add', uses));
    if (x !== undefined) return { x, centre, uses };
  }
  return undefined;
}

/** The variance as the mean of squares less the square of the mean, which is also read once to centre x: returns x. */
function variancePerMoments(facts: Facts, atom: Atom | undefined): Atom | undefined {
  const difference = facts.made(atom, 'add');
  for (const [squares, negative] of difference === undefined ? [] : bothWays(difference)) {
    const [mean, again] = facts.made(facts.through(negative, 'neg'), 'mul')?.inputs ?? [];
    const x = mean === again ? averaged(facts, mean, 3) : undefined;
    const square = facts.made(averaged(facts, squares), 'mul');
    if (x !== undefined && square?.inputs[0] === x && square.inputs[1] === x) return x;
  }
  return undefined;
}

/** (x - mean) / sqrt(variance + epsilon). */
export const layerNorm: Pattern = (root, facts) => {
  for (const [numerator, inverse] of bothWays(root)) {
    const sum = facts.made(facts.through(inverse, 'reciprocal', 'sqrt'), 'add');
    for (const [spread, small] of sum === undefined ? [] : bothWays(sum)) {
      const epsilon = literal(small);
      const plain = epsilon === undefined ? undefined : variancePerMoments(facts, spread);
      if (plain !== undefined && epsilon !== undefined) {
        return centred(facts, facts.made(numerator, 'add'), 3) === plain ? normalised(plain, epsilon) : undefined;
      }
      const found = epsilon === undefined ? undefined : variance(facts, spread);
      if (found === undefined || epsilon === undefined) continue;
      const shared = found.uses === 3 && found.centre === numerator;
      const apart = found.uses === 2 && centred(facts, facts.made(numerator, 'add')) === found.x;
      if (shared || apart) return normalised(found.x, epsilon);
    }
  }
  return undefined;
};

/** One operator along the last axis, for single precision and half. */
function normalised(x: Atom, epsilon: number): ReturnType<Pattern> {
  return {
    inputs: [x],
    emit: ({ graph }, [view]) => {
      if (view === undefined || (view.dtype !== 'float32' && view.dtype !== 'float16')) return undefined;
      const shape = shapeOf(view);
      const size = shape.at(-1) ?? 1;
      const values = elementTypes[view.dtype].array(new Array<number>(size).fill(1));
      const ones = graph.constant(view.dtype, [size], values);
      const whole = materialize(graph, settle(graph, view));
      const attributes = { axis: -1, epsilon: { float: epsilon } };
      return freshView(graph.node('LayerNormalization', [whole, ones], attributes), shape, view.dtype);
    },
  };
}
