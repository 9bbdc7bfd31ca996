// Co-design at equal compression: how much less a trained operator loses when its channels are in order, against no order and against luck.
import { loadavg } from 'node:os';
import {
  type CodesignFormat,
  type CodesignResult,
  codesign,
  diagonalBlocks,
  keptBlocks,
  keptOf,
  scaledBlocks,
} from 'galerkin/optimize';
import { trainedFno } from './fixtures/trained-fno.js';
import { deepOperatorNetwork, perceptron, type TrainedNetwork, trainedNetwork } from './fixtures/trained-networks.js';
import type { BenchResult } from './result.js';

const samples = 16;
const leastWeights = 1;

const formats: readonly CodesignFormat[] = [
  scaledBlocks({ bits: 4, blockSize: 16, leastWeights }),
  keptOf({ leastWeights }),
  keptBlocks({ blockSize: 8, leastWeights }),
  diagonalBlocks({ blocks: 4, leastWeights }),
  diagonalBlocks({ blocks: 4, rank: 8, leastWeights }),
];

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
  return results;
}
