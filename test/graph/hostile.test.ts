// Hostile models: whatever the reader lets through, inference and all passes end, and throw nothing but our own errors.
import { isGalerkinError, seededRandom } from 'galerkin/base';
import {
  changePrecision,
  inferTypes,
  type Model,
  optimizeGraph,
  type PrecisionOptions,
  readModel,
} from 'galerkin/graph';
import { expect, it } from 'vitest';
import { corpus, hasCorpus } from './corpus.js';
import { floats, modelOf, node, value, whole } from './small-graph.js';

const x = value('x', [2, 3]);
const out = value('out', undefined);

const steps: readonly PrecisionOptions[] = [
  { from: 'float64', to: 'float32' },
  { from: 'float32', to: 'float16', door: 'change' },
];

/** Changes the precision, which may be refused in our own words. */
function changed(model: Model): void {
  for (const step of steps) {
    try {
      changePrecision(model, step);
    } catch (error) {
      if (!isGalerkinError(error) || error.code === 'BUG') throw error;
    }
  }
}

async function outcome(model: Model): Promise<string> {
  try {
    inferTypes(model);
    changed(model);
    await optimizeGraph(model, { level: 'O3' });
    return 'fine';
  } catch (error) {
    return isGalerkinError(error) && error.code !== 'BUG'
      ? 'refused'
      : `crash: ${error instanceof Error ? error.stack : error}`;
  }
}

it.skipIf(!hasCorpus)('conformance models changed at random', async () => {
  const random = seededRandom(11);
  const models = corpus().filter(({ bytes }) => bytes.length < 3000);
  const crashes: string[] = [];
  let tried = 0;
  while (tried < 400) {
    const chosen = models[random.integer(models.length)];
    const bytes = Uint8Array.from(chosen?.bytes ?? []);
    for (let n = 0; n <= random.integer(3); n++) bytes[random.integer(bytes.length)] = random.integer(256);
    let model: Model;
    try {
      model = readModel(bytes);
    } catch {
      continue;
    }
    tried++;
    const said = await outcome(model);
    if (said !== 'fine') crashes.push(`${chosen?.name}: ${said}`);
  }
  expect(crashes).toEqual([]);
});

it.each([
  ['nodes in a circle', [node('Neg', ['b'], 'a'), node('Neg', ['a'], 'b'), node('Add', ['a', 'x'], 'out')]],
  [
    'transposes in a circle',
    [node('Transpose', ['b'], 'a'), node('Transpose', ['a'], 'b'), node('Add', ['a', 'b'], 'out')],
  ],
  ['a copy of itself', [node('Identity', ['out'], 'out')]],
  ['two makers of one value', [node('Relu', ['x'], 'out'), node('Relu', ['x'], 'out'), node('Neg', ['x'], 'out')]],
  ['a value that nobody makes', [node('Add', ['nowhere', 'x'], 'out')]],
  ['axes that are texts', [node('Squeeze', ['x', 'w'], 'y'), node('Reshape', ['y', 'w'], 'out')]],
  [
    'no inputs',
    [node('Add', [], 'y'), node('Transpose', [], 'z'), node('MatMul', ['y'], 'q'), node('Gemm', ['z'], 'out')],
  ],
  ['no outputs', [{ ...node('Relu', ['x'], 'out'), outputs: [] }]],
])('%s', async (_, nodes) => {
  const text = { name: 'w', dtype: 'string', shape: [1], bytes: new Uint8Array(), texts: [new Uint8Array()] } as const;
  const model = modelOf({
    nodes,
    constants: [text, floats('f', [1]), whole('i', [2 ** 40])],
    inputs: [x],
    outputs: [out],
  });
  expect(await outcome(model)).toBe('fine');
});

it('five thousand nodes take seconds at most, not the square of it', async () => {
  const nodes = Array.from({ length: 5000 }, (_, k) => {
    const operator = ['Add', 'Tanh', 'Identity', 'Neg', 'Transpose'][k % 5] ?? 'Neg';
    const [before, other] = [k === 0 ? 'x' : `v${k - 1}`, `v${Math.max(0, k - 7)}`];
    return node(
      operator,
      operator === 'Add' && k > 7 ? [before, before, other].slice(0, 2) : [before],
      k === 4999 ? 'out' : `v${k}`,
    );
  });
  expect(await outcome(modelOf({ nodes, inputs: [value('x', [3, 3])], outputs: [out] }))).toBe('fine');
});
