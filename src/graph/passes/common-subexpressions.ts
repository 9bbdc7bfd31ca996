// Common subexpressions: of nodes that compute the same from the same, one stays; equal constants become one.
import { createHash } from 'node:crypto';
import { subgraphsOf } from '../attributes.js';
import type { Constant } from '../constant.js';
import type { Attribute, Node } from '../model.js';
import { isChance } from './chance.js';
import { type Pass, type Passed, type Rewrite, rewritePass, type Scope } from './pass.js';
import { substitute } from './replace.js';

const digest = (parts: readonly Uint8Array[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.byteLength}:`).update(part);
  return hash.digest('base64');
};

const keys = new WeakMap<Constant, string>();

/** Weights are hashed once, however often a pass comes by. */
function constantKey(constant: Constant): string {
  const key = keys.get(constant) ?? contentKey(constant);
  keys.set(constant, key);
  return key;
}

const contentKey = ({ dtype, shape, bytes, texts = [] }: Constant): string =>
  `${dtype}[${shape}]${digest([bytes, ...texts])}`;

const encoder = new TextEncoder();

/** Text that is the same for the same attribute only; -0 is not 0. */
function attributeKey(attribute: Attribute): string {
  switch (attribute.kind) {
    case 'int':
      return `${attribute.value}`;
    case 'ints':
      return `[${attribute.value}]`;
    case 'float':
      return Object.is(attribute.value, -0) ? '-0' : `${attribute.value}`;
    case 'floats':
      return `[${attribute.value.map(value => (Object.is(value, -0) ? '-0' : value))}]`;
    case 'text':
      return digest([attribute.value]);
    case 'texts':
      return digest(attribute.value);
    case 'tensor':
      return constantKey(attribute.value);
    case 'other':
      return digest([attribute.encoded]);
    case 'graph':
    case 'graphs':
      return digest([encoder.encode('graphs are never equal')]);
  }
}

function nodeKey({ operator, domain, overload = '', inputs, outputs, attributes }: Node): string {
  const facts = Object.entries(attributes)
    .map(([name, attribute]) => `${name}:${attribute.kind}=${attributeKey(attribute)}`)
    .toSorted();
  return JSON.stringify([domain, operator, overload, inputs, outputs.map(name => name !== ''), facts]);
}

/** One table for each graph: bodies see none of the graph around them. */
function equalNodes(): Rewrite {
  const tables = new WeakMap<Scope['editor'], Map<string, Node>>();
  return (node, scope) => {
    const { editor } = scope;
    // Copies are left to the pass on identities, which would undo what is done here.
    const isCopy = scope.is(node, 'Identity');
    if (isCopy || isChance(node) || subgraphsOf(node).length > 0 || node.outputs.length === 0) return false;
    const table = tables.get(editor) ?? new Map<string, Node>();
    tables.set(editor, table);
    const key = nodeKey(node);
    const first = table.get(key);
    if (first === undefined || first === node || !editor.has(first)) {
      table.set(key, node);
      return false;
    }
    return merge(node, first, scope);
  };
}

function merge(node: Node, first: Node, scope: Scope): boolean {
  const { editor } = scope;
  const [output = ''] = node.outputs;
  const [source = ''] = first.outputs;
  if (node.outputs.length === 1) return substitute(node, source, scope);
  if (output === '' || node.outputs.some(name => name !== '' && editor.isOutput(name))) return false;
  for (const [at, name] of node.outputs.entries()) if (name !== '') editor.redirect(name, first.outputs[at] ?? '');
  if (node.outputs.some(name => editor.readers(name).length > 0)) return false;
  editor.remove(node);
  return true;
}

const mergeNodes = (): Pass => rewritePass('common subexpressions', [equalNodes()]);

interface ConstantTable {
  readonly first: Map<string, string>;
  readonly seen: Set<string>;
}

/** One table for each graph here too: bodies may use a name twice. */
function mergeConstants(): Rewrite {
  const tables = new WeakMap<Scope['editor'], ConstantTable>();
  return (node, { editor }) => {
    let isMerged = false;
    const table = tables.get(editor) ?? { first: new Map(), seen: new Set() };
    tables.set(editor, table);
    const { first, seen } = table;
    for (const name of node.inputs) {
      const constant = seen.has(name) ? undefined : editor.constant(name);
      if (constant === undefined) continue;
      seen.add(name);
      const key = constantKey(constant);
      const known = first.get(key);
      if (known === undefined) first.set(key, name);
      else if (editor.constant(known) !== undefined) {
        editor.redirect(name, known);
        isMerged = true;
      }
    }
    return isMerged;
  };
}

export const commonSubexpressions: Pass = {
  name: 'common subexpressions',
  async run(model): Promise<Passed> {
    const constants = await rewritePass('equal constants', [mergeConstants()]).run(model);
    const nodes = await mergeNodes().run(constants.model);
    return { model: nodes.model, applied: constants.applied + nodes.applied };
  },
};
