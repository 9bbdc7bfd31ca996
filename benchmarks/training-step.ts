// One whole Adam step of a full-size Fourier neural operator: the native program against the tracer's own compiled step, in turns.
import { availableParallelism, loadavg } from 'node:os';
import { compileNative, jit, ready, tree } from 'galerkin/compile';
import { adamStep, fnoSpecs, fullSize } from './fixtures/fno.js';
import { asTensor, asTraced, convertArguments, scalarsAt, seededArguments } from './fixtures/fno-run.js';
import { type BenchResult, median, ratioOf } from './result.js';

const rounds = 7;

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const start = performance.now();
  const result = await work();
  return { result, ms: performance.now() - start };
}

/** Milliseconds per step of both, and what compiling costs. */
export async function run(): Promise<BenchResult[]> {
  await ready();
  const size = fullSize;
  const step = adamStep(size);
  const specs = fnoSpecs(size);
  const compiled = await timed(() => compileNative(step, [specs.state, specs.batch, specs.dft, specs.scalars]));
  const native = compiled.result;
  const traced = jit(step);
  const plain = seededArguments(size);
  const tensors = convertArguments(plain, asTensor);
  const arrays = convertArguments(plain, asTraced);
  let nativeState = tensors.state;
  let tracedState = arrays.state;
  const nativeMs: number[] = [];
  const tracedMs: number[] = [];
  let deviation = 0;
  for (let k = 1; k <= rounds + 1; k++) {
    const one = await timed(() => native.run(nativeState, tensors.batch, tensors.dft, scalarsAt(k, asTensor)));
    const other = await timed(async () => {
      const result = traced(tracedState, tree.ref(arrays.batch), tree.ref(arrays.dft), scalarsAt(k, asTraced));
      return { loss: (await result.loss.data())[0], state: result.state };
    });
    nativeState = one.result.state;
    tracedState = other.result.state;
    deviation = Math.max(deviation, Math.abs(Number(one.result.loss.data[0]) / other.result.loss - 1));
    if (k === 1) continue;
    nativeMs.push(one.ms);
    tracedMs.push(other.ms);
  }
  await native.close();
  const { nodes, matmulFlops } = native.report;
  return [
    {
      name: 'native training step',
      value: median(nativeMs),
      unit: 'ms',
      ratio: ratioOf("the speed of the tracer's jit", tracedMs, nativeMs),
      note: `${availableParallelism()} threads at load ${loadavg()[0].toFixed(1)}, ${nodes} nodes, losses of ${rounds} steps within ${deviation.toExponential(1)}`,
    },
    { name: "the tracer's compiled step", value: median(tracedMs), unit: 'ms' },
    { name: 'matrix products of the native step', value: matmulFlops / median(nativeMs) / 1e6, unit: 'GFLOP/s' },
    { name: 'trace, lower and open the native step', value: compiled.ms, unit: 'ms' },
  ];
}
