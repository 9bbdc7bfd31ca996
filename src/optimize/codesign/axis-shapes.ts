// The shapes of all values of a model for given feeds: the runtime is asked, by a Shape operator behind each value.
import { type Graph, GraphEditor, int, type Model, type Node, type Value, writeModel } from '../../graph/index.js';
import { openSession } from '../../runtime/index.js';
import type { Feeds } from '../feeds.js';

/** Operators whose outputs may be no tensors. Their shapes stay unknown. */
const unshaped = /^(Sequence|SplitToSequence|Optional|If$|Loop$|Scan$|ZipMap|StringSplit)/;

const isOpen = ({ type }: Value): boolean =>
  type?.kind === 'tensor' && type.shape !== undefined && type.shape.length > 0 && typeof type.shape[0] !== 'number';

/** The inputs under other names, and the operators that repeat them along an open first axis. */
function repeatedInputs(
  graph: Graph,
  editor: GraphEditor,
  times: number,
): { inputs: Value[]; nodes: Node[]; fed: Map<string, string> } {
  const fed = new Map<string, string>();
  const nodes: Node[] = [];
  const inputs = graph.inputs.map(input => {
    if (!isOpen(input) || times === 1 || graph.constants.has(input.name)) return input;
    const name = editor.fresh(`fed ${input.name}`);
    const copies = Array.from({ length: times }, () => name);
    fed.set(input.name, name);
    nodes.push({
      name,
      operator: 'Concat',
      domain: '',
      inputs: copies,
      outputs: [input.name],
      attributes: { axis: int(0) },
    });
    return { ...input, name };
  });
  return { inputs, nodes, fed };
}

/** The model with the shapes of its values, and nothing else, as outputs. */
function shapeModel({ graph, ...model }: Model, times: number) {
  const editor = new GraphEditor(graph);
  const names = new Map<string, string>();
  const { inputs, nodes: before, fed } = repeatedInputs(graph, editor, times);
  const nodes: Node[] = [];
  const outputs: Value[] = [];
  for (const node of [...before, ...graph.nodes]) {
    nodes.push(node);
    if (unshaped.test(node.operator)) continue;
    for (const output of node.outputs.filter(name => name !== '')) {
      const name = editor.fresh(`shape of ${output}`);
      nodes.push({ name, operator: 'Shape', domain: '', inputs: [output], outputs: [name], attributes: {} });
      outputs.push({ name, type: { kind: 'tensor', dtype: 'int64', shape: [undefined] } });
      names.set(name, output);
    }
  }
  return { model: { ...model, graph: { ...graph, nodes, inputs, outputs } }, names, fed };
}

/**
 * The shape of each value that is computed on the way from `feeds` to the outputs, and of the feeds.
 * Values inside loops and branches are not among them. Cost: one run of the model without the runtime's fusions.
 * @param times how often feeds with an open first axis are repeated along it.
 * @throws SESSION_MODEL_INVALID, SESSION_INPUT_INVALID, SESSION_RUN_FAILED.
 */
export async function shapesOf(model: Model, feeds: Feeds, times = 1): Promise<Map<string, readonly number[]>> {
  const asking = shapeModel(model, times);
  const shapes = new Map<string, readonly number[]>(Object.entries(feeds).map(([name, { shape }]) => [name, shape]));
  if (asking.names.size === 0) return shapes;
  const session = await openSession(writeModel(asking.model), { threads: 1, spin: false, graphLevel: 'disabled' });
  try {
    const named = Object.fromEntries(
      Object.entries(feeds).map(([name, tensor]) => [asking.fed.get(name) ?? name, tensor]),
    );
    for (const [name, { data }] of Object.entries(await session.run(named))) {
      const value = asking.names.get(name);
      if (value !== undefined) shapes.set(value, Array.from(data, Number));
    }
  } finally {
    await session.close();
  }
  return shapes;
}
