// Models by every way in which we write ONNX, for its checker: graphs, passes, lowered programs, compressed ones.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Convolution with batch norm, softmax and sigmoid written out, a loop, texts and whole numbers: a little of everything. */
function pieces({ constantOf, graph, int, ints }, random) {
  const nodes = [];
  const constants = new Map();
  const put = (name, dtype, shape, values) => {
    constants.set(name, constantOf(name, dtype, { shape, values }));
    return name;
  };
  const count = shape => shape.reduce((product, size) => product * size, 1);
  const weights = (name, shape) =>
    put(
      name,
      'float32',
      shape,
      Float32Array.from({ length: count(shape) }, () => 0.05 * random.normal()),
    );
  const op = (operator, inputs, attributes = {}, outputs = [`v${nodes.length}`]) => {
    nodes.push({ name: `n${nodes.length}`, operator, domain: '', inputs, outputs, attributes });
    return outputs[0];
  };
  const positive = put(
    'variance',
    'float32',
    [8],
    Float32Array.from({ length: 8 }, (_, k) => 1 + k),
  );
  const conv = op('Conv', ['x', weights('kernel', [8, 3, 3, 3])], { pads: ints([1, 1, 1, 1]) });
  const norm = op('BatchNormalization', [conv, ...['a', 'b', 'c'].map(name => weights(name, [8])), positive]);
  const flat = op('Reshape', [op('Relu', [norm]), put('flat', 'int64', [2], [-1, 512])]);
  const wide = op('Add', [op('MatMul', [flat, weights('w', [512, 256])]), weights('bias', [256])]);
  const gate = op('Div', [put('one', 'float32', [], [1]), op('Add', [op('Exp', [op('Neg', [wide])]), 'one'])]);
  const step = op('Gemm', [op('Mul', [wide, gate]), weights('v', [256, 16]), weights('vb', [16])]);
  const tensor = (name, dtype, shape) => ({ name, type: { kind: 'tensor', dtype, shape } });
  const one = (operator, inputs, output) => ({
    name: output,
    operator,
    domain: '',
    inputs,
    outputs: [output],
    attributes: {},
  });
  const body = {
    name: 'body',
    nodes: [one('Identity', ['go'], 'on'), one('Tanh', ['state'], 'next')],
    constants: new Map(),
    inputs: [tensor('k', 'int64', []), tensor('go', 'bool', []), tensor('state', 'float32', undefined)],
    outputs: [tensor('on', 'bool', []), tensor('next', 'float32', undefined)],
    values: new Map(),
    sparse: [],
  };
  put('steps', 'int64', [], [3]);
  op('Loop', ['steps', '', step], { body: graph(body) }, ['looped']);
  op('Softmax', ['looped'], { axis: int(-1) }, ['y']);
  const inputs = [tensor('x', 'float32', ['batch', 3, 8, 8])];
  return {
    name: 'pieces',
    nodes,
    constants,
    inputs,
    outputs: [tensor('y', 'float32', ['batch', 16])],
    values: new Map(),
    sparse: [],
  };
}

async function lowered() {
  const compile = await import('../dist/compile/index.js');
  const { lower, np, ready, trace, unroll, valueAndGrad } = compile;
  await ready();
  const spec = (...shape) => ({ shape, dtype: 'float32' });
  const forward = (w, x) => np.tanh(np.matmul(x, w));
  const loss = (w, x) => np.mean(np.square(forward(w, x)));
  const decay = unroll(x => x.sub(x.mul(0.1)), 4);
  return {
    'lowered forward pass': lower(trace(forward, [spec(8, 4), spec(16, 8)])).bytes,
    'lowered training step': lower(trace(valueAndGrad(loss), [spec(8, 4), spec(16, 8)])).bytes,
    'lowered time loop': lower(trace(decay, [spec(16)])).bytes,
  };
}

async function compressed(model, random) {
  const optimize = await import('../dist/optimize/index.js');
  const samples = Array.from({ length: 4 }, () => ({
    x: { dtype: 'FP32', shape: [2, 3, 8, 8], data: Float32Array.from({ length: 384 }, random.normal) },
  }));
  const table = await optimize.calibrate(model, samples);
  return {
    'quantized dynamically': optimize.quantizeDynamic(model).model,
    'quantized statically': optimize.quantizeStatic(model, table).model,
    'quantized in blocks of 4 bits': optimize.quantizeBlocks(model, { bits: 4 }).model,
    'weights stored as float16': optimize.storeHalf(model).model,
    pruned: optimize.prune(model, { structure: 'magnitude', ratio: 0.5 }).model,
  };
}

/** Writes each model as 'NAME.onnx' into the folder. */
export async function writeInteropModels(folder) {
  const graph = await import('../dist/graph/index.js');
  const { seededRandom } = await import('../dist/base/index.js');
  const { changePrecision, inferTypes, optimizeGraph, readModel, writeModel, writeModelApart } = graph;
  const random = seededRandom(7);
  const model = {
    irVersion: 8,
    opsets: new Map([['', 17]]),
    producer: 'galerkin',
    graph: pieces(graph, random),
    functions: [],
    metadata: new Map(),
  };
  const put = (name, bytes) => writeFileSync(join(folder, `${name}.onnx`), bytes);
  const toHalf = door => changePrecision(model, { from: 'float32', to: 'float16', door }).model;
  const models = {
    'a graph of all kinds': model,
    'with inferred types': inferTypes(model),
    'read and written again': readModel(writeModel(model)),
    'in float16 behind casts': toHalf('keep'),
    'in float16': toHalf('change'),
    ...(await compressed(model, random)),
  };
  for (const [name, one] of Object.entries(models)) put(name, writeModel(one));
  for (const level of ['O1', 'O2', 'O3'])
    put(`optimized at ${level}`, writeModel((await optimizeGraph(model, { level })).model));
  const apart = writeModelApart(model, { location: 'weights.bin' });
  put('with weights apart', apart.bytes);
  writeFileSync(join(folder, 'weights.bin'), apart.weights);
  for (const [name, bytes] of Object.entries(await lowered())) {
    put(name, bytes);
    put(`${name}, optimized`, writeModel((await optimizeGraph(readModel(bytes))).model));
  }
}
