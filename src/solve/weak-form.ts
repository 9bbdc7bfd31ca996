// A weak form as a sum of terms coefficient · trial factor · test factor; what does not fit that shape is not linear.
import { GalerkinError } from '../base/index.js';
import { type Algebra, evaluateForm, folding, type Known, numbers } from './algebra.js';
import {
  coefficient,
  constant,
  type Derivative,
  divide,
  minus,
  negate,
  plus,
  type Scalar,
  test,
  times,
  trial,
} from './expression.js';

/** The symbols a form may use by name: its coefficients and constants. */
export type Symbols = Readonly<Record<string, Scalar>>;
/** a(u, v): linear in the trial function `u` and in the test function `v`; integrated over the mesh. */
export type BilinearForm = (u: Scalar, v: Scalar, symbols: Symbols) => Scalar;
/** l(v): linear in the test function `v`; integrated over the mesh. */
export type LinearForm = (v: Scalar, symbols: Symbols) => Scalar;

/** One term of a form. `none` says that the term does not hold that argument. */
export interface Term {
  readonly trial: Derivative | 'none';
  readonly test: Derivative | 'none';
  readonly factor: Known<Scalar>;
}

/** A form that has been checked. */
export interface WeakForm {
  readonly name: string;
  readonly terms: readonly Term[];
  /** Names of the coefficients it reads, sorted. */
  readonly coefficients: readonly string[];
}

/** What a form may name: fields given at the nodes, and numbers. */
export interface Vocabulary {
  readonly coefficients: readonly string[];
  readonly constants?: Readonly<Record<string, number>>;
}

const nodes: Algebra<Known<Scalar>> = folding<Scalar>({
  constant,
  add: plus,
  subtract: minus,
  multiply: times,
  divide,
  negate,
});

function symbolsOf({ coefficients, constants = {} }: Vocabulary): Symbols {
  const given = Object.entries(constants).map(([name, value]) => [name, constant(value)] as const);
  return Object.freeze(Object.fromEntries([...coefficients.map(name => [name, coefficient(name)] as const), ...given]));
}

const notLinear = (form: string, argument: string, fault: string): never => {
  throw new GalerkinError('FORM_NOT_LINEAR', { form, argument, fault });
};

/** Terms as an algebra: this is the whole check of linearity. */
function termAlgebra(form: string): Algebra<readonly Term[]> {
  const alone = (factor: Known<Scalar>): readonly Term[] => [{ trial: 'none', test: 'none', factor }];
  const add = (left: readonly Term[], right: readonly Term[]): readonly Term[] => {
    const sum = [...left];
    for (const term of right) {
      const at = sum.findIndex(other => other.trial === term.trial && other.test === term.test);
      const same = sum[at];
      if (same === undefined) sum.push(term);
      else sum[at] = { ...term, factor: nodes.add(same.factor, term.factor) };
    }
    return sum;
  };
  const map = (terms: readonly Term[], change: (factor: Known<Scalar>) => Known<Scalar>): readonly Term[] =>
    terms.map(term => ({ ...term, factor: change(term.factor) }));
  const negateTerms = (terms: readonly Term[]): readonly Term[] => map(terms, nodes.negate);
  const product = (left: Term, right: Term): Term => {
    if (left.trial !== 'none' && right.trial !== 'none') notLinear(form, 'trial', 'a term holds it twice');
    if (left.test !== 'none' && right.test !== 'none') notLinear(form, 'test', 'a term holds it twice');
    return {
      trial: left.trial === 'none' ? right.trial : left.trial,
      test: left.test === 'none' ? right.test : left.test,
      factor: nodes.multiply(left.factor, right.factor),
    };
  };
  return {
    constant: alone,
    add,
    subtract: (left, right) => add(left, negateTerms(right)),
    multiply: (left, right) =>
      left
        .flatMap(one => right.map(other => product(one, other)))
        .reduce<readonly Term[]>((sum, term) => add(sum, [term]), []),
    divide: (left, right) => {
      const [divisor] = right;
      for (const { trial: u, test: v } of right) {
        if (u !== 'none') notLinear(form, 'trial', 'a denominator holds it');
        if (v !== 'none') notLinear(form, 'test', 'a denominator holds it');
      }
      return map(left, factor => nodes.divide(factor, divisor?.factor ?? 0));
    },
    negate: negateTerms,
  };
}

function coefficientsOf(terms: readonly Term[]): string[] {
  const names = new Set<string>();
  for (const { factor } of terms) {
    if (typeof factor === 'number') continue;
    evaluateForm(factor, numbers, atom => {
      if (atom.kind === 'field') names.add(atom.name);
      return 1;
    });
  }
  return [...names].sort();
}

function checked(name: string, expression: Scalar, vocabulary: Vocabulary): WeakForm {
  const terms = evaluateForm<readonly Term[]>(expression, termAlgebra(name), atom => {
    if (atom.kind === 'position') return [{ trial: 'none', test: 'none', factor: atom }];
    if (atom.role === 'trial') return [{ trial: atom.derivative, test: 'none', factor: 1 }];
    if (atom.role === 'test') return [{ trial: 'none', test: atom.derivative, factor: 1 }];
    return [{ trial: 'none', test: 'none', factor: atom }];
  }).filter(term => term.factor !== 0);
  const coefficients = coefficientsOf(terms);
  const unknown = coefficients.find(used => !vocabulary.coefficients.includes(used));
  if (unknown !== undefined) {
    const known = vocabulary.coefficients.join(', ') || 'none';
    throw new GalerkinError('FORM_INVALID', {
      form: name,
      fault: `it reads '${unknown}'; its coefficients are ${known}`,
    });
  }
  return Object.freeze({ name, terms: Object.freeze(terms), coefficients });
}

/** Checks a(u, v). Throws FORM_NOT_LINEAR unless every term holds `u` and `v` once, FORM_INVALID on unknown symbols. */
export function bilinearForm(name: string, form: BilinearForm, vocabulary: Vocabulary): WeakForm {
  const weak = checked(name, form(trial, test, symbolsOf(vocabulary)), vocabulary);
  if (weak.terms.some(term => term.trial === 'none')) notLinear(name, 'trial', 'a term does not hold it');
  if (weak.terms.some(term => term.test === 'none')) notLinear(name, 'test', 'a term does not hold it');
  return weak;
}

/** Checks l(v). Throws FORM_NOT_LINEAR unless every term holds `v` once and no term holds `u`. */
export function linearForm(name: string, form: LinearForm, vocabulary: Vocabulary): WeakForm {
  const weak = checked(name, form(test, symbolsOf(vocabulary)), vocabulary);
  if (weak.terms.some(term => term.trial !== 'none')) notLinear(name, 'trial', 'a linear form must not hold it at all');
  if (weak.terms.some(term => term.test === 'none')) notLinear(name, 'test', 'a term does not hold it');
  return weak;
}
