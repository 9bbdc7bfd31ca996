// Patterns: what made a value, who reads it, and which equations together say something that the runtime has one operator for.
import type { Atom, Equation, Jaxpr } from '../../jaxpr.js';
import type { View } from '../../layout/view.js';
import type { RuleContext } from '../rule.js';

/** A group of equations that one operator replaces. Emits undefined where the operator does not fit after all. */
export interface Idiom {
  /** What the replaced equations read. */
  readonly inputs: readonly Atom[];
  readonly emit: (context: RuleContext, views: readonly View[]) => View | undefined;
}

/** Looks behind the equation that ends an idiom. */
export type Pattern = (root: Equation, facts: Facts) => Idiom | undefined;

/** Who makes and who reads the values of one recording. */
export class Facts {
  readonly #makers = new Map<Atom, Equation>();
  readonly #uses = new Map<Atom, number>();

  constructor(jaxpr: Jaxpr) {
    for (const equation of jaxpr.eqns) {
      for (const variable of equation.outBinders) this.#makers.set(variable, equation);
      for (const atom of equation.inputs) this.#uses.set(atom, this.uses(atom) + 1);
    }
    for (const atom of jaxpr.outs) this.#uses.set(atom, this.uses(atom) + 1);
  }

  /** How often a value is read, as a result too. */
  uses(atom: Atom): number {
    return this.#uses.get(atom) ?? 0;
  }

  /** The inputs of the equation that made `atom`, if it is this primitive and `atom` is read `uses` times. */
  made(atom: Atom | undefined, primitive: string, uses = 1): Equation | undefined {
    const maker = atom === undefined ? undefined : this.#makers.get(atom);
    if (atom === undefined || maker === undefined || `${maker.primitive}` !== primitive) return undefined;
    return this.uses(atom) === uses ? maker : undefined;
  }

  /** What the one-input primitives in turn, the last applied first, were applied to. */
  through(atom: Atom | undefined, ...primitives: readonly string[]): Atom | undefined {
    let at = atom;
    for (const primitive of primitives) at = this.made(at, primitive)?.inputs[0];
    return at;
  }
}

/** The number, if it is one. */
export const literal = (atom: Atom | undefined): number | undefined =>
  atom !== undefined && 'value' in atom ? Number(atom.value) : undefined;

/** True for numbers that are equal in single precision, to which the tracer rounds them. */
export const isAbout = (atom: Atom | undefined, value: number): boolean => {
  const number = literal(atom);
  return number !== undefined && Math.fround(number) === Math.fround(value);
};

/** Both orders of two inputs. */
export function bothWays({ inputs }: Equation): readonly (readonly [Atom, Atom])[] {
  const [x, y] = inputs;
  if (x === undefined || y === undefined) return [];
  return [
    [x, y],
    [y, x],
  ];
}

/** The first pattern that finds something. */
export const firstOf =
  (...patterns: readonly Pattern[]): Pattern =>
  (root, facts) => {
    for (const pattern of patterns) {
      const found = pattern(root, facts);
      if (found !== undefined) return found;
    }
    return undefined;
  };
