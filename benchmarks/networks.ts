// Four networks, inference and training steps: the native program against the tracer's own, and against the same network written by hand as ONNX.
import { loadavg } from 'node:os';
import type { Tensor } from 'galerkin/base';
import { compileNative, np, ready, type Spec, type Traced, traced, valueAndGrad } from 'galerkin/compile';
import { writeModel } from 'galerkin/graph';
import { openSession } from 'galerkin/runtime';
import { fourier, type Network, networks, type Plain, type Weights } from './fixtures/networks.js';
import { type BenchResult, median, ratioOf } from './result.js';

const rounds = 15;
/** One: threads of a session that wait busily would take the other session's core. */
const threads = 1;

const mapped = <A, B>(values: Weights<A>, f: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, f(value)]));
const asTensor = ({ shape, data }: Plain): Tensor => ({ dtype: 'FP32', shape, data });
const asTraced = ({ shape, data }: Plain): Traced => np.array(new Float32Array(data)).reshape([...shape]);
const asSpec = ({ shape }: Plain): Spec => ({ shape, dtype: 'float32' });

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const start = performance.now();
  const result = await work();
  return { ms: performance.now() - start, result };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, scale] = [0, 0];
  for (let k = 0; k < a.length; k++) {
    difference = Math.max(difference, Math.abs(a[k] - b[k]));
    scale = Math.max(scale, Math.abs(b[k]));
  }
  return difference / scale;
}

/** The forward pass with its weights as constants, three ways, in turns. */
async function inference(network: Network): Promise<BenchResult[]> {
  const weights = mapped(network.weights, asTraced);
  const apply = (inputs: Weights<Traced>): Traced => network.apply(weights, inputs);
  const native = await compileNative(apply, [mapped(network.inputs, asSpec)], { threads });
  const byHand = await openSession(writeModel(network.byHand(network.weights)), { threads });
  const ours = traced(apply);
  const feeds = mapped(network.inputs, asTensor);
  const arrays = mapped(network.inputs, asTraced);
  const times: Record<'native' | 'byHand' | 'traced', number[]> = { native: [], byHand: [], traced: [] };
  let difference = 0;
  for (let round = -3; round < rounds; round++) {
    const one = await timed(() => native.run(feeds));
    const other = await timed(() => byHand.run(feeds));
    const third = round < 5 ? await timed(() => ours(mapped(arrays, array => array.ref)).data()) : undefined;
    const [hand] = Object.values(other.result);
    difference = Math.max(difference, largestDifference(one.result.data as Float32Array, hand.data as Float32Array));
    if (round < 0) continue;
    times.native.push(one.ms);
    times.byHand.push(other.ms);
    if (third !== undefined) times.traced.push(third.ms);
  }
  await native.close();
  await byHand.close();
  return [
    {
      name: `${network.name}: inference`,
      value: median(times.native),
      unit: 'ms',
      ratio: ratioOf('of the time by hand', times.native, times.byHand),
      note: `by hand ${median(times.byHand).toFixed(2)} ms, answers within ${difference.toExponential(0)}, one thread, load ${loadavg()[0].toFixed(1)}`,
    },
    {
      name: `${network.name}: inference by the tracer`,
      value: median(times.traced),
      unit: 'ms',
      ratio: ratioOf('of the native time', times.traced, times.native.slice(0, times.traced.length)),
    },
  ];
}

/** One step of gradient descent with momentum on the mean square of the output. */
function stepOf(network: Network) {
  const loss = (weights: Weights<Traced>, inputs: Weights<Traced>): Traced => {
    const output = network.apply(weights, inputs);
    return output.mul(output).mean();
  };
  return (weights: Weights<Traced>, momenta: Weights<Traced>, inputs: Weights<Traced>) => {
    const [value, gradient] = valueAndGrad(loss)(weights, inputs);
    const next = mapped(momenta, m => m);
    for (const name of Object.keys(weights)) next[name] = momenta[name].mul(0.9).add(gradient[name]);
    const moved = Object.fromEntries(Object.keys(weights).map(name => [name, weights[name].sub(next[name].mul(1e-3))]));
    return { value, weights: moved, momenta: next };
  };
}

async function training(network: Network): Promise<BenchResult> {
  const step = stepOf(network);
  const specs = mapped(network.weights, asSpec);
  const native = await compileNative(step, [specs, specs, mapped(network.inputs, asSpec)], { threads });
  const ours = traced(step);
  const zeros = mapped(network.weights, ({ shape, data }) => ({ shape, data: new Float32Array(data.length) }));
  const inputs = { tensors: mapped(network.inputs, asTensor), arrays: mapped(network.inputs, asTraced) };
  const nativeState = { weights: mapped(network.weights, asTensor), momenta: mapped(zeros, asTensor) };
  const tracedState = { weights: mapped(network.weights, asTraced), momenta: mapped(zeros, asTraced) };
  const times: Record<'native' | 'traced', number[]> = { native: [], traced: [] };
  let deviation = 0;
  for (let round = -1; round < 5; round++) {
    const one = await timed(() => native.run(nativeState.weights, nativeState.momenta, inputs.tensors));
    Object.assign(nativeState, { weights: one.result.weights, momenta: one.result.momenta });
    const other = await timed(async () => {
      const made = ours(
        tracedState.weights,
        tracedState.momenta,
        mapped(inputs.arrays, array => array.ref),
      );
      return { value: Number((await made.value.data())[0]), weights: made.weights, momenta: made.momenta };
    });
    Object.assign(tracedState, { weights: other.result.weights, momenta: other.result.momenta });
    deviation = Math.max(deviation, Math.abs(Number(one.result.value.data[0]) / other.result.value - 1));
    if (round < 0) continue;
    times.native.push(one.ms);
    times.traced.push(other.ms);
  }
  await native.close();
  return {
    name: `${network.name}: training step`,
    value: median(times.native),
    unit: 'ms',
    ratio: ratioOf("the speed of the tracer's jit", times.traced, times.native),
    note: `${native.report.nodes} nodes, losses within ${deviation.toExponential(0)}`,
  };
}

export async function run(): Promise<BenchResult[]> {
  await ready();
  const results: BenchResult[] = [];
  for (const network of networks) {
    results.push(...(await inference(network)));
    // The operator's step has a benchmark of its own: training-step.
    if (network !== fourier) results.push(await training(network));
  }
  return results;
}
