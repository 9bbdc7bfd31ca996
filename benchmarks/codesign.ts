// Co-design at equal compression: how much less a trained operator loses when its channels are in order, against no order and against luck.
import { loadavg } from 'node:os';
import { seededRandom, systemClock, type Tensor } from 'galerkin/base';
import { type Constant, constantOf, type Model, type Node, type Value, writeModel } from 'galerkin/graph';
import {
  blockDiagonal,
  type CodesignFormat,
  type CodesignResult,
  codesign,
  diagonalBlocks,
  keptBlocks,
  keptOf,
  measureInTurns,
  scaledBlocks,
} from 'galerkin/optimize';
import { openSession } from 'galerkin/runtime';
import { trainedFno } from './fixtures/trained-fno.js';
import { deepOperatorNetwork, perceptron, type TrainedNetwork, trainedNetwork } from './fixtures/trained-networks.js';
import { type BenchResult, ratioOf } from './result.js';

const samples = 16;
const leastWeights = 1;

const formats: readonly CodesignFormat[] = [
  scaledBlocks({ bits: 4, blockSize: 16, leastWeights }),
  keptOf({ leastWeights }),
  keptBlocks({ blockSize: 8, leastWeights }),
  diagonalBlocks({ blocks: 4, leastWeights }),
  diagonalBlocks({ blocks: 4, rank: 8, leastWeights }),
];

/** Two products of `side` channels with a Relu between. */
function twoProducts(side: number): Model {
  const random = seededRandom(1);
  const square = (name: string): [string, Constant] => {
    const values = Float32Array.from({ length: side * side }, random.normal);
    return [name, constantOf(name, 'float32', { shape: [side, side], values })];
  };
  const node = (operator: string, inputs: string[], name: string): Node => {
    return { name, operator, domain: '', inputs, outputs: [name], attributes: {} };
  };
  const value = (name: string): Value => ({ name, type: { kind: 'tensor', dtype: 'float32', shape: ['batch', side] } });
  return {
    irVersion: 10,
    opsets: new Map([['', 21]]),
    producer: 'benchmark',
    functions: [],
    metadata: new Map(),
    graph: {
      name: 'two products',
      nodes: [
        node('MatMul', ['x', 'first'], 'sum'),
        node('Relu', ['sum'], 'hidden'),
        node('MatMul', ['hidden', 'second'], 'y'),
      ],
      constants: new Map([square('first'), square('second')]),
      inputs: [value('x')],
      outputs: [value('y')],
      values: new Map(['sum', 'hidden'].map(name => [name, value(name)])),
      sparse: [],
    },
  };
}

async function blockSpeed(side: number, batch: number): Promise<BenchResult> {
  const model = twoProducts(side);
  const random = seededRandom(2);
  const x: Tensor = {
    dtype: 'FP32',
    shape: [batch, side],
    data: Float32Array.from({ length: batch * side }, random.normal),
  };
  const models = [model, blockDiagonal(model, { blocks: 8 }).model];
  const sessions = await Promise.all(models.map(each => openSession(writeModel(each), { threads: 1, spin: false })));
  const candidates = sessions.map(session => ({ session, feeds: { x } }));
  const [dense, blocks] = await measureInTurns(candidates, {
    clock: systemClock,
    warmUps: 3,
    leastRounds: 15,
    budgetMs: 500,
  });
  for (const session of sessions) await session.close();
  return {
    name: `two products of ${side} channels in 8 blocks, batch ${batch}`,
    value: blocks.medianMs,
    unit: 'ms',
    ratio: ratioOf('the speed of dense', dense.runsMs, blocks.runsMs),
  };
}

const percent = (part: number): string => `${(100 * part).toFixed(part < 0.1 ? 2 : 1)} %`;

function resultOf(
  name: string,
  { format, chosen, identity, candidates, original, gain, status, metrics, exactness }: CodesignResult,
): BenchResult {
  const luck = candidates.find(({ layout }) => layout === 'random');
  const bytes = `${percent(chosen.bytes / original.bytes)} of the bytes`;
  const time = `${(chosen.timing.medianMs / original.timing.medianMs).toFixed(2)} of the time`;
  return {
    name: `${name}, ${format}`,
    value: 100 * chosen.deviation.relativeL2,
    unit: '% error',
    note: [
      `${status}: ${percent(gain)} less than ${percent(identity.deviation.relativeL2)} without a layout`,
      `${percent(luck?.deviation.relativeL2 ?? Number.NaN)} by the best of ${luck?.round ?? 0} shuffles`,
      `layout '${chosen.layout}', ${bytes}, ${time}`,
      `${metrics.permutationSeconds.toFixed(1)} s for orders, uncompressed within ${exactness.relativeL2.toExponential(0)}`,
    ].join('; '),
  };
}

/** Errors are against the uncompressed model's answers, on samples that no layout was fitted to. */
export async function run(): Promise<BenchResult[]> {
  const networks: TrainedNetwork[] = [
    await trainedNetwork(perceptron(64), { steps: 600, seed: 3, samples }),
    await trainedNetwork(perceptron(256), { steps: 400, seed: 3, samples }),
    await trainedNetwork(deepOperatorNetwork(64), { steps: 600, seed: 3, samples }),
    await trainedFno({ steps: 200, samples }),
  ];
  const results: BenchResult[] = [];
  for (const { name, model, samples: feeds, loss, zeroLoss } of networks) {
    results.push({
      name: `${name}, trained`,
      value: loss / zeroLoss,
      unit: 'of the data left over',
      note: `1 thread at load ${loadavg()[0].toFixed(1)}`,
    });
    // Our lowering of an FNO has its weights on the left of the products: those formats that take only the right have nothing to do.
    for (const format of name.startsWith('FNO') ? formats.slice(1, 3) : formats) {
      results.push(resultOf(name, await codesign(model, feeds, { format, measureMs: 300 })));
    }
  }
  for (const [side, batch] of [
    [256, 16],
    [1024, 1],
    [1024, 16],
  ] as const)
    results.push(await blockSpeed(side, batch));
  return results;
}
