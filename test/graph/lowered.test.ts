// Our own lowered programs through O3: a Fourier neural operator and its whole Adam step keep their values.
import { seededRandom, type Tensor } from 'galerkin/base';
import { lower, ready, trace } from 'galerkin/compile';
import { optimizeGraph, readModel, writeModel } from 'galerkin/graph';
import { openSession } from 'galerkin/runtime';
import { beforeAll, expect, it } from 'vitest';
import { adamStep, fnoSpecs, forward, tinySize as size } from '../../benchmarks/fixtures/fno.js';
import { answersOf, compare } from './case-run.js';

beforeAll(ready);

const specs = fnoSpecs(size);

/** Positive numbers of moderate size for every input, so that roots and quotients are tame. */
async function feedsFor(bytes: Uint8Array): Promise<Tensor[]> {
  const session = await openSession(bytes, { threads: 1 });
  const random = seededRandom(5);
  const tensors = session.inputs.map(({ shape }): Tensor => {
    const sizes = shape.map(Number);
    const length = sizes.reduce((product, one) => product * one, 1);
    return { dtype: 'FP32', shape: sizes, data: Float32Array.from({ length }, () => 0.1 + random.uniform()) };
  });
  await session.close();
  return tensors;
}

const programs = {
  'a forward pass': () =>
    trace(
      (
        params: Parameters<typeof forward>[0],
        x: Parameters<typeof forward>[1],
        dft: Parameters<typeof forward>[2]['dft'],
      ) => forward(params, x, { dft, size }),
      [specs.params, specs.x, specs.dft],
    ),
  'an Adam step': () => trace(adamStep(size), [specs.state, specs.batch, specs.dft, specs.scalars]),
};

it.each(Object.entries(programs))('%s', async (name, traced) => {
  const { bytes } = lower(traced());
  const inputs = await feedsFor(bytes);
  const { model, report } = await optimizeGraph(readModel(bytes), { level: 'O3' });
  const verdict = compare(await answersOf(writeModel(model), inputs), await answersOf(bytes, inputs), {
    relative: 1e-3,
    absolute: 1e-4,
  });
  console.log(`${name}: ${report.nodesBefore} nodes, ${report.nodesAfter} at O3; values ${verdict}`);
  expect(['same', 'close']).toContain(verdict);
  expect(report.isFixedPoint).toBe(true);
  expect(report.nodesAfter).toBeLessThanOrEqual(report.nodesBefore);
});
