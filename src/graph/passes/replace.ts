// Ways to put one value in another's place that all rewrites share: outputs of the graph keep their names.

import type { NewNode } from '../editor.js';
import type { Attributes, Node } from '../model.js';
import type { Scope } from './pass.js';

/** The node's only output that anybody could read; undefined where it has several. */
export function onlyOutput({ outputs }: Node, { editor }: Scope): string | undefined {
  const [first, ...others] = outputs;
  const isOnly = others.every(name => name === '' || (!editor.isOutput(name) && editor.readers(name).length === 0));
  return isOnly && first !== '' ? first : undefined;
}

/** True where only `count` nodes read a value, and nobody outside the graph does. */
export const hasReaders = (value: string, count: number, { editor }: Scope): boolean =>
  !editor.isOutput(value) && editor.readers(value).length === count;

/** Lets `value` stand for the node's only output. A name that leaves the graph stays, as a copy. */
export function substitute(node: Node, value: string, scope: Scope): boolean {
  const { editor } = scope;
  const output = onlyOutput(node, scope);
  if (output === undefined || output === value || value === '') return false;
  const { length } = editor.readers(output);
  if (length > 0) editor.redirect(output, value);
  const isStillRead = editor.isOutput(output) || editor.readers(output).length > 0;
  if (!isStillRead) {
    editor.remove(node);
    return true;
  }
  const isCopy = scope.is(node, 'Identity') && node.inputs[0] === value;
  if (isCopy) return editor.readers(output).length < length;
  editor.replace(node, {
    ...node,
    operator: 'Identity',
    domain: '',
    inputs: [value],
    outputs: [output],
    attributes: {},
  });
  return true;
}

/** Another operator makes the node's outputs from now on. */
export function become(node: Node, { operator, domain = '', inputs, attributes = {} }: NewNode, scope: Scope): boolean {
  const output = onlyOutput(node, scope);
  if (output === undefined) return false;
  scope.editor.replace(node, { name: node.name, operator, domain, inputs, outputs: [output], attributes });
  return true;
}

/** Attributes without those of these names. */
export const without = (attributes: Attributes, ...names: readonly string[]): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));
