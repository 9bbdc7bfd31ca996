// How well the guard tells answers it may trust from others: fresh fields of the training family against families it never saw.
import { seededRandom } from 'galerkin/base';
import { judge, learn } from 'galerkin/learn';
import { readPackage } from 'galerkin/model';
import { createSolver, darcy, paintInclusion } from 'galerkin/solve';
import type { BenchResult } from './result.js';

const folder = process.env.GALERKIN_FOLDER ?? '.galerkin';
const count = 200;
const random = seededRandom(20_260_101);

/** The value that the share `share` of the figures does not exceed. */
const quantile = (figures: Float64Array, share: number): number =>
  figures.toSorted()[Math.min(figures.length - 1, Math.max(0, Math.ceil(share * figures.length) - 1))];

/** Fields of each family, [n, n] each. */
function families(n: number): Record<string, Float64Array[]> {
  const fresh = (size: number): Float64Array[] =>
    Array.from({ length: size }, () => darcy.sample(n, random.fork(random.integer(2 ** 30))).a);
  const valued = (low: number, high: number): Float64Array[] =>
    fresh(count).map(field => field.map(value => (value > 5 ? high : low)));
  const included = (smallest: number, largest: number): Float64Array[] =>
    fresh(count).map(field => {
      const radius = smallest + (largest - smallest) * random.uniform();
      return paintInclusion(field, n, { x: random.uniform(), y: random.uniform(), radius, value: 100 });
    });
  return {
    'training family {3, 12}': fresh(1000),
    'contrast {1, 100}': valued(1, 100),
    'inclusions of 100, radius 0.1 to 0.3': included(0.1, 0.3),
    'inclusions of 100, radius 0.1': included(0.1, 0.1),
    'contrast {3, 24}': valued(3, 24),
    'contrast {4, 12}': valued(4, 12),
    'constant 3 to 12': Array.from({ length: count }, () => new Float64Array(n * n).fill(3 + 9 * random.uniform())),
  };
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const centred = (values: readonly number[]): number[] => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map(value => value - mean);
  };
  const [p, q] = [centred(a), centred(b)];
  return p.reduce((sum, value, k) => sum + value * q[k], 0) / (Math.hypot(...p) * Math.hypot(...q));
}

/** For each family: how many answers are flagged, and how far its most harmless ones lie from the bound. */
export async function run(): Promise<BenchResult[]> {
  const { model } = await learn('darcy', { folder });
  const { manifest, file } = await readPackage(`${folder}/models`, model);
  if (manifest?.problem === undefined) throw new Error(`${model} names no problem`);
  const { n } = manifest.problem;
  const { residualBound = Number.NaN, fluxBound = Number.NaN } = manifest.guard ?? {};
  const programs = { model: await file('model.onnx'), guard: await file('guard.onnx') };
  const solver = createSolver(darcy, n);
  const [logErrors, logResiduals]: [number[], number[]] = [[], []];
  const results: BenchResult[] = [];
  for (const [name, fields] of Object.entries(families(n))) {
    const inputs = Float32Array.from(fields.flatMap(field => [...field]));
    const outputs = Float32Array.from(fields.flatMap(a => [...solver.solve({ a }).u]));
    const names = { input: 'a', output: 'u' };
    const all = { n, count: fields.length, inputs, outputs };
    const { residual, fluxImbalance, error } = await judge(programs, all, { names, threads: 0, task: name });
    const share = (flagged: (k: number) => boolean): number =>
      fields.filter((_, k) => flagged(k)).length / fields.length;
    const byResidual = share(k => !(residual[k] <= residualBound));
    const byEither = share(k => !(residual[k] <= residualBound && fluxImbalance[k] <= fluxBound));
    logErrors.push(...Array.from(error, Math.log));
    logResiduals.push(...Array.from(residual, Math.log));
    const lowest = quantile(residual, 0.01) / residualBound;
    const note =
      `residual alone ${(100 * byResidual).toFixed(1)} %, its 1 % quantile ${lowest.toFixed(2)} bounds, ` +
      `median error ${(100 * quantile(error, 0.5)).toFixed(2)} %`;
    results.push({ name: `flagged of ${name}`, value: 100 * byEither, unit: '%', note });
  }
  const note = `residual bound ${residualBound.toPrecision(3)}, flux bound ${fluxBound.toPrecision(3)}, ${n} x ${n} nodes`;
  const value = correlation(logErrors, logResiduals);
  return [...results, { name: 'correlation of log residual with log error', value, unit: '', note }];
}
