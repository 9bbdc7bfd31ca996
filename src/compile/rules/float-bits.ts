// The bits of single precision (IEEE 754 binary32) as numbers and back, by arithmetic that rounds nothing.
import { castTo, materialize } from '../layout/materialize.js';
import { freshView, literalView, shapeOf, type View } from '../layout/view.js';
import type { Graph } from '../onnx/graph.js';
import { type Formula, formula } from './formula.js';
import { choose } from './selection.js';

const exponentBits = 255;
const fractionBits = 23;
const hidden = 2 ** fractionBits;

/** 2 to the power of what each exponent field stands for; fields 0 and 1 stand for the same. */
const steps = (): Float32Array =>
  Float32Array.from({ length: exponentBits + 1 }, (_, field) => 2 ** (Math.max(field, 1) - 150));

const right = (calculate: Formula, bits: View, by: number): View =>
  calculate('BitShift', [bits, by], { direction: 'RIGHT' });

/** Floats from bits: the fraction with its hidden one, times the step of its exponent. Every pattern of a NaN gives a NaN. */
export function floatOfBits(graph: Graph, bits: View): View {
  const words = formula(graph, 'uint32');
  const single = formula(graph, 'float32');
  const field = words('BitwiseAnd', [right(words, bits, fractionBits), exponentBits]);
  const fraction = words('BitwiseAnd', [bits, hidden - 1]);
  const normal = castTo(graph, words('Less', [0, field]), 'uint32');
  const whole = words('Add', [fraction, words('Mul', [normal, hidden])]);
  const table = graph.constant('float32', [exponentBits + 1], steps());
  const index = materialize(graph, castTo(graph, field, 'int32'));
  const step = freshView(graph.node('Gather', [table, index], { axis: 0 }), shapeOf(field), 'float32');
  const size = single('Mul', [castTo(graph, whole, 'float32'), step]);
  const special = words('Equal', [field, exponentBits]);
  const infinite = words('Equal', [fraction, 0]);
  const beyond = choose(graph, infinite, [
    literalView(graph, Number.POSITIVE_INFINITY, { dtype: 'float32', shape: [] }),
    literalView(graph, Number.NaN, { dtype: 'float32', shape: [] }),
  ]);
  const magnitude = choose(graph, special, [beyond, size]);
  const negative = castTo(graph, right(words, bits, 31), 'bool');
  return choose(graph, negative, [single('Neg', [magnitude]), magnitude]);
}

/** Doubles the power step by step until a size lies in [1, 2); returns it with the exponent, both exact in double precision. */
function normalised(graph: Graph, size: View): { fraction: View; exponent: View } {
  const double = formula(graph, 'float64');
  let fraction = size;
  let exponent = literalView(graph, 0, { dtype: 'float64', shape: [] });
  const scale = (when: View, by: number): void => {
    fraction = choose(graph, when, [double('Mul', [fraction, 2 ** by]), fraction]);
    exponent = double('Sub', [exponent, double('Mul', [castTo(graph, when, 'float64'), by])]);
  };
  for (const by of [128, 64, 32, 16, 8, 4, 2, 1]) scale(double('Less', [fraction, 2 ** (1 - by)]), by);
  for (const by of [64, 32, 16, 8, 4, 2, 1]) scale(double('LessOrEqual', [2 ** by, fraction]), -by);
  return { fraction, exponent };
}

/** Bits from floats; every NaN gives 0x7fc00000. */
export function bitsOfFloat(graph: Graph, view: View): View {
  const single = formula(graph, 'float32');
  const double = formula(graph, 'float64');
  const words = formula(graph, 'uint32');
  const number = (value: number): View => literalView(graph, value, { dtype: 'float64', shape: [] });
  // The sign of a zero shows in its reciprocal.
  const negative = single('Less', [single('Add', [single('Reciprocal', [view]), view]), 0]);
  const size = castTo(graph, single('Abs', [view]), 'float64');
  const finite = double('Less', [size, 2 ** 128]);
  const safe = choose(graph, finite, [size, number(1)]);
  const { fraction, exponent } = normalised(graph, double('Max', [safe, 2 ** -126]));
  const field = double('Mul', [double('Add', [exponent, 127]), hidden]);
  const normal = double('Add', [field, double('Mul', [double('Sub', [fraction, 1]), hidden])]);
  const small = double('Mul', [safe, 2 ** 149]);
  const isSmall = double('Less', [safe, 2 ** -126]);
  const magnitude = choose(graph, isSmall, [small, normal]);
  const isNumber = double('Equal', [size, size]);
  const beyond = choose(graph, isNumber, [number(0x7f800000), number(0x7fc00000)]);
  const positive = castTo(graph, choose(graph, finite, [magnitude, beyond]), 'uint32');
  return words('Add', [positive, words('Mul', [castTo(graph, negative, 'uint32'), 2 ** 31])]);
}
