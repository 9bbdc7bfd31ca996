// Where in a text a value of the decoded configuration stands: found in the tree by its path, and only when somebody asks.
import type { MessageNode, ValueNode } from './parser.js';

/** The offset of a value by its path, or of the nearest message around it. */
export type Locate = (path: readonly PropertyKey[]) => number;

interface Group {
  readonly at: number;
  readonly values: readonly ValueNode[];
  /** Entries by key, for maps. */
  readonly entries: ReadonlyMap<string, ValueNode>;
}

function entryOf(node: ValueNode): readonly [string, ValueNode][] {
  if (node.kind !== 'message') return [];
  const key = node.fields.find(({ name }) => name === 'key')?.values[0];
  const value = node.fields.find(({ name }) => name === 'value')?.values[0];
  return [[key === undefined || key.kind === 'message' ? '' : key.text, value ?? node]];
}

function groupsOf({ fields }: MessageNode): Map<string, Group> {
  const values = new Map<string, { at: number; values: ValueNode[] }>();
  for (const field of fields) {
    const known = values.get(field.name);
    if (known === undefined) values.set(field.name, { at: field.at, values: [...field.values] });
    else for (const value of field.values) known.values.push(value);
  }
  return new Map(
    [...values].map(([name, group]) => [name, { ...group, entries: new Map(group.values.flatMap(entryOf)) }]),
  );
}

/** Each message is indexed once, when first passed: many questions cost no more than one reading of the tree. */
export function locateIn(tree: MessageNode): Locate {
  const indexed = new WeakMap<MessageNode, Map<string, Group>>();
  const groups = (node: MessageNode): Map<string, Group> => {
    const known = indexed.get(node) ?? groupsOf(node);
    indexed.set(node, known);
    return known;
  };
  return path => {
    let node: ValueNode | undefined = tree;
    let group: Group | undefined;
    let at = tree.at;
    for (const key of path) {
      if (group !== undefined) {
        const member: ValueNode | undefined =
          typeof key === 'number' ? group.values[key] : group.entries.get(String(key));
        group = undefined;
        if (member !== undefined) {
          [node, at] = [member, member.at];
          continue;
        }
      }
      if (node?.kind !== 'message') return at;
      group = groups(node).get(String(key));
      if (group === undefined) return at;
      [node, at] = [group.values[0], group.values.length === 1 ? (group.values[0]?.at ?? group.at) : group.at];
    }
    return at;
  };
}
