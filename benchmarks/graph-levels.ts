// Our graph passes beside the runtime's own: nodes and time of exported and of lowered networks at all sixteen pairs of levels.
import { seededRandom, type Tensor } from 'galerkin/base';
import { lower, ready, trace } from 'galerkin/compile';
import { compareLevels, readModel } from 'galerkin/graph';
import { openSession } from 'galerkin/runtime';
import { convolutional, type Exported, transformer } from './fixtures/exported.js';
import { adamStep, fnoSpecs, forward, tinySize as size } from './fixtures/fno.js';
import type { BenchResult } from './result.js';

const rounds = 40;

async function lowered(name: string, bytes: Uint8Array): Promise<Exported> {
  const session = await openSession(bytes, { threads: 1 });
  const random = seededRandom(5);
  const feeds = session.inputs.map(({ name: input, shape }): [string, Tensor] => {
    const sizes = shape.map(Number);
    const length = sizes.reduce((product, one) => product * one, 1);
    return [input, { dtype: 'FP32', shape: sizes, data: Float32Array.from({ length }, () => 0.1 + random.uniform()) }];
  });
  await session.close();
  return { name, model: readModel(bytes), feeds: Object.fromEntries(feeds) };
}

async function programs(): Promise<Exported[]> {
  await ready();
  const specs = fnoSpecs(size);
  type Arguments = Parameters<typeof forward>;
  const pass = (params: Arguments[0], x: Arguments[1], dft: Arguments[2]['dft']) => forward(params, x, { dft, size });
  return [
    await lowered('fno-forward', lower(trace(pass, [specs.params, specs.x, specs.dft])).bytes),
    await lowered('fno-step', lower(trace(adamStep(size), [specs.state, specs.batch, specs.dft, specs.scalars])).bytes),
  ];
}

export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const { name, model, feeds } of [transformer(), convolutional(), ...(await programs())]) {
    const figures = await compareLevels(model, feeds, { threads: 1, rounds });
    const alone = figures.find(({ ours, runtime }) => ours === 'O0' && runtime === 'all');
    for (const { ours, runtime, nodes, nodesGiven, leastMs } of figures) {
      const ratio = alone === undefined ? Number.NaN : leastMs / alone.leastMs;
      const note = `${nodesGiven} nodes given, ${nodes} executed; least of ${rounds}, ${ratio.toFixed(2)} x O0 with all`;
      results.push({ name: `${name}, ours ${ours}, runtime ${runtime}`, value: leastMs, unit: 'ms', note });
    }
  }
  return results;
}
