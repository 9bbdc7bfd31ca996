// Element integrals of a weak form on P1 triangles, in any algebra: the one place where forms become matrices, vectors and residuals.
import { GalerkinError } from '../base/index.js';
import { type Algebra, type Atoms, evaluateForm, type Known } from './algebra.js';
import type { Derivative, Scalar } from './expression.js';
import { type QuadraturePoint, quadrature } from './quadrature.js';
import type { Term, WeakForm } from './weak-form.js';

export type Three<V> = readonly [V, V, V];

/** A triangle as values of the algebra; one value may stand for many triangles at once (an array). */
export interface Element<V> {
  readonly area: V;
  /** Gradient (d/dx, d/dy) of each of the three basis functions, constant on the triangle. */
  readonly gradients: Three<readonly [V, V]>;
  /** Coordinates (x, y) of the corners; needed only by forms that name x or y. */
  readonly corners?: Three<readonly [V, V]>;
  /** Coefficients by name, at the corners. */
  readonly coefficients: Readonly<Record<string, Three<V>>>;
  /** Values of the trial function at the corners; needed only for residuals. */
  readonly trial?: Three<V>;
}

const corner = [0, 1, 2] as const;

/** Polynomial degree of a factor; a quotient counts two more than its parts, as it is integrated only approximately. */
function degreeOf(factor: Known<Scalar>): number {
  if (typeof factor === 'number') return 0;
  const algebra: Algebra<number> = {
    constant: () => 0,
    add: Math.max,
    subtract: Math.max,
    multiply: (left, right) => left + right,
    divide: (left, right) => (right === 0 ? left : left + right + 2),
    negate: of => of,
  };
  return evaluateForm(factor, algebra, atom => (atom.kind === 'field' && atom.derivative !== 'value' ? 0 : 1));
}

const ruleOf = ({ trial, test, factor }: Term): readonly QuadraturePoint[] =>
  quadrature(degreeOf(factor) + Number(trial === 'value') + Number(test === 'value'));

/** What each term needs on one element: values at points, integrals, slopes of basis functions. */
function onElement<V>(form: WeakForm, algebra: Algebra<V>, element: Element<V>) {
  const { add, multiply, constant } = algebra;
  const missing = (what: string): never => {
    throw new GalerkinError('FORM_INVALID', {
      form: form.name,
      fault: `it needs ${what}, which the element does not give`,
    });
  };
  const interpolate = ({ at: [p, q, r] }: QuadraturePoint, [a, b, c]: Three<V>): V =>
    p === q && q === r
      ? multiply(constant(p), add(add(a, b), c))
      : add(add(multiply(constant(p), a), multiply(constant(q), b)), multiply(constant(r), c));
  const slope = (axis: 0 | 1, [a, b, c]: Three<V>): V => {
    const [ga, gb, gc] = element.gradients;
    return add(add(multiply(a, ga[axis]), multiply(b, gb[axis])), multiply(c, gc[axis]));
  };
  const field = (values: Three<V>, derivative: Derivative, point: QuadraturePoint): V =>
    derivative === 'value' ? interpolate(point, values) : slope(derivative === 'x' ? 0 : 1, values);
  const atoms =
    (point: QuadraturePoint): Atoms<V> =>
    atom => {
      if (atom.kind === 'field') {
        return field(element.coefficients[atom.name] ?? missing(`coefficient ${atom.name}`), atom.derivative, point);
      }
      const [a, b, c] = element.corners ?? missing('the corners');
      const axis = atom.axis === 'x' ? 0 : 1;
      return interpolate(point, [a[axis], b[axis], c[axis]]);
    };
  const factorAt = (factor: Known<Scalar>, point: QuadraturePoint): V =>
    typeof factor === 'number' ? constant(factor) : evaluateForm(factor, algebra, atoms(point));
  const trialAt = (derivative: Derivative, point: QuadraturePoint): V =>
    field(element.trial ?? missing('values of the trial function'), derivative, point);
  /** Area times the weighted sum of `value` over the rule's points. */
  const integrate = (rule: readonly QuadraturePoint[], value: (point: QuadraturePoint) => V): V => {
    const parts = rule.map(point => multiply(constant(point.weight), value(point)));
    return multiply(element.area, parts.reduce(add));
  };
  const basisSlope = (derivative: 'x' | 'y', index: 0 | 1 | 2): V =>
    element.gradients[index][derivative === 'x' ? 0 : 1];
  return { factorAt, trialAt, integrate, basisSlope };
}

