// `node scripts/example-repository.mjs [folder] [model …]`: a repository of tiny models under the names and signatures that Triton's client examples call.
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onnxBytes } from './onnx-bytes.mjs';

/** Where the configurations are kept; the models themselves are made, for they are a few hundred bytes of arithmetic. */
const configurations = fileURLToPath(new URL('../examples/repository', import.meta.url));

const vector = (dtype, size, ...names) => names.map(name => ({ name, dtype, shape: ['batch', size] }));
const node = (op, inputs, output, attributes) => ({ op, inputs: inputs.split(' '), outputs: [output], attributes });
const cast = (from, to, dtype) => node('Cast', from, to, { to: dtype });

/** Sum and difference of what `into` made of the inputs; `out` gives the results their datatype back. */
const sumAndDifference = (dtype, isCast) => ({
  inputs: vector(dtype, 16, 'INPUT0', 'INPUT1'),
  outputs: vector(dtype, 16, 'OUTPUT0', 'OUTPUT1'),
  nodes: isCast
    ? [
        cast('INPUT0', 'left', 'INT32'),
        cast('INPUT1', 'right', 'INT32'),
        node('Add', 'left right', 'sum'),
        node('Sub', 'left right', 'difference'),
        cast('sum', 'OUTPUT0', dtype),
        cast('difference', 'OUTPUT1', dtype),
      ]
    : [node('Add', 'INPUT0 INPUT1', 'OUTPUT0'), node('Sub', 'INPUT0 INPUT1', 'OUTPUT1')],
});

const controls = vector('INT32', 1, 'START', 'READY');

/** Models by name: what each computes is what the published client examples assert. */
const graphs = {
  simple: sumAndDifference('INT32', false),
  simple_int8: sumAndDifference('INT8', true),
  simple_string: sumAndDifference('BYTES', true),
  simple_identity: {
    inputs: vector('BYTES', 'length', 'INPUT0'),
    outputs: vector('BYTES', 'length', 'OUTPUT0'),
    nodes: [node('Identity', 'INPUT0', 'OUTPUT0')],
  },
  // INPUT, one more at the start of a sequence; rows that hold no request stay 0.
  simple_sequence: {
    inputs: [...vector('INT32', 1, 'INPUT'), ...controls],
    outputs: vector('INT32', 1, 'OUTPUT'),
    nodes: [node('Add', 'INPUT START', 'started'), node('Mul', 'started READY', 'OUTPUT')],
  },
  // The same, and at the end of a sequence its correlation id on top.
  simple_dyna_sequence: {
    inputs: [
      ...vector('INT32', 1, 'INPUT'),
      ...controls,
      ...vector('INT32', 1, 'END'),
      ...vector('UINT64', 1, 'CORRID'),
    ],
    outputs: vector('INT32', 1, 'OUTPUT'),
    nodes: [
      cast('CORRID', 'id', 'INT32'),
      node('Mul', 'id END', 'id_at_end'),
      node('Add', 'INPUT START', 'started'),
      node('Add', 'started id_at_end', 'ended'),
      node('Mul', 'ended READY', 'OUTPUT'),
    ],
  },
  // A running sum kept in implicit state; at the end the correlation id, a decimal text, on top.
  simple_string_dyna_sequence: {
    inputs: [
      ...vector('INT32', 1, 'INPUT'),
      ...controls,
      ...vector('INT32', 1, 'END'),
      ...vector('BYTES', 1, 'CORRID'),
      ...vector('INT32', 1, 'INPUT_STATE'),
    ],
    outputs: vector('INT32', 1, 'OUTPUT', 'OUTPUT_STATE'),
    nodes: [
      node('Mul', 'INPUT_STATE START', 'dropped'),
      node('Sub', 'INPUT_STATE dropped', 'kept'),
      node('Add', 'INPUT kept', 'sum'),
      node('Mul', 'sum READY', 'OUTPUT_STATE'),
      cast('CORRID', 'id', 'INT32'),
      node('Mul', 'id END', 'id_at_end'),
      node('Add', 'OUTPUT_STATE id_at_end', 'OUTPUT'),
    ],
  },
  // Answers many times: what it gives it takes again.
  simple_doubling: {
    inputs: vector('INT32', 1, 'INPUT'),
    outputs: vector('INT32', 1, 'OUTPUT'),
    nodes: [node('Add', 'INPUT INPUT', 'OUTPUT')],
  },
};

/** Those that Triton's client examples call; one of them counts exactly seven. */
const called = Object.keys(graphs).filter(name => name !== 'simple_doubling');

/** Writes the chosen models (those that the client examples call without a choice) as `<folder>/<name>/{config.pbtxt,1/model.onnx}`. */
export function writeExampleRepository(folder, names = called) {
  for (const name of names) {
    if (!Object.hasOwn(graphs, name)) throw new Error(`no example model '${name}'; there are ${Object.keys(graphs)}`);
    mkdirSync(join(folder, name, '1'), { recursive: true });
    for (const file of readdirSync(join(configurations, name))) {
      copyFileSync(join(configurations, name, file), join(folder, name, file));
    }
    writeFileSync(join(folder, name, '1', 'model.onnx'), onnxBytes(name, graphs[name]));
  }
  return folder;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder = '.galerkin/examples', ...names] = process.argv.slice(2);
  writeExampleRepository(folder, names.length > 0 ? names : undefined);
  console.log(`${folder}: ${readdirSync(folder).join(', ')}`);
}
