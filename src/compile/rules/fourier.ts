// The rule of Fourier transforms: products with constant matrices, a long axis split in two as Cooley and Tukey do (1965).
import { z } from 'zod';
import { dotView } from '../layout/dot.js';
import { castTo } from '../layout/materialize.js';
import { reshapeView } from '../layout/reshape.js';
import { concatViews, sliceView } from '../layout/shape.js';
import { freshView, shapeOf, transposeView, type View } from '../layout/view.js';
import { type ElementType, elementTypes } from '../onnx/element-type.js';
import type { Graph } from '../onnx/graph.js';
import { type Formula, formula } from './formula.js';
import { type Rule, readParams, refuse, two } from './rule.js';

const params = z.object({ factors: z.array(z.int()), inverse: z.boolean() });

/** Axes up to this length are one product with a matrix of twice their size; the largest prime factor may be this long too. */
export const longestMatrix = 256;

interface Complex {
  readonly re: View;
  readonly im: View;
}

interface Transform {
  readonly graph: Graph;
  readonly calculate: Formula;
  readonly dtype: ElementType;
  /** -1 forward, 1 backward. */
  readonly sign: 1 | -1;
}

const constant = ({ graph, dtype }: Transform, shape: readonly number[], values: readonly number[]): View =>
  freshView(graph.constant(dtype, shape, elementTypes[dtype].array(values)), shape, dtype);

/** The angle of the root of unity e^(2 pi i a b / n), a b reduced first so that large products lose no digits. */
const angle = (sign: number, a: number, b: number, n: number): number => (sign * 2 * Math.PI * ((a * b) % n)) / n;

/** Rows of the real matrix that takes (re, im) of one axis to (re, im) of its transform. */
function matrix(transform: Transform, n: number): View {
  const values: number[] = [];
  for (let row = 0; row < 2 * n; row++) {
    for (let column = 0; column < 2 * n; column++) {
      const turn = angle(transform.sign, row % n, column % n, n);
      const [rowIm, columnIm] = [row >= n, column >= n];
      if (rowIm === columnIm) values.push(Math.cos(turn));
      else values.push(rowIm ? Math.sin(turn) : -Math.sin(turn));
    }
  }
  return constant(transform, [2 * n, 2 * n], values);
}

/** The transform of the last axis by one product. */
function direct(transform: Transform, { re, im }: Complex): Complex {
  const { graph } = transform;
  const shape = shapeOf(re);
  const axis = shape.length - 1;
  const n = shape[axis] ?? 1;
  if (n === 1) return { re, im };
  const both = concatViews(graph, [re, im], axis);
  const product = dotView(graph, [reshapeView(graph, both, [...shape.slice(0, -1), 1, 2 * n]), matrix(transform, n)]);
  return {
    re: sliceView(graph, product, { axis, start: 0, end: n }),
    im: sliceView(graph, product, { axis, start: n, end: 2 * n }),
  };
}

/** The product of two arrays of complex numbers. */
function times({ calculate }: Transform, x: Complex, y: Complex): Complex {
  const product = (a: View, b: View): View => calculate('Mul', [a, b]);
  return {
    re: calculate('Sub', [product(x.re, y.re), product(x.im, y.im)]),
    im: calculate('Add', [product(x.re, y.im), product(x.im, y.re)]),
  };
}

const each = ({ re, im }: Complex, change: (view: View) => View): Complex => ({ re: change(re), im: change(im) });

/** Factors that make the largest first part up to the longest matrix, and those that are left. */
function splitFactors(factors: readonly number[]): { size: number; rest: number[] } {
  let size = 1;
  const rest: number[] = [];
  for (const factor of factors) {
    if (size * factor <= longestMatrix) size *= factor;
    else rest.push(factor);
  }
  return { size, rest };
}

/** The transform of the last axis; position j1 n2 + j2 gives frequency k1 + n1 k2. */
function transformed(transform: Transform, x: Complex, factors: readonly number[]): Complex {
  const { graph } = transform;
  const shape = shapeOf(x.re);
  const outer = shape.slice(0, -1);
  const n = shape.at(-1) ?? 1;
  if (n <= longestMatrix) return direct(transform, x);
  const { size: n1, rest } = splitFactors(factors);
  if (n1 === 1) return refuse(`its size ${n} has the prime factor ${factors[0]}, beyond ${longestMatrix}`);
  const n2 = n / n1;
  const axes = outer.map((_, axis) => axis);
  const swapped = [...axes, outer.length + 1, outer.length];
  const columns = each(x, view => transposeView(reshapeView(graph, view, [...outer, n1, n2]), swapped));
  const first = direct(transform, columns);
  const turns = Array.from({ length: n }, (_, k) => angle(transform.sign, Math.floor(k / n1), k % n1, n));
  const twiddle = {
    re: constant(transform, [n2, n1], turns.map(Math.cos)),
    im: constant(transform, [n2, n1], turns.map(Math.sin)),
  };
  const turned = each(times(transform, first, twiddle), view => transposeView(view, swapped));
  const second = transformed(transform, turned, rest);
  return each(second, view => reshapeView(graph, transposeView(view, swapped), [...outer, n]));
}

const fft: Rule = ({ graph }, step, inputs) => {
  const { factors, inverse } = readParams(params, step);
  const [re, im] = two(inputs);
  const { dtype } = re;
  // Half precision is too coarse for sums of roots of unity.
  const inside = dtype === 'float16' ? 'float32' : dtype;
  const calculate = formula(graph, inside);
  const transform: Transform = { graph, calculate, dtype: inside, sign: inverse ? 1 : -1 };
  const x = each({ re, im }, view => castTo(graph, view, inside));
  const sorted = [...factors].sort((a, b) => b - a);
  const result = transformed(transform, x, sorted);
  const n = shapeOf(re).at(-1) ?? 1;
  const scaled = inverse ? each(result, view => calculate('Mul', [view, 1 / n])) : result;
  return [castTo(graph, scaled.re, dtype), castTo(graph, scaled.im, dtype)];
};

export const fourierRules: Readonly<Record<string, Rule>> = { fft };