const factorKey = (factor: Known<Scalar>): string => JSON.stringify(factor);

/** Terms that share factor and kind of arguments, so that the factor is integrated once: a·(uₓvₓ + u_yv_y). */
function grouped(terms: readonly Term[]): readonly { readonly first: Term; readonly terms: Term[] }[] {
  const groups = new Map<string, { first: Term; terms: Term[] }>();
  for (const term of terms) {
    const key = `${term.trial === 'value'} ${term.test === 'value'} ${factorKey(term.factor)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: term, terms: [term] });
    else group.terms.push(term);
  }
  return [...groups.values()];
}

/** The 3 x 3 element matrix of a bilinear form, row-major: row = test function, column = trial function. */
export function elementMatrix<V>(form: WeakForm, algebra: Algebra<V>, element: Element<V>): readonly V[] {
  const { factorAt, integrate, basisSlope } = onElement(form, algebra, element);
  const { add, multiply, constant } = algebra;
  const groups = grouped(form.terms);
  const entry = (row: 0 | 1 | 2, column: 0 | 1 | 2): V =>
    groups
      .map(({ first, terms }) => {
        const { trial, test, factor } = first;
        const weight = integrate(ruleOf(first), point => {
          const u = trial === 'value' ? point.at[column] : 1;
          const v = test === 'value' ? point.at[row] : 1;
          return multiply(constant(u * v), factorAt(factor, point));
        });
        const slopes = terms.map(term => {
          const u = term.trial === 'x' || term.trial === 'y' ? basisSlope(term.trial, column) : constant(1);
          return term.test === 'x' || term.test === 'y' ? multiply(u, basisSlope(term.test, row)) : u;
        });
        return multiply(weight, slopes.reduce(add));
      })
      .reduce(add, constant(0));
  return corner.flatMap(row => corner.map(column => entry(row, column)));
}

/**
 * The element vector of a linear form, one value per corner; or, for a bilinear form and an element with `trial`,
 * the action of the form on that trial function: a(u, v₀), a(u, v₁), a(u, v₂).
 */
export function elementVector<V>(form: WeakForm, algebra: Algebra<V>, element: Element<V>): Three<V> {
  const { factorAt, trialAt, integrate, basisSlope } = onElement(form, algebra, element);
  const { add, multiply, constant } = algebra;
  const at = (term: Term, point: QuadraturePoint): V => {
    const factor = factorAt(term.factor, point);
    return term.trial === 'none' ? factor : multiply(factor, trialAt(term.trial, point));
  };
  let sum: Three<V> = [constant(0), constant(0), constant(0)];
  for (const term of form.terms) {
    const { test } = term;
    const rule = ruleOf(term);
    const flux = test === 'x' || test === 'y' ? integrate(rule, point => at(term, point)) : undefined;
    const part = (index: 0 | 1 | 2): V =>
      flux !== undefined && (test === 'x' || test === 'y')
        ? multiply(flux, basisSlope(test, index))
        : integrate(rule, point => multiply(constant(point.at[index]), at(term, point)));
    sum = [add(sum[0], part(0)), add(sum[1], part(1)), add(sum[2], part(2))];
  }
  return sum;
}

/**
 * Residual of the discrete equation on one element: a(u, vₛ) − l(vₛ) for the three basis functions.
 * Summed over the elements around each interior node it vanishes for the discrete solution.
 */
export function elementResidual<V>(
  forms: { readonly bilinear: WeakForm; readonly linear: WeakForm },
  algebra: Algebra<V>,
  element: Element<V>,
): Three<V> {
  const action = elementVector(forms.bilinear, algebra, element);
  const load = elementVector(forms.linear, algebra, element);
  return [
    algebra.subtract(action[0], load[0]),
    algebra.subtract(action[1], load[1]),
    algebra.subtract(action[2], load[2]),
  ];
}
