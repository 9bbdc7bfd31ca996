// The forward pass of a full-size Fourier neural operator: the native program against the tracer's own compiled one, in turns.
import { availableParallelism, loadavg } from 'node:os';
import { compileNative, jit, ready, type Traced, tree } from 'galerkin/compile';
import { type FnoParams, fnoSpecs, forward, fullSize, type Transforms } from './fixtures/fno.js';
import { asTensor, asTraced, convertArguments, seededArguments } from './fixtures/fno-run.js';
import { type BenchResult, median, ratioOf } from './result.js';

const rounds = 9;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function measure(batch: number): Promise<BenchResult[]> {
  const size = { ...fullSize, batch };
  const specs = fnoSpecs(size);
  const fn = (params: FnoParams<Traced>, x: Traced, dft: Transforms<Traced>): Traced =>
    forward(params, x, { dft, size });
  const native = await compileNative(fn, [specs.params, specs.x, specs.dft]);
  const traced = jit(fn);
  const plain = seededArguments(size);
  const tensors = convertArguments(plain, asTensor);
  const arrays = convertArguments(plain, asTraced);
  const nativeMs: number[] = [];
  const tracedMs: number[] = [];
  for (let k = -1; k < rounds; k++) {
    const one = await timed(() => native.run(tensors.state.params, tensors.batch.x, tensors.dft));
    const other = await timed(() =>
      traced(tree.ref(arrays.state.params), arrays.batch.x.ref, tree.ref(arrays.dft)).data(),
    );
    if (k < 0) continue;
    nativeMs.push(one);
    tracedMs.push(other);
  }
  await native.close();
  traced.dispose();
  tree.dispose(arrays);
  return [
    {
      name: `native inference, batch ${batch}`,
      value: median(nativeMs),
      unit: 'ms',
      ratio: ratioOf("the speed of the tracer's jit", tracedMs, nativeMs),
      note: `${availableParallelism()} threads at load ${loadavg()[0].toFixed(1)}`,
    },
    { name: `the tracer's compiled inference, batch ${batch}`, value: median(tracedMs), unit: 'ms' },
  ];
}

/** Milliseconds per forward pass, one field and sixteen. */
export async function run(): Promise<BenchResult[]> {
  await ready();
  return [...(await measure(1)), ...(await measure(16))];
}
