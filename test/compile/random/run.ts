// Runs random programs both ways, many in one session, and says which seeds differ.
import { compileNative, type Spec, type Traced } from 'galerkin/compile';
import { type Numbers, sample, tensor, traced } from '../parity.js';
import { type RandomProgram, randomProgram } from './program.js';

export interface Outcome {
  /** Programs whose results were compared. */
  readonly compared: number;
  /** Seeds of programs that the tracer itself cannot run, with its reasons. */
  readonly untraceable: readonly string[];
  /** One line a program that differs, beginning with its seed. */
  readonly failures: readonly string[];
}

interface Case {
  readonly program: RandomProgram;
  readonly inputs: readonly Numbers[];
  readonly truth: readonly { readonly shape: readonly number[]; readonly data: ArrayLike<number> }[];
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The tracer's own results. */
function truthOf(program: RandomProgram): Case {
  const { seed, specs, fn } = program;
  const inputs = specs.map((spec, k) => sample(spec, seed * 8 + k));
  const arrays = specs.map(({ dtype }, k) => traced(dtype, inputs[k]?.shape ?? [], inputs[k]?.values ?? []));
  const truth = fn(...arrays).map(result => ({ shape: result.shape, data: result.dataSync() }));
  return { program, inputs, truth };
}

/** Largest difference over what may be expected: relative to the largest number, and to 1 where all are small. */
function difference(got: ArrayLike<number | bigint>, truth: ArrayLike<number>): number {
  if (got.length !== truth.length) return Number.POSITIVE_INFINITY;
  const finite = Array.from(truth, Math.abs).filter(Number.isFinite);
  const scale = finite.reduce((most, value) => Math.max(most, value), 1);
  let worst = 0;
  for (let k = 0; k < truth.length; k++) {
    const [a, b] = [Number(got[k]), truth[k] ?? Number.NaN];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const gap = Math.abs(a - b) / scale;
    worst = Math.max(worst, Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap);
  }
  return worst;
}

/** All programs as one native program, run once; one list of results a program. */
async function runTogether(cases: readonly Case[]) {
  const specs = cases.flatMap(({ program }) => program.specs);
  const starts = cases.map((_, k) => cases.slice(0, k).reduce((at, { program }) => at + program.specs.length, 0));
  const fn = (...args: Traced[]): Traced[][] =>
    cases.map(({ program }, k) => program.fn(...args.slice(starts[k], (starts[k] ?? 0) + program.specs.length)));
  const native = await compileNative(fn, [...specs], { threads: 1 });
  try {
    const inputs = cases.flatMap(one => one.inputs);
    const args = specs.map(({ dtype }, k) => tensor(dtype, inputs[k]?.shape ?? [], inputs[k]?.values ?? []));
    return await native.run(...args);
  } finally {
    await native.close();
  }
}

/** What is wrong with the native results of one program; undefined if nothing is. */
function faultOf({ truth }: Case, results: Awaited<ReturnType<typeof runTogether>>[number], tolerance: number) {
  if (results.length !== truth.length) return `${results.length} results instead of ${truth.length}`;
  for (const [k, { shape, data }] of truth.entries()) {
    const result = results[k];
    if (result === undefined || result.dtype === 'BYTES') return 'a result is missing';
    if (`${result.shape}` !== `${shape}`) return `result ${k} has shape [${result.shape}] instead of [${shape}]`;
    const gap = difference(result.data, data);
    if (!(gap <= tolerance)) return `result ${k} differs by ${gap.toExponential(1)}`;
  }
  return undefined;
}

async function compare(cases: readonly Case[], tolerance: number): Promise<string[]> {
  if (cases.length === 0) return [];
  try {
    const all = await runTogether(cases);
    return cases.flatMap((one, k) => {
      const fault = faultOf(one, all[k] ?? [], tolerance);
      return fault === undefined ? [] : [`seed ${one.program.seed}: ${fault} (${one.program.steps().join(' ')})`];
    });
  } catch (error) {
    const [only] = cases;
    if (cases.length === 1)
      return [`seed ${only?.program.seed}: ${messageOf(error)} (${only?.program.steps().join(' ')})`];
    const half = Math.ceil(cases.length / 2);
    return [...(await compare(cases.slice(0, half), tolerance)), ...(await compare(cases.slice(half), tolerance))];
  }
}

/** Runs the programs of these seeds together. */
export async function runSeeds(
  seeds: readonly number[],
  { dtype = 'float32', tolerance }: { dtype?: Spec['dtype']; tolerance: number },
): Promise<Outcome> {
  const cases: Case[] = [];
  const untraceable: string[] = [];
  for (const seed of seeds) {
    const program = randomProgram(seed, dtype);
    try {
      cases.push(truthOf(program));
    } catch (error) {
      untraceable.push(`seed ${seed}: ${messageOf(error)} (${program.steps().join(' ')})`);
    }
  }
  return { compared: cases.length, untraceable, failures: await compare(cases, tolerance) };
}
