// Weights that a model first reshapes, transposes or scales become constants themselves, so that their channels can be seen.
import type { Tensor } from '../../base/index.js';
import { type Constant, type ElementType, GraphEditor, type Model, type Node, writeModel } from '../../graph/index.js';
import { openSession } from '../../runtime/index.js';

/** Their results are the same on every machine: moves, and single roundings. */
const foldable = new Set(
  'Add Cast Concat Constant Div Expand Flatten Gather Identity Mul Neg Reshape Slice Split Squeeze Sub Transpose Unsqueeze'.split(
    ' ',
  ),
);

const elementTypes = new Map<string, ElementType>([
  ['FP32', 'float32'],
  ['FP64', 'float64'],
  ['FP16', 'float16'],
  ['INT8', 'int8'],
  ['INT16', 'int16'],
  ['INT32', 'int32'],
  ['INT64', 'int64'],
  ['UINT8', 'uint8'],
  ['UINT16', 'uint16'],
  ['UINT32', 'uint32'],
  ['UINT64', 'uint64'],
  ['BOOL', 'bool'],
]);

function constantFrom(name: string, { dtype, shape, data }: Tensor): Constant | undefined {
  const type = elementTypes.get(dtype);
  if (type === undefined || !ArrayBuffer.isView(data)) return undefined;
  return { name, dtype: type, shape, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice() };
}

/** Nodes that read nothing but constants, and what they read from one another. */
function constantNodes({ graph }: Model): Node[] {
  const fed = new Set(graph.inputs.map(({ name }) => name));
  const known = new Set([...graph.constants.keys()].filter(name => !fed.has(name)));
  return graph.nodes.filter(({ operator, domain, inputs, outputs }) => {
    if (domain !== '' || !foldable.has(operator)) return false;
    if (!inputs.every(name => name === '' || known.has(name))) return false;
    for (const output of outputs) known.add(output);
    return true;
  });
}

/**
 * The model with such nodes computed; the model itself if there are none or the runtime refuses them.
 * Folding twice changes nothing.
 */
export async function foldWeights(model: Model): Promise<Model> {
  const nodes = constantNodes(model);
  const gone = new Set(nodes);
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const editor = new GraphEditor(model.graph);
  const wanted = [...made].filter(
    name => name !== '' && (editor.isOutput(name) || editor.readers(name).some(reader => !gone.has(reader))),
  );
  if (wanted.length === 0) return model;
  const outputs = wanted.map(name => ({ name, type: undefined }));
  const part: Model = { ...model, graph: { ...model.graph, nodes, inputs: [], outputs } };
  try {
    const session = await openSession(writeModel(part), { threads: 1, spin: false, graphLevel: 'disabled' });
    try {
      const values = await session.run({});
      const constants = new Map(model.graph.constants);
      for (const name of wanted) {
        const constant = values[name] === undefined ? undefined : constantFrom(name, values[name]);
        if (constant === undefined) return model;
        constants.set(name, constant);
      }
      const left = model.graph.nodes.filter(node => !gone.has(node));
      return { ...model, graph: new GraphEditor({ ...model.graph, nodes: left, constants }).finish() };
    } finally {
      await session.close();
    }
  } catch {
    return model;
  }
}
