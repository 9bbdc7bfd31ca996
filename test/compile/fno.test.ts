// A whole Fourier neural operator and its whole Adam step give natively what the tracer gives.
import { compileNative, jit, ready, tree } from 'galerkin/compile';
import { beforeAll, expect, it } from 'vitest';
import { adamStep, fnoSpecs, forward, tinySize as size } from '../../benchmarks/fixtures/fno.js';
import { asTensor, asTraced, convertArguments, scalarsAt, seededArguments } from '../../benchmarks/fixtures/fno-run.js';
import { relativeDifference } from './parity.js';

beforeAll(ready);

const specs = fnoSpecs(size);
const plain = seededArguments(size);

function floats(tensor: { data: ArrayLike<number | bigint> | readonly string[] } | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new Error('no floats');
}

/** All arrays of a tree, in its order. */
function floatsIn(value: unknown): Float32Array[] {
  if (value instanceof Float32Array) return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(floatsIn) : [];
}

it('forward', async () => {
  const native = await compileNative(
    (
      params: Parameters<typeof forward>[0],
      x: Parameters<typeof forward>[1],
      dft: Parameters<typeof forward>[2]['dft'],
    ) => forward(params, x, { dft, size }),
    [specs.params, specs.x, specs.dft],
  );
  const tensors = convertArguments(plain, asTensor);
  const result = await native.run(tensors.state.params, tensors.batch.x, tensors.dft);
  const arrays = convertArguments(plain, asTraced);
  const truth = forward(arrays.state.params, arrays.batch.x, { dft: arrays.dft, size });
  expect(relativeDifference(floats(result), truth.dataSync())).toBeLessThan(1e-5);
  await native.close();
});

it('twenty Adam steps: losses, and the state after the first', async () => {
  const step = adamStep(size);
  // Compiled by the tracer itself, which shares nothing with ours and is several times as fast as step by step.
  const tracerStep = jit(step);
  const native = await compileNative(step, [specs.state, specs.batch, specs.dft, specs.scalars]);
  const tensors = convertArguments(plain, asTensor);
  const arrays = convertArguments(plain, asTraced);
  let nativeState = tensors.state;
  let tracedState = arrays.state;
  const losses: [number, number][] = [];
  for (let k = 1; k <= 20; k++) {
    const result = await native.run(nativeState, tensors.batch, tensors.dft, scalarsAt(k, asTensor));
    const truth = tracerStep(tracedState, tree.ref(arrays.batch), tree.ref(arrays.dft), scalarsAt(k, asTraced));
    losses.push([floats(result.loss)[0] ?? 0, truth.loss.dataSync()[0] ?? 0]);
    if (k === 1) {
      const truths = tree.leaves(tree.ref(truth.state)).map(leaf => leaf.dataSync());
      const worst = floatsIn(result.state).map((got, at) => relativeDifference(got, truths[at] ?? []));
      expect(worst).toHaveLength(truths.length);
      expect(Math.max(...worst)).toBeLessThan(1e-5);
    }
    nativeState = result.state;
    tracedState = truth.state;
  }
  const [first, last] = [losses[0]?.[0] ?? 0, losses.at(-1)?.[0] ?? 0];
  expect(last).toBeLessThan(first * 0.9);
  for (const [got, truth] of losses) expect(Math.abs(got - truth) / truth).toBeLessThan(5e-5);
  await native.close();
});
