// Trees: nested arrays and plain objects over leaves, flattened in one fixed order, with a path for each leaf.

export type Tree<Leaf> = Leaf | readonly Tree<Leaf>[] | { readonly [key: string]: Tree<Leaf> };

export interface FlatTree<Leaf> {
  readonly leaves: readonly Leaf[];
  /** 'params.blocks.0.weight'; '' for a tree that is one leaf. */
  readonly paths: readonly string[];
  /** Puts other leaves, in the same order, into the same form. */
  build<Other>(leaves: readonly Other[]): Tree<Other>;
}

type Form = { kind: 'leaf' } | { kind: 'list'; items: Form[] } | { kind: 'record'; entries: [string, Form][] };

const join = (path: string, key: string | number): string => (path === '' ? `${key}` : `${path}.${key}`);

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function* values<T>(items: readonly T[]): Generator<T, never> {
  yield* items;
  throw new RangeError('a tree has more leaves than were given');
}

function fill<Other>(form: Form, leaves: Iterator<Other, never>): Tree<Other> {
  if (form.kind === 'leaf') return leaves.next().value;
  if (form.kind === 'list') return form.items.map(item => fill(item, leaves));
  return Object.fromEntries(form.entries.map(([key, item]) => [key, fill(item, leaves)]));
}

/**
 * Flattens `tree`; `isLeaf` is asked first at every node.
 * @param onFault what to do with a node that is neither leaf, array nor plain object.
 */
export function flattenTree<Leaf>(
  tree: unknown,
  isLeaf: (value: unknown) => value is Leaf,
  onFault: (path: string, value: unknown) => never,
): FlatTree<Leaf> {
  const leaves: Leaf[] = [];
  const paths: string[] = [];
  const around = new Set<unknown>();
  const visit = (node: unknown, path: string): Form => {
    if (isLeaf(node)) {
      leaves.push(node);
      paths.push(path);
      return { kind: 'leaf' };
    }
    const isList = Array.isArray(node);
    // A node inside itself has no end, and no place in a tree.
    if (!(isList || isPlainObject(node)) || around.has(node)) return onFault(path, node);
    around.add(node);
    const form: Form = isList
      ? { kind: 'list', items: node.map((item: unknown, k) => visit(item, join(path, k))) }
      : { kind: 'record', entries: Object.entries(node).map(([key, item]) => [key, visit(item, join(path, key))]) };
    around.delete(node);
    return form;
  };
  const form = visit(tree, '');
  return { leaves, paths, build: items => fill(form, values(items)) };
}

/** What a value is, in a few words, for messages. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object') return `an object with keys [${Object.keys(value).slice(0, 8).join(', ')}]`;
  return `${typeof value} ${String(value).slice(0, 40)}`;
}
