// Predicted against measured latency and memory: batch sizes that never ran, and networks of shapes that were never measured.
import { float32, seededRandom } from 'galerkin/base';
import { constantOf, type Model, modelOf, type Node, tensorValue, writeModel } from 'galerkin/graph';
import { PerformancePredictor } from 'galerkin/optimize';
import { openSession, profileRuns } from 'galerkin/runtime';
import { type BenchResult, median } from './result.js';

const threads = 1;
const random = seededRandom(3);
const normals = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal() * 0.1);

/** A perceptron, a network of convolutions or a mixer of channels and places. */
function network(
  layers: readonly Node[],
  weights: Readonly<Record<string, readonly number[]>>,
  item: readonly number[],
): Model {
  const constants = Object.entries(weights).map(([name, shape]) =>
    constantOf(name, 'float32', { shape, values: normals(shape.reduce((a, b) => a * b, 1)) }),
  );
  const output = layers.at(-1)?.outputs[0] ?? 'x';
  return modelOf({
    nodes: layers,
    constants,
    inputs: [tensorValue('x', ['batch', ...item])],
    outputs: [tensorValue(output)],
  });
}

const node = (operator: string, inputs: string[], output: string, attributes: Node['attributes'] = {}): Node => ({
  name: output,
  operator,
  domain: '',
  inputs,
  outputs: [output],
  attributes,
});

function perceptron(widths: readonly number[]): Model {
  const weights: Record<string, readonly number[]> = {};
  const layers = widths.slice(1).flatMap((width, k) => {
    weights[`w${k}`] = [widths[k], width];
    weights[`b${k}`] = [width];
    const from = k === 0 ? 'x' : `t${k - 1}`;
    return [
      node('MatMul', [from, `w${k}`], `m${k}`),
      node('Add', [`m${k}`, `b${k}`], `s${k}`),
      node('Tanh', [`s${k}`], `t${k}`),
    ];
  });
  return network(layers, weights, [widths[0]]);
}

function convolutions(channels: readonly number[], size: number): Model {
  const weights: Record<string, readonly number[]> = {};
  const layers = channels.slice(1).flatMap((count, k) => {
    weights[`w${k}`] = [count, channels[k], 3, 3];
    const pads = { kind: 'ints', value: [1n, 1n, 1n, 1n] } as const;
    return [node('Conv', [k === 0 ? 'x' : `r${k - 1}`, `w${k}`], `c${k}`, { pads }), node('Relu', [`c${k}`], `r${k}`)];
  });
  return network(layers, weights, [channels[0], size, size]);
}

interface Subject {
  readonly model: Model;
  readonly item: readonly number[];
}
const subjects: readonly Subject[] = [
  ...[
    [64, 256, 256, 64],
    [200, 400, 400, 10],
    [1000, 700, 700, 700, 5],
    [32, 2048, 2048, 32],
    [96, 96, 96, 96, 96, 96],
  ].map(widths => ({ model: perceptron(widths), item: [widths[0]] })),
  ...[
    [3, 24, 24, 8],
    [12, 48, 12],
  ].map(channels => ({ model: convolutions(channels, 40), item: [channels[0], 40, 40] })),
];

const feedsOf = ({ item }: Subject, batch: number) => {
  const shape = [batch, ...item];
  return { x: float32(normals(shape.reduce((a, b) => a * b, 1)), shape) };
};

async function measured(subject: Subject, batch: number): Promise<{ ms: number; peakBytes: number }> {
  const bytes = writeModel(subject.model);
  const feeds = feedsOf(subject, batch);
  const session = await openSession(bytes, { threads });
  const times: number[] = [];
  for (let run = 0; run < 24; run++) {
    const start = performance.now();
    await session.run(feeds);
    if (run >= 4) times.push(performance.now() - start);
  }
  await session.close();
  const runs = await profileRuns(bytes, [feeds, feeds, feeds], { threads });
  return { ms: median(times), peakBytes: runs[2].peakBytes };
}

interface Errors {
  readonly latency: number[];
  readonly memory: number[];
}

async function compare(
  predictor: PerformancePredictor,
  subject: Subject,
  { batches, errors }: { batches: readonly number[]; errors: Errors },
) {
  for (const batch of batches) {
    const truth = await measured(subject, batch);
    const { latencyMs, peakBytes } = await predictor.predict(subject.model, { batch });
    errors.latency.push(100 * Math.abs(latencyMs / truth.ms - 1));
    errors.memory.push(100 * Math.abs(peakBytes / truth.peakBytes - 1));
  }
}

const spread = (values: readonly number[]): string => {
  const sorted = values.toSorted((a, b) => a - b);
  return `worst ${sorted.at(-1)?.toFixed(0)} %, nine of ten within ${sorted[Math.floor(0.9 * (sorted.length - 1))].toFixed(0)} %, ${sorted.length} cases`;
};

/** Median errors of predictions, in percent. */
export async function run(): Promise<BenchResult[]> {
  const predictor = new PerformancePredictor({ session: { threads } });
  const start = performance.now();
  await predictor.calibrate();
  const calibrationS = (performance.now() - start) / 1000;
  const unseen: Errors = { latency: [], memory: [] };
  const observed: Errors = { latency: [], memory: [] };
  for (const subject of subjects) await compare(predictor, subject, { batches: [1, 7, 40, 200], errors: unseen });
  for (const subject of subjects) {
    await predictor.observe(
      subject.model,
      [1, 8, 64, 256].map(batch => ({ sizes: { batch }, feeds: feedsOf(subject, batch) })),
    );
    await compare(predictor, subject, { batches: [3, 20, 130, 400], errors: observed });
  }
  const result = (name: string, values: readonly number[]): BenchResult => ({
    name,
    value: median(values),
    unit: '% median err',
    note: spread(values),
  });
  return [
    result('latency, batch sizes that never ran', observed.latency),
    result('latency, networks that never ran', unseen.latency),
    result('peak memory, batch sizes that never ran', observed.memory),
    result('peak memory, networks that never ran', unseen.memory),
    { name: 'calibration', value: calibrationS, unit: 's' },
  ];
}
