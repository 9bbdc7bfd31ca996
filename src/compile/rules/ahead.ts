// What later equations want of a value: how often they read it, and by which number they multiply it before they must have it multiplied.
import type { Atom, Equation, Jaxpr, Variable } from '../jaxpr.js';

export interface Ahead {
  /** How often the first result is read. */
  readonly uses: number;
  /** How often each input is read, by this equation and others. */
  readonly inputUses: readonly number[];
  /** The result is best computed times this number, with its reciprocal waiting. */
  readonly wanted: number | undefined;
}

const known = new WeakMap<Equation, Ahead>();
const nothing: Ahead = { uses: Number.POSITIVE_INFINITY, inputUses: [], wanted: undefined };

/** What was read ahead for an equation. */
export const aheadOf = (equation: Equation): Ahead => known.get(equation) ?? nothing;

/** Factors go through these unchanged. */
const passing = new Set(['add', 'neg', 'transpose', 'reshape', 'broadcast', 'shrink', 'flip', 'stop_gradient']);
/** Factors wait beside these results, at no cost. */
const multiplying = new Set(['mul', 'dot', 'conv', 'reduce', 'reciprocal', 'pad', 'split', 'concatenate']);

const isVariable = (atom: Atom): atom is Variable => !('value' in atom);

/** Groups of equations that one operator replaces, by the equation that ends each: what the operator reads. */
type Groups = ReadonlyMap<Equation, { readonly inputs: readonly Atom[] }>;

/** The equations whose results are read in the end, the last first. */
function liveEquations(jaxpr: Jaxpr, groups: Groups): Equation[] {
  const live = new Set<Atom>(jaxpr.outs);
  const kept: Equation[] = [];
  for (const equation of jaxpr.eqns.toReversed()) {
    if (!equation.outBinders.some(variable => live.has(variable))) continue;
    kept.push(equation);
    for (const input of groups.get(equation)?.inputs ?? equation.inputs) live.add(input);
  }
  return kept;
}

function usesOf(jaxpr: Jaxpr, live: readonly Equation[], groups: Groups): Map<Atom, number> {
  const uses = new Map<Atom, number>();
  const read = live.flatMap(equation => groups.get(equation)?.inputs ?? equation.inputs);
  for (const atom of [...read, ...jaxpr.outs]) uses.set(atom, (uses.get(atom) ?? 0) + 1);
  return uses;
}

/** The variable and the number of a product with a number. */
function scaling({ primitive, inputs }: Equation): { of: Variable; by: number } | undefined {
  const [x, y] = inputs;
  if (`${primitive}` !== 'mul' || x === undefined || y === undefined) return undefined;
  const [array, number] = isVariable(x) ? [x, y] : [y, x];
  if (!isVariable(array) || isVariable(number)) return undefined;
  const by = Number(number.value);
  return Number.isFinite(by) && by !== 0 ? { of: array, by } : undefined;
}

/** Numbers by which values are wanted; undefined where readers disagree. */
class Wishes {
  readonly #wanted = new Map<Atom, number | undefined>();

  vote(atom: Atom | undefined, number: number | undefined): void {
    if (atom === undefined || number === undefined) return;
    const agrees = !this.#wanted.has(atom) || this.#wanted.get(atom) === number;
    this.#wanted.set(atom, agrees ? number : undefined);
  }

  of(atom: Atom | undefined): number | undefined {
    return atom === undefined ? undefined : this.#wanted.get(atom);
  }
}

function wishesOf(
  jaxpr: Jaxpr,
  live: readonly Equation[],
  { uses, groups }: { uses: ReadonlyMap<Atom, number>; groups: Groups },
): Wishes {
  const wishes = new Wishes();
  const exponentials = new Set<Atom>(
    live.flatMap(({ primitive, outBinders }) => (`${primitive}` === 'exp' ? outBinders : [])),
  );
  for (const out of jaxpr.outs) wishes.vote(out, 1);
  for (const equation of live) {
    const [output] = equation.outBinders;
    const group = groups.get(equation);
    const scaled = group === undefined ? scaling(equation) : undefined;
    if (group !== undefined) {
      for (const input of group.inputs) wishes.vote(input, 1);
    } else if (scaled !== undefined) {
      const { of, by } = scaled;
      const later = wishes.of(output);
      if (exponentials.has(of)) wishes.vote(of, by > 0 && uses.get(of) === 1 ? by : 1);
      else if (later !== undefined) wishes.vote(of, later * by);
    } else if (passing.has(equation.primitive)) {
      for (const input of equation.inputs) wishes.vote(input, wishes.of(output));
    } else if (!multiplying.has(equation.primitive)) {
      for (const input of equation.inputs) wishes.vote(input, 1);
    }
  }
  return wishes;
}

/** Reads a recording ahead, once before its equations are lowered. */
export function readAhead(jaxpr: Jaxpr, groups: Groups = new Map()): void {
  const live = liveEquations(jaxpr, groups);
  const uses = usesOf(jaxpr, live, groups);
  const wishes = wishesOf(jaxpr, live, { uses, groups });
  for (const equation of live) {
    const [output] = equation.outBinders;
    known.set(equation, {
      uses: output === undefined ? 0 : (uses.get(output) ?? 0),
      inputUses: equation.inputs.map(input => uses.get(input) ?? 0),
      wanted: wishes.of(output),
    });
  }
}
