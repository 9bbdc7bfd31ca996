// What compiling costs: tracing, lowering and opening of a program of about 5,000 equations, each in processor time.
import { loadavg } from 'node:os';
import { grad, lower, np, type Program, ready, type Traced, trace } from 'galerkin/compile';
import { openSession } from 'galerkin/runtime';
import { type BenchResult, median } from './result.js';

type Jaxpr = Program['recordings'][number]['jaxpr'];

const rounds = 5;
const width = 16;
/** Layers whose gradient has about 5,000 equations. */
const layers = 128;

/** The mean of an unrolled network, every layer with weights of its own; its gradient is the program. */
function loss(weights: readonly Traced[], x: Traced): Traced {
  return weights.reduce((state, weight) => np.tanh(np.matmul(state, weight)), x).mean();
}

/** Equations, those of inner functions included. */
function countOf({ eqns }: Jaxpr): number {
  return eqns.reduce((total, { params }) => total + 1 + (isInner(params.jaxpr) ? countOf(params.jaxpr) - 1 : 0), 0);
}

const isInner = (value: unknown): value is Jaxpr => typeof value === 'object' && value !== null && 'eqns' in value;

/** Processor milliseconds of this process, and wall milliseconds. */
async function costOf<T>(work: () => T | Promise<T>): Promise<{ result: T; cpuMs: number; ms: number }> {
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { result, cpuMs: (user + system) / 1000, ms: performance.now() - wall };
}

/** Milliseconds of each part; the first round is the one a fresh process pays. */
export async function run(): Promise<BenchResult[]> {
  await ready();
  const matrix = { shape: [width, width], dtype: 'float32' } as const;
  const specs = {
    weights: Array.from({ length: layers }, () => matrix),
    x: { shape: [8, width], dtype: 'float32' } as const,
  };
  const parts = { trace: [] as number[], lower: [] as number[], open: [] as number[] };
  const whole: number[] = [];
  let equations = 0;
  let nodes = 0;
  for (let round = 0; round < rounds; round++) {
    // A new function each round, so that nothing the tracer has kept helps.
    const fn = (weights: Traced[], x: Traced): unknown => grad((w: Traced[]) => loss(w, x))(weights);
    const traced = await costOf(() => trace(fn, [specs.weights, specs.x]));
    const lowered = await costOf(() => lower(traced.result));
    const opened = await costOf(() => openSession(lowered.result.bytes, { threads: 1 }));
    await opened.result.close();
    equations = traced.result.recordings.reduce((total, { jaxpr }) => total + countOf(jaxpr), 0);
    nodes = lowered.result.report.nodes;
    parts.trace.push(traced.cpuMs);
    parts.lower.push(lowered.cpuMs);
    parts.open.push(opened.cpuMs);
    whole.push(traced.cpuMs + lowered.cpuMs + opened.cpuMs);
  }
  const note = `${equations} equations, ${nodes} nodes, processor time at load ${loadavg()[0]?.toFixed(1)}`;
  return [
    { name: 'compile, first time in a process', value: whole[0] ?? Number.NaN, unit: 'ms', note },
    {
      name: 'compile, again',
      value: median(whole.slice(1)),
      unit: 'ms',
      note: `least ${Math.min(...whole).toFixed(0)} ms`,
    },
    ...Object.entries(parts).map(([part, ms]) => ({ name: `of it ${part}`, value: median(ms), unit: 'ms' })),
  ];
}
