// Networks to compress: an MLP, a convolutional net, and a Fourier neural operator trained for a few native steps.
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Random, seededRandom, type Tensor } from 'galerkin/base';
import {
  type Attributes,
  type Constant,
  constantOf,
  int,
  ints,
  type Model,
  type Node,
  readModel,
  type Value,
  writeModel,
} from 'galerkin/graph';
import { answersOf, type Deviation, deviationOf, type Feeds } from 'galerkin/optimize';
import { openSession } from 'galerkin/runtime';
import * as ort from 'onnxruntime-node';
import { tinySize } from '../../benchmarks/fixtures/fno.js';
import { fnoFeed, fnoWithWeights } from '../../benchmarks/fixtures/fno-with-weights.js';

export const normals = (random: Random, count: number, scale = 1): Float32Array =>
  Float32Array.from({ length: count }, () => scale * random.normal());

export const tensor = (data: Float32Array, shape: readonly number[]): Tensor => ({ dtype: 'FP32', shape, data });

export const value = (name: string, shape: readonly (number | string)[]): Value => ({
  name,
  type: { kind: 'tensor', dtype: 'float32', shape },
});

export const node = (
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Attributes = {},
): Node => ({
  name: `make_${output}`,
  operator,
  domain: '',
  inputs,
  outputs: [output],
  attributes,
});

export interface Parts {
  readonly nodes: readonly Node[];
  readonly constants: readonly Constant[];
  readonly input: Value;
  readonly output: Value;
  readonly opset?: number;
}

export const modelOf = ({ nodes, constants, input, output, opset = 21 }: Parts): Model => ({
  irVersion: 10,
  opsets: new Map([
    ['', opset],
    ['com.microsoft', 1],
  ]),
  producer: 'test',
  functions: [],
  metadata: new Map(),
  graph: {
    name: 'test',
    nodes,
    constants: new Map(constants.map(constant => [constant.name, constant])),
    inputs: [input],
    outputs: [output],
    values: new Map(),
    sparse: [],
  },
});

export const random32 = (random: Random, name: string, shape: readonly number[], scale: number): Constant =>
  constantOf(name, 'float32', {
    shape,
    values: normals(
      random,
      shape.reduce((a, b) => a * b, 1),
      scale,
    ),
  });

/** Dense layers with ReLU between: as Gemm with transposed weights, or as MatMul and Add. */
export function mlp(
  sizes: readonly number[],
  { form = 'gemm', seed = 1 }: { form?: 'gemm' | 'matmul'; seed?: number } = {},
) {
  const random = seededRandom(seed);
  const nodes: Node[] = [];
  const constants: Constant[] = [];
  const last = sizes.length - 2;
  for (let k = 0; k <= last; k++) {
    const [from = 1, to = 1] = sizes.slice(k, k + 2);
    const [x, y] = [k === 0 ? 'x' : `h${k - 1}`, k === last ? 'y' : `p${k}`];
    constants.push(random32(random, `w${k}`, form === 'gemm' ? [to, from] : [from, to], 1 / Math.sqrt(from)));
    constants.push(random32(random, `b${k}`, [to], 0.1));
    if (form === 'gemm') nodes.push(node('Gemm', [x, `w${k}`, `b${k}`], y, { transB: int(1) }));
    else nodes.push(node('MatMul', [x, `w${k}`], `m${k}`), node('Add', [`m${k}`, `b${k}`], y));
    if (k < last) nodes.push(node('Relu', [y], `h${k}`));
  }
  return modelOf({
    nodes,
    constants,
    input: value('x', ['n', sizes[0] ?? 1]),
    output: value('y', ['n', sizes.at(-1) ?? 1]),
  });
}

export const mlpSamples = (width: number, { count = 6, rows = 4, seed = 11 } = {}): Feeds[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => ({ x: tensor(normals(random, rows * width), [rows, width]) }));
};

/** Two convolutions with a residual branch, pooling, and a dense layer: images of 3 x 12 x 12 to 5 numbers. */
export function smallCnn(seed = 2): Model {
  const random = seededRandom(seed);
  const pads = ints([1, 1, 1, 1]);
  const halves = { kernel_shape: ints([2, 2]), strides: ints([2, 2]) };
  return modelOf({
    nodes: [
      node('Conv', ['x', 'w1', 'b1'], 'c1', { pads }),
      node('Relu', ['c1'], 'r1'),
      node('MaxPool', ['r1'], 'm1', halves),
      node('Conv', ['m1', 'w2', 'b2'], 'c2', { pads }),
      node('Relu', ['c2'], 'r2'),
      node('Conv', ['r2', 'w3'], 'c3', { pads }),
      node('Add', ['c3', 'm1'], 'a'),
      node('Relu', ['a'], 'r3'),
      node('GlobalAveragePool', ['r3'], 'g'),
      node('Flatten', ['g'], 'f'),
      node('Gemm', ['f', 'w4', 'b4'], 'y', { transB: int(1) }),
    ],
    constants: [
      random32(random, 'w1', [16, 3, 3, 3], 0.2),
      random32(random, 'b1', [16], 0.1),
      random32(random, 'w2', [24, 16, 3, 3], 0.1),
      random32(random, 'b2', [24], 0.1),
      random32(random, 'w3', [16, 24, 3, 3], 0.1),
      random32(random, 'w4', [5, 16], 0.3),
      random32(random, 'b4', [5], 0.1),
    ],
    input: value('x', ['n', 3, 12, 12]),
    output: value('y', ['n', 5]),
  });
}

export const cnnSamples = (count = 6, seed = 12): Feeds[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => ({ x: tensor(normals(random, 2 * 432), [2, 3, 12, 12]) }));
};

/** A small Fourier neural operator after 30 native Adam steps, and fields to ask it. Needs ready(). */
export async function smallFno(): Promise<{ model: Model; samples: Feeds[] }> {
  const model = await fnoWithWeights(tinySize, 30);
  return { model, samples: [5, 6, 7, 8].map(seed => fnoFeed(tinySize, 2, seed)) };
}

export async function answersFrom(model: Model, samples: readonly Feeds[]): Promise<Feeds[]> {
  const session = await openSession(writeModel(model), { threads: 1, spin: false });
  try {
    return await answersOf(session, samples);
  } finally {
    await session.close();
  }
}

export async function deviationBetween(model: Model, original: Model, samples: readonly Feeds[]): Promise<Deviation> {
  return deviationOf(await answersFrom(model, samples), await answersFrom(original, samples));
}

/** The operators that the runtime really executes, after its own optimizations. */
export async function executed(model: Model): Promise<string[]> {
  const path = join(tmpdir(), `galerkin-executed-${process.pid}-${Math.random()}.onnx`);
  const session = await ort.InferenceSession.create(writeModel(model), {
    optimizedModelFilePath: path,
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
  });
  await session.release();
  const { graph } = readModel(readFileSync(path));
  rmSync(path);
  return graph.nodes.map(({ operator }) => operator);
}

export const floatsIn = (answers: readonly Feeds[], name = 'y'): number[] =>
  answers.flatMap(answer => Array.from<number | bigint | string>(answer[name]?.data ?? []).map(Number));
