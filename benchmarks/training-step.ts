// One whole Adam step of a full-size Fourier neural operator, native: against the tracer's own compiled step, PyTorch, and the machine's peak, in turns.
import { availableParallelism, loadavg } from 'node:os';
import { compileNative, jit, ready, tree } from 'galerkin/compile';
import { adamStep, fnoSpecs, fullSize } from './fixtures/fno.js';
import { asTensor, asTraced, convertArguments, scalarsAt, seededArguments } from './fixtures/fno-run.js';
import { openMatmulPeak } from './fixtures/matmul-peak.js';
import { startTorch } from './fixtures/torch-peer.js';
import { type BenchResult, median, ratioOf } from './result.js';

const rounds = 9;
/** The first steps open memory and start threads; they are not counted. */
const warmUp = 2;
const threads = availableParallelism();

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const start = performance.now();
  const result = await work();
  return { result, ms: performance.now() - start };
}

/** Both of our steps, each with a state of its own: takes step k and tells milliseconds and loss. */
async function openSteps() {
  const step = adamStep(fullSize);
  const specs = fnoSpecs(fullSize);
  const arguments_ = [specs.state, specs.batch, specs.dft, specs.scalars] as const;
  const compiled = await timed(() => compileNative(step, [...arguments_], { threads }));
  const native = compiled.result;
  const traced = jit(step);
  const plain = seededArguments(fullSize);
  const tensors = convertArguments(plain, asTensor);
  const arrays = convertArguments(plain, asTraced);
  return {
    compileMs: compiled.ms,
    report: native.report,
    async native(k: number) {
      const { result, ms } = await timed(() =>
        native.run(tensors.state, tensors.batch, tensors.dft, scalarsAt(k, asTensor)),
      );
      tensors.state = result.state;
      return { ms, loss: Number(result.loss.data[0]) };
    },
    async traced(k: number) {
      const { result, ms } = await timed(async () => {
        const made = traced(arrays.state, tree.ref(arrays.batch), tree.ref(arrays.dft), scalarsAt(k, asTraced));
        return { loss: Number((await made.loss.data())[0]), state: made.state };
      });
      arrays.state = result.state;
      return { ms, loss: result.loss };
    },
    close: () => native.close(),
  };
}

/** Milliseconds per step of all, taken in turns. */
async function measure() {
  const steps = await openSteps();
  const torch = await startTorch(fullSize, threads);
  const peak = await openMatmulPeak(threads);
  const ms: Record<'native' | 'traced' | 'torch', number[]> = { native: [], traced: [], torch: [] };
  let deviation = 0;
  for (let k = 1; k <= rounds + warmUp; k++) {
    const one = await steps.native(k);
    const other = await steps.traced(k);
    const peer = await torch?.step();
    await peak.sample();
    deviation = Math.max(deviation, Math.abs(one.loss / other.loss - 1));
    if (k <= warmUp) continue;
    ms.native.push(one.ms);
    ms.traced.push(other.ms);
    if (peer !== undefined) ms.torch.push(peer);
  }
  await steps.close();
  await torch?.stop();
  await peak.close();
  return { ms, deviation, steps, version: torch?.version, peak: peak.best() };
}

export async function run(): Promise<BenchResult[]> {
  await ready();
  const { ms, deviation, steps, version, peak } = await measure();
  const { nodes, matmulFlops } = steps.report;
  const rate = matmulFlops / median(ms.native);
  const torch: BenchResult[] =
    version === undefined
      ? []
      : [
          {
            name: `the same step in PyTorch ${version}`,
            value: median(ms.torch),
            unit: 'ms',
            ratio: ratioOf('of its time is what the native step takes', ms.native, ms.torch),
            note: `${threads} threads, rfft2 and einsum`,
          },
        ];
  return [
    {
      name: 'native training step',
      value: median(ms.native),
      unit: 'ms',
      ratio: ratioOf("the speed of the tracer's jit", ms.traced, ms.native),
      note: `${threads} threads at load ${loadavg()[0].toFixed(1)}, fastest ${Math.min(...ms.native).toFixed(0)} ms, ${nodes} nodes, losses of ${rounds} steps within ${deviation.toExponential(1)}`,
    },
    { name: "the tracer's compiled step", value: median(ms.traced), unit: 'ms' },
    ...torch,
    {
      name: 'matrix products of the native step',
      value: rate / 1e6,
      unit: 'GFLOP/s',
      note: `${((100 * rate) / peak).toFixed(1)} % of the peak, ${((100 * matmulFlops) / Math.min(...ms.native) / peak).toFixed(1)} % at the fastest step`,
    },
    { name: 'peak: the best square product, 1024 and 2048', value: peak / 1e6, unit: 'GFLOP/s' },
    { name: 'trace, lower and open the native step', value: steps.compileMs, unit: 'ms' },
  ];
}
