// A change of precision gives the original's answers within the rounding of the smaller type, and refuses what it does not understand.
import { type Tensor, toFloat16 } from 'galerkin/base';
import {
  type Constant,
  changePrecision,
  constantOf,
  type Graph,
  int,
  type Model,
  numbersOf,
  type Value,
  writeModel,
} from 'galerkin/graph';
import { describe, expect, it } from 'vitest';
import { withSubgraphs } from '../../dist/graph/names.js';
import { answersOf } from './case-run.js';
import { randomCase } from './random-graph.js';

const double = (constant: Constant): Constant =>
  constant.dtype === 'float32'
    ? constantOf(constant.name, 'float64', { shape: constant.shape, values: numbersOf(constant) })
    : constant;
const doubleValue = (value: Value): Value =>
  value.type?.kind === 'tensor' && value.type.dtype === 'float32'
    ? { ...value, type: { ...value.type, dtype: 'float64' } }
    : value;

/** The same graph in double precision throughout. */
const doubleGraph = (graph: Graph): Graph => ({
  ...graph,
  nodes: graph.nodes
    .map(one => (one.operator === 'Cast' ? { ...one, attributes: { to: int(11) } } : one))
    .map(one => withSubgraphs(one, doubleGraph)),
  constants: new Map([...graph.constants].map(([name, constant]) => [name, double(constant)])),
  inputs: graph.inputs.map(doubleValue),
  outputs: graph.outputs.map(doubleValue),
});
const asDouble = (model: Model): Model => ({ ...model, graph: doubleGraph(model.graph) });
const doubleTensor = ({ shape, data }: Tensor): Tensor => ({
  dtype: 'FP64',
  shape,
  data: Float64Array.from(Array.from(data, Number)),
});

/** The largest difference of two answers against the largest number in them. */
function worst(got: readonly Tensor[], wanted: readonly Tensor[]): number {
  let most = 0;
  for (const [k, { data, shape }] of wanted.entries()) {
    expect(got[k]?.shape).toEqual(shape);
    let [difference, size] = [0, 1];
    for (const [at, number] of Array.from(data, Number).entries()) {
      difference = Math.max(difference, Math.abs(number - Number(got[k]?.data[at])));
      size = Math.max(size, Math.abs(number));
    }
    expect(difference, `output ${k}: ${data.slice(0, 9)} and ${got[k]?.data.slice(0, 9)}`).not.toBeNaN();
    most = Math.max(most, difference / size);
  }
  return most;
}

const seeds = Array.from({ length: 40 }, (_, k) => 500 + k);
/** Graphs that blow their numbers up say nothing of rounding. */
const isTame = (answers: readonly Tensor[]): boolean =>
  answers.every(({ data }) => Array.from(data, Number).every(number => Math.abs(number) < 1000));
const bodies = { isSpecial: false, isOpen: true, steps: 14 };

/** A random graph in single precision and its answers, which every change of precision is held to. */
const originals = new Map<number, Promise<{ single: Model; inputs: readonly Tensor[]; truth: Tensor[] }>>();
function originalOf(seed: number) {
  const made = async () => {
    const { model: single, inputs } = randomCase(seed, bodies);
    return { single, inputs, truth: await answersOf(writeModel(single), inputs) };
  };
  const known = originals.get(seed) ?? made();
  originals.set(seed, known);
  return known;
}

describe('random graphs', () => {
  it('in float32 give the answers of float64 within 1e-5, with the same types at their door', async () => {
    for (const seed of seeds) {
      const { single, inputs, truth } = await originalOf(seed);
      const model = asDouble(single);
      const given = inputs.map(doubleTensor);
      const { model: changed, report } = changePrecision(model, { from: 'float64', to: 'float32' });
      // Held to the single-precision twin: the runtime has no convolutions in double precision at all.
      const got = await answersOf(writeModel(changed), given);
      expect(got.map(({ dtype }) => dtype)).toEqual(truth.map(() => 'FP64'));
      if (isTame(truth)) expect(worst(got, truth), `seed ${seed}`).toBeLessThan(1e-5);
      expect(report.kept).toEqual({});
      expect(report.bytesAfter).toBeLessThan(report.bytesBefore);
    }
  });

  it('in float32 with their door take and give float32, without a cast', async () => {
    for (const seed of seeds.slice(0, 20)) {
      const { single, inputs, truth } = await originalOf(seed);
      const { model, report } = changePrecision(asDouble(single), { from: 'float64', to: 'float32', door: 'change' });
      const got = await answersOf(writeModel(model), inputs);
      expect(report.casts).toBe(0);
      if (isTame(truth)) expect(worst(got, truth), `seed ${seed}`).toBeLessThan(1e-5);
    }
  });

  it.each(['keep', 'change'] as const)('in float16 (door: %s) agree within 1e-2', async door => {
    let [half, tame] = [0, 0];
    for (const seed of seeds) {
      const { single, inputs, truth } = await originalOf(seed);
      const { model, report } = changePrecision(single, { from: 'float32', to: 'float16', door, overflow: 'clamp' });
      const given: Tensor[] =
        door === 'keep'
          ? [...inputs]
          : inputs.map(({ shape, data }) => ({
              dtype: 'FP16',
              shape,
              data: Uint16Array.from(Array.from(data, Number), toFloat16),
            }));
      const got = (await answersOf(writeModel(model), given)).map(asNumbers);
      if (!isTame(truth)) continue;
      half += report.constants;
      tame++;
      expect(worst(got, truth), `seed ${seed}`).toBeLessThan(1e-2);
    }
    expect(half).toBeGreaterThan(100);
    expect(tame).toBeGreaterThan(20);
  });
});

function asNumbers(answer: Tensor): Tensor {
  if (answer.dtype !== 'FP16') return answer;
  const { shape } = answer;
  const constant: Constant = { name: '', dtype: 'float16', shape, bytes: new Uint8Array(answer.data.slice().buffer) };
  return { dtype: 'FP32', shape, data: Float32Array.from(numbersOf(constant)) };
}
