// An ensemble of three ONNX steps: fused into one graph, step by step, and against the model alone that the middle step is.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { systemClock, systemTimers, type Tensor } from 'galerkin/base';
import { onnxruntimeBackend, plainTerms, serveOptions } from 'galerkin/serve';
import * as onnx from 'onnx-buf';
import { type BenchResult, median, ratioOf } from './result.js';

/** A file of the built room; benchmarks are built one folder deeper than they are written. */
const { startEngine }: typeof import('../dist/serve/start-engine.js') = await import(
  new URL('../../dist/serve/start-engine.js', import.meta.url).href
);

const rounds = 9;
const warmUpRounds = 2;
const durationMs = 400;
const width = 256;

const port = (name: string) =>
  create(onnx.ValueInfoProtoSchema, {
    name,
    type: create(onnx.TypeProtoSchema, {
      value: {
        case: 'tensorType',
        value: create(onnx.TypeProto_TensorSchema, {
          elemType: 1,
          shape: create(onnx.TensorShapeProtoSchema, {
            dim: [
              create(onnx.TensorShapeProto_DimensionSchema, { value: { case: 'dimParam', value: 'n' } }),
              create(onnx.TensorShapeProto_DimensionSchema, { value: { case: 'dimValue', value: BigInt(width) } }),
            ],
          }),
        }),
      },
    }),
  });

/** y = op(x, constant). */
function stepModel(op: 'Mul' | 'Add' | 'MatMul'): Uint8Array {
  const size = op === 'MatMul' ? width * width : 1;
  const data = Float32Array.from({ length: size }, (_, k) => Math.sin(k) / Math.sqrt(size));
  const dims = op === 'MatMul' ? [BigInt(width), BigInt(width)] : [];
  const weight = create(onnx.TensorProtoSchema, { name: 'w', dims, dataType: 1, rawData: new Uint8Array(data.buffer) });
  const node = create(onnx.NodeProtoSchema, { opType: op, input: ['x', 'w'], output: ['y'] });
  const graph = create(onnx.GraphProtoSchema, {
    name: op,
    input: [port('x')],
    output: [port('y')],
    node: [node],
    initializer: [weight],
  });
  const opsetImport = [create(onnx.OperatorSetIdProtoSchema, { domain: '', version: 17n })];
  return toBinary(onnx.ModelProtoSchema, create(onnx.ModelProtoSchema, { irVersion: 8n, opsetImport, graph }));
}

const tensors = `input { name: "x" data_type: TYPE_FP32 dims: [ ${width} ] }
output { name: "y" data_type: TYPE_FP32 dims: [ ${width} ] }
max_batch_size: 8`;

const ensemble = (fuse: boolean): string => {
  const steps = [
    ['scale', 'x', 'scaled'],
    ['middle', 'scaled', 'raw'],
    ['shift', 'raw', 'y'],
  ].map(
    ([name, from, to]) => `step { model_name: "${name}" model_version: -1
      input_map { key: "x" value: "${from}" } output_map { key: "y" value: "${to}" } }`,
  );
  return `platform: "ensemble"\n${tensors}\nensemble_scheduling { ${steps.join('\n')} }
parameters { key: "fuse" value { string_value: "${fuse ? 'on' : 'off'}" } }`;
};

async function repository(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'galerkin-ensembles-'));
  const add = async (name: string, config: string, bytes?: Uint8Array): Promise<void> => {
    await mkdir(join(folder, name, '1'), { recursive: true });
    await writeFile(join(folder, name, 'config.pbtxt'), config);
    if (bytes !== undefined) await writeFile(join(folder, name, '1', 'model.onnx'), bytes);
  };
  await add('scale', tensors, stepModel('Mul'));
  await add('middle', tensors, stepModel('MatMul'));
  await add('shift', tensors, stepModel('Add'));
  await add('fused', ensemble(true));
  await add('apart', ensemble(false));
  return folder;
}

const input: Tensor = { dtype: 'FP32', shape: [1, width], data: new Float32Array(width).fill(0.5) };
const asked = { question: { inputs: { x: input }, items: 1, maps: false, terms: plainTerms } };

type Engine = Awaited<ReturnType<typeof startEngine>>;

/** Requests per second of so many askers that each wait for their answers. */
async function perSecond(engine: Engine, name: string, askers: number): Promise<number> {
  const model = engine.find(name);
  const startMs = performance.now();
  let count = 0;
  const one = async (): Promise<void> => {
    while (performance.now() - startMs < durationMs) {
      await engine.ask(model, () => asked);
      count++;
    }
  };
  await Promise.all(Array.from({ length: askers }, one));
  return (1000 * count) / (performance.now() - startMs);
}

const names = ['fused', 'apart', 'middle'] as const;
type Series = Record<(typeof names)[number], number[]>;

async function measure(engine: Engine, askers: number): Promise<Series> {
  const found: Series = { fused: [], apart: [], middle: [] };
  for (let round = -warmUpRounds; round < rounds; round++) {
    for (const name of names) {
      const rate = await perSecond(engine, name, askers);
      if (round >= 0) found[name].push(rate);
    }
  }
  return found;
}

const figures = (askers: number, { fused, apart, middle }: Series): BenchResult[] => [
  {
    name: `three steps fused, ${askers} at once`,
    value: median(fused),
    unit: 'requests/s',
    ratio: ratioOf('the same steps one by one', fused, apart),
  },
  {
    name: `three steps fused, ${askers} at once`,
    value: median(fused),
    unit: 'requests/s',
    ratio: ratioOf('the middle step alone', fused, middle),
  },
  { name: `three steps one by one, ${askers} at once`, value: median(apart), unit: 'requests/s' },
];

export async function run(): Promise<BenchResult[]> {
  const folder = await repository();
  const config = serveOptions.parse({ repository: folder, threads: 1 });
  const engine = await startEngine(config, {
    backends: [onnxruntimeBackend],
    clock: systemClock,
    timers: systemTimers,
  });
  const results: BenchResult[] = [];
  for (const askers of [1, 16]) results.push(...figures(askers, await measure(engine, askers)));
  await engine.close(1000);
  await rm(folder, { recursive: true });
  return results;
}
