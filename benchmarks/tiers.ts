// Tiers: the first answer of each way to begin, the pause of a swap, the speed before and after it, and a second process from disk.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32 } from 'galerkin/base';
import { type CompileReport, createAdaptiveOptimizer, np, ready, type Traced, valueAndGrad } from 'galerkin/compile';
import { oneItemArguments, oneItemForward } from './fixtures/tiers-child.js';
import { type BenchResult, median } from './result.js';

interface FirstAnswer {
  readonly ms: number;
  readonly cpuMs: number;
  readonly cache: string;
  readonly compile?: CompileReport;
}

/** The first answer of a fresh process. */
function inNewProcess(folder: string, firstCall: 'tier0' | 'fastest', key = ''): FirstAnswer {
  const settings = JSON.stringify({ cacheFolder: folder, firstCall, threads: 1, trialCalls: 0 });
  const script = `
    const { firstAnswer } = await import('./build/benchmarks/fixtures/tiers-child.js');
    await firstAnswer(${settings}, ${JSON.stringify(key)});`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  return JSON.parse(stdout);
}

const least = (answers: readonly FirstAnswer[], of: (answer: FirstAnswer) => number): number =>
  Math.min(...answers.map(of));

function processes(): BenchResult[] {
  const folder = mkdtempSync(join(tmpdir(), 'bench-tiers-'));
  try {
    const times = (n: number, make: () => FirstAnswer): FirstAnswer[] => Array.from({ length: n }, make);
    const zero = times(2, () => inNewProcess('', 'tier0'));
    const cold = times(3, () => inNewProcess('', 'fastest'));
    inNewProcess(folder, 'fastest');
    inNewProcess(folder, 'fastest', 'v1');
    const traced = times(7, () => inNewProcess(folder, 'fastest'));
    const vouched = times(7, () => inNewProcess(folder, 'fastest', 'v1'));
    const row = (name: string, answers: readonly FirstAnswer[], note = ''): BenchResult => ({
      name,
      value: least(answers, ({ ms }) => ms),
      unit: 'ms',
      note: `least of ${answers.length}; median ${median(answers.map(({ ms }) => ms)).toFixed(0)} ms, least CPU time ${least(answers, ({ cpuMs }) => cpuMs).toFixed(0)} ms${note}`,
    });
    const part = (answers: readonly FirstAnswer[], of: (report: CompileReport) => number): string =>
      least(answers, ({ compile }) => (compile === undefined ? Number.NaN : of(compile))).toFixed(0);
    return [
      row('first answer of a process, tier 0', zero),
      row('first answer, compiled first', cold),
      row(
        'first answer, program on disk, traced and hashed',
        traced,
        `; trace ${part(traced, ({ traceMs }) => traceMs)}, open ${part(traced, ({ openMs }) => openMs)} ms; ${traced[0].cache}`,
      ),
      row('first answer, program on disk, key vouched for', vouched, `; ${vouched[0].cache}`),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One function from its first call to its choices. */
async function climb(): Promise<BenchResult[]> {
  const optimizer = createAdaptiveOptimizer({ firstCall: 'tier0', threads: 1, trialCalls: 0 });
  const f = optimizer.wrap(oneItemForward, { name: 'fno' });
  const args = oneItemArguments();
  const version = () => optimizer.report()[0].versions[0];
  const answers: number[] = [];
  while ((version()?.calls.native ?? 0) < 30) {
    const start = performance.now();
    await f(...args);
    answers.push(performance.now() - start);
    await new Promise(resolve => setImmediate(resolve));
  }
  const { calls, tierZeroMs = Number.NaN, nativeMs = Number.NaN, compile } = version();
  await optimizer.close();
  const value = tierZeroMs / nativeMs;
  const swapMs = compile?.longestPauseMs ?? Number.NaN;
  return [
    { name: 'a call in tier 0', value: tierZeroMs, unit: 'ms', note: `median; ${calls.tier0} calls until native` },
    {
      name: 'a call in tier 1, one thread',
      value: nativeMs,
      unit: 'ms',
      ratio: { of: 'the speed of tier 0', value, low: value, high: value },
    },
    {
      name: 'longest pause of the swap',
      value: swapMs,
      unit: 'ms',
      note: `compiling took ${compile?.actualMs.toFixed(0)} ms, lowered ${compile?.lowered}; predicted ${compile?.predictedMs.toFixed(0)} ms`,
    },
  ];
}

/** A deep network's gradient: about five thousand equations. */
async function large(): Promise<BenchResult[]> {
  const layers = 130;
  const loss = (weights: Traced[], x: Traced): Traced => {
    let hidden = x;
    for (const weight of weights) hidden = np.tanh(np.matmul(hidden, weight)).add(hidden);
    return np.mean(hidden.mul(hidden));
  };
  const step = (weights: Traced[], x: Traced) => {
    const [value, gradient] = valueAndGrad(loss)(weights, x);
    return { value, weights: weights.map((weight, k) => weight.sub(gradient[k].mul(0.01))) };
  };
  const optimizer = createAdaptiveOptimizer(
    { firstCall: 'tier0', threads: 1, trialCalls: 0 },
    { costs: { speedUp: 50 } },
  );
  const f = optimizer.wrap(step, { name: 'deep' });
  const weights = Array.from({ length: layers }, (_, k) =>
    float32(
      Float32Array.from({ length: 64 }, (_value, n) => Math.sin(k + n) / 16),
      [8, 8],
    ),
  );
  const x = float32(new Float32Array(32).fill(0.5), [4, 8]);
  const version = () => optimizer.report()[0].versions[0];
  let calls = 0;
  while (version()?.tier !== 1 && calls < 400) {
    await f(weights, x);
    calls += 1;
    if (version().rule === 'hot') await optimizer.idle();
  }
  const { compile, equations, nodes, tierZeroMs } = version();
  await optimizer.close();
  if (compile === undefined) return [];
  const { traceMs, lowerMs, openMs, longestPauseMs, actualMs, lowered } = compile;
  return [
    {
      name: `longest pause, ${equations} equations`,
      value: Math.max(traceMs, longestPauseMs),
      unit: 'ms',
      note: `trace ${traceMs.toFixed(0)} (first call), lower ${lowerMs.toFixed(0)} ${lowered}, open ${openMs.toFixed(0)} ms, ${nodes} nodes`,
    },
    {
      name: `compile ${equations} equations`,
      value: actualMs,
      unit: 'ms',
      note: `a call takes ${tierZeroMs?.toFixed(0)} ms in tier 0; ${availableParallelism()} cores at load ${loadavg()[0].toFixed(1)}`,
    },
  ];
}

export async function run(): Promise<BenchResult[]> {
  await ready();
  return [...processes(), ...(await climb()), ...(await large())];
}
