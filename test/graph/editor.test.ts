// The editor against a plain list: after any sequence of changes the same nodes in an order that is right.
import { seededRandom } from 'galerkin/base';
import { type Graph, GraphEditor, graph as graphAttribute, type Node, namesRead } from 'galerkin/graph';
import { describe, expect, it } from 'vitest';

const node = (output: string, ...inputs: string[]): Node => ({
  name: output,
  operator: 'Sum',
  domain: '',
  inputs,
  outputs: [output],
  attributes: {},
});

const graphOf = (nodes: Node[], outputs: string[] = []): Graph => ({
  name: 'g',
  nodes,
  constants: new Map(),
  inputs: [{ name: 'x', type: undefined }],
  outputs: outputs.map(name => ({ name, type: undefined })),
  values: new Map(),
  sparse: [],
});

const namesOf = (graph: Graph) => graph.nodes.map(({ name }) => name);

function isOrdered({ nodes }: Graph): boolean {
  const made = new Set<string>();
  const makes = new Set(nodes.flatMap(({ outputs }) => outputs));
  return nodes.every(one => {
    const ready = namesRead(one).every(name => !makes.has(name) || made.has(name));
    for (const output of one.outputs) made.add(output);
    return ready;
  });
}

describe('an editor', () => {
  it('agrees with a plain list over random changes', () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = seededRandom(seed);
      const names = ['x'];
      const nodes = Array.from({ length: 20 }, (_, k) => {
        const made = node(
          `n${k}`,
          names[random.integer(names.length)] ?? 'x',
          names[random.integer(names.length)] ?? 'x',
        );
        names.push(`n${k}`);
        return made;
      });
      let list = [...nodes];
      const editor = new GraphEditor(graphOf(nodes));
      for (let k = 0; k < 60 && list.length > 1; k++) {
        const at = random.integer(list.length);
        const place = list[at];
        if (place === undefined) continue;
        const [one] = place.outputs;
        const kind = random.integer(3);
        if (kind === 0) {
          const fresh = node(editor.fresh('f'), 'x');
          editor.insertNodeBefore(place, fresh);
          list = [...list.slice(0, at), fresh, ...list.slice(at)];
        } else if (kind === 1) {
          const changed = { ...place, operator: 'Max' };
          editor.replace(place, changed);
          list = list.map(other => (other === place ? changed : other));
        } else {
          editor.redirect(one ?? '', 'x');
          editor.remove(editor.maker(one ?? '') ?? place);
          list = list
            .filter(other => other !== place)
            .map(other => ({ ...other, inputs: other.inputs.map(name => (name === one ? 'x' : name)) }));
          list = list.map(other => editor.maker(other.outputs[0] ?? '') ?? other);
        }
        expect(editor.nodes).toEqual(list);
      }
      for (const value of names) {
        const readers = list.filter(other => other.inputs.includes(value)).map(({ name }) => name);
        expect(
          editor
            .readers(value)
            .map(({ name }) => name)
            .toSorted(),
        ).toEqual(readers.toSorted());
      }
      expect(isOrdered(editor.finish())).toBe(true);
    }
  });

  it('puts nodes in order when a reader came before its maker', () => {
    const graph = graphOf([node('c', 'b', 'a'), node('b', 'a'), node('a', 'x'), node('d', 'x')], ['c', 'd']);
    const sorted = new GraphEditor(graph).finish();
    expect(isOrdered(sorted)).toBe(true);
    expect(namesOf(sorted).toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps an order that is right as it is', () => {
    const nodes = [node('d', 'x'), node('a', 'x'), node('c', 'a')];
    expect(namesOf(new GraphEditor(graphOf(nodes, ['c'])).finish())).toEqual(['d', 'a', 'c']);
  });

  it('redirects readers inside bodies too, but not where a body means something else by the name', () => {
    const body = graphOf([node('i', 'a')], ['i']);
    const shadowing = graphOf([node('b', 'x'), node('j', 'a', 'b')], ['j']);
    const branch = (name: string, inner: Graph): Node => ({
      ...node(name, 'x'),
      attributes: { then_branch: graphAttribute(inner) },
    });
    const editor = new GraphEditor(
      graphOf([node('a', 'x'), node('b', 'x'), branch('p', body), branch('q', shadowing)], ['p', 'q']),
    );
    expect(editor.readers('a').map(({ name }) => name)).toEqual(['p', 'q']);
    editor.redirect('a', 'b');
    expect(editor.readers('a').map(({ name }) => name)).toEqual(['q']);
    expect(editor.readers('b').map(({ name }) => name)).toEqual(['p']);
  });

  it('gives no name twice, names inside bodies included', () => {
    const body = graphOf([node('f', 'x')], ['f']);
    const editor = new GraphEditor(graphOf([{ ...node('a', 'x'), attributes: { body: graphAttribute(body) } }]));
    const names = ['f', 'f', 'a', 'x', '', ''].map(hint => editor.fresh(hint));
    expect(new Set([...names, 'f', 'a', 'x', '']).size).toBe(names.length + 4);
  });

  it('drops constants that nobody reads, but not defaults of inputs and not outputs', () => {
    const constant = (name: string) => ({ name, dtype: 'float32', shape: [], bytes: new Uint8Array(4) }) as const;
    const graph = {
      ...graphOf([node('a', 'w')], ['o']),
      constants: new Map(['w', 'x', 'o', 'dead'].map(name => [name, constant(name)])),
    };
    const editor = new GraphEditor(graph);
    expect([...editor.finish().constants.keys()]).toEqual(['w', 'x', 'o']);
    expect(editor.constant('x')).toBeUndefined();
    expect(editor.constant('w')).toBeDefined();
  });

  it('changes ten thousand nodes in constant time each', () => {
    const nodes = Array.from({ length: 10_000 }, (_, k) => node(`n${k}`, k === 0 ? 'x' : `n${k - 1}`));
    const editor = new GraphEditor(graphOf(nodes, ['n9999']));
    for (const one of nodes) {
      editor.insertBefore(one, { operator: 'Neg', inputs: one.inputs });
      editor.replace(one, { ...one, operator: 'Max' });
    }
    for (const one of editor.nodes.filter(({ operator }) => operator === 'Neg')) editor.remove(one);
    expect(editor.finish().nodes).toHaveLength(10_000);
  });
});
