// Writes the next version of a model for trying releases out: a good one, or one damaged as production damages models.
//
//   node examples/release/new-version.mjs good|slow|failing|inaccurate|leaking [repository] [model]
//
// good        the same answers
// slow        the same answers, several times the work
// failing     one run in eight, at random, breaks
// inaccurate  up to 10 % too much inside the domain: wrong answers that keep the flux over the boundary
// leaking     everything 10 % too large: mass is not conserved
import { fileURLToPath } from 'node:url';
import { GraphEditor, readModel, writeModel } from 'galerkin/graph';
import { listModels, readPackage, writePackage } from 'galerkin/model';

const float = (editor, hint, values, shape = []) => editor.addConstant(hint, 'float32', { shape, values });

/** The value `output` under another name, and a function that adds nodes behind it. */
function behind(editor, output) {
  const maker = editor.maker(output);
  const inner = editor.fresh(`${output}_undamaged`);
  const renamed = { ...maker, outputs: maker.outputs.map(name => (name === output ? inner : name)) };
  editor.replace(maker, renamed);
  // Where it stands does not matter: `finish` puts the nodes in order.
  const end = { name: output, operator: 'Identity', domain: '', inputs: [inner], outputs: [output], attributes: {} };
  editor.insertNodeBefore(renamed, end);
  const add = (operator, inputs, attributes = {}) => editor.insertBefore(end, { operator, inputs, attributes });
  const finish = value => editor.replace(end, { ...end, inputs: [value] });
  return { inner, add, finish };
}

const damages = {
  good: (_editor, { inner, finish }) => finish(inner),
  slow(editor, tail, { input, n, work }) {
    // Products that nothing needs, but that no optimizer can know to be nothing.
    const size = 256;
    const tile = editor.addConstant('waste', 'float32', {
      shape: [n, size],
      values: new Float32Array(n * size).fill(1e-3),
    });
    const square = editor.addConstant('more_waste', 'float32', {
      shape: [size, size],
      values: new Float32Array(size * size).fill(1e-3),
    });
    let wasted = tail.add('MatMul', [input, tile]);
    for (let round = 0; round < work; round++) wasted = tail.add('Tanh', [tail.add('MatMul', [wasted, square])]);
    const sum = tail.add('ReduceSum', [wasted], { keepdims: { kind: 'int', value: 0n } });
    tail.finish(tail.add('Add', [tail.inner, tail.add('Mul', [sum, float(editor, 'nearly_nothing', [1e-30])])]));
  },
  failing(editor, tail) {
    const drawn = tail.add('RandomUniform', [], { shape: { kind: 'ints', value: [1n] } });
    const breaks = tail.add('Less', [drawn, float(editor, 'share', [1 / 8])]);
    const index = tail.add('Cast', [breaks], { to: { kind: 'int', value: 7n } });
    // A place that a list of one does not have.
    const picked = tail.add('Gather', [float(editor, 'one', [1], [1]), index]);
    tail.finish(tail.add('Mul', [tail.inner, picked]));
  },
  inaccurate(editor, tail, { n, height }) {
    const bump = Float32Array.from({ length: n * n }, (_, k) => {
      const [x, y] = [(k % n) / (n - 1), Math.floor(k / n) / (n - 1)];
      return 1 + height * (Math.sin(Math.PI * x) * Math.sin(Math.PI * y)) ** 4;
    });
    tail.finish(tail.add('Mul', [tail.inner, editor.addConstant('bump', 'float32', { shape: [n, n], values: bump })]));
  },
  leaking: (editor, tail) => tail.finish(tail.add('Mul', [tail.inner, float(editor, 'gain', [1.1])])),
};

/**
 * Writes the next version of `name`, made from its first.
 * @param {keyof typeof damages} kind
 * @param {{ work?: number }} [options] products of matrices in a slow one
 * @returns {Promise<{ model: string, version: number, kind: string }>}
 */
export async function writeNewVersion(kind, repository, name = 'darcy', { work = 60 } = {}) {
  const versions = (await listModels(repository)).find(model => model.name === name)?.versions ?? [];
  const first = await readPackage(repository, name, Math.min(...versions));
  const model = readModel(await first.file(first.modelFile));
  const editor = new GraphEditor(model.graph);
  const [[input], [output]] = [model.graph.inputs, model.graph.outputs].map(values => values.map(value => value.name));
  damages[kind](editor, behind(editor, output), { input, n: first.manifest.problem.n, work, height: 0.1 });

  const files = {};
  for (const file of first.files) if (file !== 'manifest.json') files[file] = await first.file(file);
  files[first.modelFile] = writeModel({ ...model, graph: editor.finish() });
  const { name: _name, version: _version, format: _format, digests: _digests, ...manifest } = first.manifest;
  const { lineage, title } = manifest;
  const version = Math.max(...versions) + 1;
  await writePackage(repository, {
    config: first.config,
    keepConfig: true,
    version,
    files,
    manifest: {
      ...manifest,
      title: kind === 'good' ? title : `${title} (${kind})`,
      lineage: {
        ...lineage,
        createdAt: new Date().toISOString(),
        parent: `${name}/${first.version}`,
        recipe: { ...lineage.recipe, example: kind },
      },
    },
  });
  return { model: name, version, kind };
}

export const versionKinds = Object.keys(damages);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [kind = '', repository = '.galerkin/models', name] = process.argv.slice(2);
  if (!versionKinds.includes(kind)) {
    console.error(`wanted one of ${versionKinds.join(', ')}, got '${kind}'`);
    process.exit(2);
  }
  console.log(JSON.stringify(await writeNewVersion(kind, repository, name)));
}
