// What a smaller floating-point type is worth on this processor: a perceptron and a Fourier layer stack in float64, float32 and float16.
import { seededRandom, type Tensor } from 'galerkin/base';
import {
  type Attributes,
  type Constant,
  changePrecision,
  constantOf,
  ints,
  type Model,
  type Node,
  type Value,
  writeModel,
} from 'galerkin/graph';
import { openSession, type Session } from 'galerkin/runtime';
import type { BenchResult } from './result.js';

const rounds = 40;
const runsPerRound = 5;

/** A graph in float64, written one operator after another. */
class Page {
  readonly #nodes: Node[] = [];
  readonly #constants = new Map<string, Constant>();
  readonly #random = seededRandom(1);

  op(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const output = `v${this.#nodes.length}`;
    this.#nodes.push({ name: output, operator, domain: '', inputs, outputs: [output], attributes });
    return output;
  }

  put(shape: readonly number[], valueAt: (at: number) => number): string {
    const name = `c${this.#constants.size}`;
    const length = shape.reduce((product, size) => product * size, 1);
    const values = Float64Array.from({ length }, (_, at) => valueAt(at));
    this.#constants.set(name, constantOf(name, 'float64', { shape, values }));
    return name;
  }

  normals(shape: readonly number[], scale: number): string {
    return this.put(shape, () => scale * this.#random.normal());
  }

  turn(x: string, ...perm: number[]): string {
    return this.op('Transpose', [x], { perm: ints(perm) });
  }

  model(shape: readonly number[], output: string): Model {
    const value = (name: string, sizes: readonly number[] | undefined): Value => ({
      name,
      type: { kind: 'tensor', dtype: 'float64', shape: sizes },
    });
    const graph = { name: 'precision', nodes: this.#nodes, constants: this.#constants, values: new Map(), sparse: [] };
    const doors = { inputs: [value('x', shape)], outputs: [value(output, undefined)] };
    const opsets = new Map([['', 17]]);
    return {
      irVersion: 8,
      opsets,
      producer: 'benchmark',
      graph: { ...graph, ...doors },
      functions: [],
      metadata: new Map(),
    };
  }
}

interface Subject {
  readonly name: string;
  readonly shape: readonly number[];
  readonly model: Model;
}

function perceptron(): Subject {
  const page = new Page();
  const [shape, widths] = [
    [64, 64],
    [64, 512, 512, 512, 64],
  ];
  let x = 'x';
  for (const [k, to] of widths.slice(1).entries()) {
    const from = widths[k] ?? 1;
    x = page.op('Gemm', [
      k === 0 ? x : page.op('Tanh', [x]),
      page.normals([from, to], from ** -0.5),
      page.normals([to], 0.1),
    ]);
  }
  return { name: 'perceptron', shape, model: page.model(shape, x) };
}

/** Values to modes by products with sines, each mode mixed by a matrix of its own, back, and a pointwise product beside. */
function fourier(): Subject {
  const page = new Page();
  const [batch, points, width, modes] = [16, 128, 32, 16];
  const wave = (place: number, part: number) =>
    Math.sin((2 * Math.PI * place * (part % modes)) / points + (part < modes ? Math.PI / 2 : 0)) / points ** 0.5;
  const there = page.put([points, 2 * modes], at => wave(Math.floor(at / (2 * modes)), at % (2 * modes)));
  const back = page.put([2 * modes, points], at => wave(at % points, Math.floor(at / points)));
  let x = 'x';
  for (let k = 0; k < 4; k++) {
    const spectrum = page.turn(page.op('MatMul', [page.turn(x, 0, 2, 1), there]), 2, 0, 1);
    const mixed = page.turn(page.op('MatMul', [spectrum, page.normals([2 * modes, width, width], 1 / width)]), 1, 2, 0);
    const far = page.turn(page.op('MatMul', [mixed, back]), 0, 2, 1);
    x = page.op('Tanh', [page.op('Add', [far, page.op('MatMul', [x, page.normals([width, width], width ** -0.5)])])]);
  }
  const shape = [batch, points, width];
  return { name: 'fourier', shape, model: page.model(shape, x) };
}

interface Candidate {
  readonly name: string;
  readonly session: Session;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly bytes: number;
  readonly ms: number[];
}

async function candidatesOf({ shape, model }: Subject): Promise<Candidate[]> {
  const random = seededRandom(2);
  const data = Float64Array.from({ length: shape.reduce((product, size) => product * size, 1) }, random.normal);
  const wide: Candidate['feeds'] = { x: { dtype: 'FP64', shape, data } };
  const narrow: Candidate['feeds'] = { x: { dtype: 'FP32', shape, data: Float32Array.from(data) } };
  const single = changePrecision(model, { from: 'float64', to: 'float32', door: 'change' }).model;
  const all: readonly (readonly [string, Model, Candidate['feeds']])[] = [
    ['float64', model, wide],
    ['float32 behind casts', changePrecision(model, { from: 'float64', to: 'float32' }).model, wide],
    ['float32', single, narrow],
    ['float16 behind casts', changePrecision(single, { from: 'float32', to: 'float16' }).model, narrow],
  ];
  const open = async ([name, one, feeds]: (typeof all)[number]): Promise<Candidate> => {
    const bytes = writeModel(one);
    return { name, session: await openSession(bytes, { threads: 1, spin: false }), feeds, bytes: bytes.length, ms: [] };
  };
  return Promise.all(all.map(open));
}

const answerOf = async ({ session, feeds }: Candidate): Promise<number[]> =>
  Object.values(await session.run(feeds)).flatMap(({ data }) => Array.from(data, Number));

function relativeL2(got: readonly number[], truth: readonly number[]): number {
  const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return norm(got.map((value, at) => value - (truth[at] ?? Number.NaN))) / norm(truth);
}

async function measure(candidates: readonly Candidate[]): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const { session, feeds, ms } of candidates) {
      const before = process.cpuUsage();
      for (let k = 0; k < runsPerRound; k++) await session.run(feeds);
      const { user, system } = process.cpuUsage(before);
      ms.push((user + system) / 1000 / runsPerRound);
    }
  }
}

export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const subject of [perceptron(), fourier()]) {
    const candidates = await candidatesOf(subject);
    const answers: number[][] = [];
    for (const candidate of candidates) answers.push(await answerOf(candidate));
    await measure(candidates);
    const [first] = candidates;
    for (const [k, { name, ms, bytes, session }] of candidates.entries()) {
      const ratios = ms.map((value, at) => value / (first?.ms[at] ?? Number.NaN)).toSorted((a, b) => a - b);
      const error = relativeL2(answers[k] ?? [], answers[0] ?? []).toExponential(1);
      const ratio = (ratios[rounds / 2] ?? Number.NaN).toFixed(2);
      const note = `processor time, least of ${rounds}; ${ratio} x float64, median in turns; ${bytes} bytes; relative L2 ${error}`;
      results.push({ name: `${subject.name}, ${name}`, value: Math.min(...ms), unit: 'ms', note });
      await session.close();
    }
  }
  return results;
}
