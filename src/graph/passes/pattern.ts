// Patterns: small trees of operators that a fusion looks for above a node, with commutative operands in either order.
import type { Node } from '../model.js';
import { uniform } from './algebra.js';
import type { Scope } from './pass.js';

/** What has been found so far: values by name, and the nodes of the tree. */
export interface Match {
  readonly values: ReadonlyMap<string, string>;
  readonly nodes: readonly Node[];
}

export const noMatch: Match = { values: new Map(), nodes: [] };

/** Tries to match a value; undefined where it does not. */
export type Pattern = (value: string, match: Match, scope: Scope) => Match | undefined;

/** Any value, the same one wherever the name occurs. */
export const bind =
  (name: string): Pattern =>
  (value, match) => {
    const known = match.values.get(name);
    if (known !== undefined) return known === value ? match : undefined;
    return { ...match, values: new Map(match.values).set(name, value) };
  };

/** A constant all of whose elements are this number, to single precision, and that has one element. */
export const numeral =
  (wanted: number): Pattern =>
  (value, match, scope) => {
    const constant = scope.constant(value);
    const number = uniform(constant);
    const isSingle = constant?.shape.every(size => size === 1) ?? false;
    return isSingle && number !== undefined && Math.abs(number - wanted) <= 2e-6 * Math.abs(wanted) ? match : undefined;
  };

const commutative = new Set(['Add', 'Mul', 'Max', 'Min']);

/** A node of the standard's operator over matched operands. */
export const op =
  (operator: string, ...operands: readonly Pattern[]): Pattern =>
  (value, match, scope) => {
    const node = scope.editor.maker(value);
    if (!scope.is(node, operator) || node.inputs.length !== operands.length) return undefined;
    const found = { ...match, nodes: [...match.nodes, node] };
    const straight = operandsOf(node.inputs, operands, { match: found, scope });
    if (straight !== undefined || !commutative.has(operator)) return straight;
    return operandsOf(node.inputs.toReversed(), operands, { match: found, scope });
  };

function operandsOf(
  values: readonly string[],
  operands: readonly Pattern[],
  { match, scope }: { match: Match; scope: Scope },
): Match | undefined {
  let current: Match | undefined = match;
  for (const [at, operand] of operands.entries()) {
    current = current === undefined ? undefined : operand(values[at] ?? '', current, scope);
  }
  return current;
}

/** The first of several patterns that matches. */
export const either =
  (...patterns: readonly Pattern[]): Pattern =>
  (value, match, scope) => {
    for (const pattern of patterns) {
      const found = pattern(value, match, scope);
      if (found !== undefined) return found;
    }
    return undefined;
  };

/** Whether nobody outside `nodes` reads what is made between them and `root`, the last of them. */
export function isClosed(root: Node, nodes: readonly Node[], { editor }: Scope): boolean {
  const inside = new Set(nodes);
  const isPrivate = (name: string) =>
    !editor.isOutput(name) && editor.readers(name).every(reader => inside.has(reader));
  return nodes.every(one => one === root || one.outputs.every(isPrivate));
}

/** The match of the tree above a node's first output, if nothing outside it reads what is between. */
export function matchAbove(node: Node, pattern: Pattern, scope: Scope): Match | undefined {
  const match = pattern(node.outputs[0] ?? '', noMatch, scope);
  return match !== undefined && isClosed(node, match.nodes, scope) ? match : undefined;
}
