// Served inference, binary over HTTP, against calling the runtime directly in a worker thread: what the server itself costs.
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { seededRandom } from 'galerkin/base';
import { type ModelPackage, readPackage } from 'galerkin/model';
import { serve } from 'galerkin/serve';
import type { DirectPlan } from './fixtures/serving-direct.js';
import type { LoadPlan, LoadReport } from './fixtures/serving-load.js';
import { servingRepository } from './fixtures/serving-model.js';
import { type BenchResult, median, ratioOf } from './result.js';

const rounds = 7;
/** Unmeasured: the engine compiles hot code for more than a second. */
const warmUpRounds = 2;
const durationMs = 700;
const threads = 1;

/** Asks a worker for one measurement. */
async function measured(worker: Worker, order: unknown): Promise<LoadReport> {
  worker.postMessage(order);
  const [report]: LoadReport[] = await once(worker, 'message');
  return report;
}

const perSecond = ({ latenciesMs, elapsedMs }: LoadReport): number => (1000 * latenciesMs.length) / elapsedMs;
const p50 = ({ latenciesMs }: LoadReport): number => median([...latenciesMs]);

function requestBytes(model: ModelPackage, values: Float32Array, port: number): Uint8Array {
  const [input] = model.manifest.inputs;
  const shape = [1, ...input.shape];
  const tensor = { name: input.name, datatype: 'FP32', shape, parameters: { binary_data_size: values.byteLength } };
  const json = JSON.stringify({ inputs: [tensor], parameters: { binary_data_output: true, guard: 'annotate' } });
  const head = [
    'POST /v2/models/darcy/infer HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    `Inference-Header-Content-Length: ${json.length}`,
    `Content-Length: ${json.length + values.byteLength}`,
    '\r\n',
  ].join('\r\n');
  return Buffer.concat([Buffer.from(head + json), Buffer.from(values.buffer)]);
}

const hasGuard = ({ manifest }: ModelPackage): boolean => manifest.onnx?.guard !== undefined;

/** @param guarded also run the guard, where there is one */
async function openDirect(model: ModelPackage, values: Float32Array, guarded: boolean): Promise<Worker> {
  const { onnx, inputs } = model.manifest;
  const plan: DirectPlan = {
    model: await model.file(onnx?.model ?? 'model.onnx'),
    guard: guarded && onnx?.guard !== undefined ? await model.file(onnx.guard) : undefined,
    input: inputs[0].name,
    shape: [1, ...inputs[0].shape],
    values,
    threads,
  };
  return new Worker(new URL('./fixtures/serving-direct.js', import.meta.url), { workerData: plan, execArgv: [] });
}

interface Rounds {
  /** The model alone, without its guard. */
  readonly alone: LoadReport[];
  readonly direct: LoadReport[];
  readonly one: LoadReport[];
  readonly sixteen: LoadReport[];
}

async function measure(alone: Worker, direct: Worker, load: Worker): Promise<Rounds> {
  const found: Rounds = { alone: [], direct: [], one: [], sixteen: [] };
  for (let k = -warmUpRounds; k < rounds; k++) {
    const reports = [
      await measured(alone, durationMs),
      await measured(direct, durationMs),
      await measured(load, { connections: 1, durationMs }),
      await measured(load, { connections: 16, durationMs }),
    ];
    if (k < 0) continue;
    found.alone.push(reports[0]);
    found.direct.push(reports[1]);
    found.one.push(reports[2]);
    found.sixteen.push(reports[3]);
  }
  return found;
}

/** What the guard costs: the model and its guard over the model alone. */
function guardCost({ alone, direct }: Rounds): BenchResult {
  const [both, model] = [direct, alone].map(reports => reports.map(report => 1000 * p50(report)));
  return {
    name: 'model and guard, median time',
    value: median(both),
    unit: 'us',
    ratio: ratioOf('the model alone', both, model),
  };
}

function figures(found: Rounds, what: string, guarded: boolean): BenchResult[] {
  const { direct, one, sixteen } = found;
  const base = direct.map(perSecond);
  const throughput = (name: string, reports: readonly LoadReport[]): BenchResult => {
    const values = reports.map(perSecond);
    return {
      name,
      value: median(values),
      unit: 'requests/s',
      ratio: ratioOf('the runtime called directly', values, base),
    };
  };
  const overheads = one.map((report, k) => 1000 * (p50(report) - p50(direct[k])));
  return [
    {
      name: 'the runtime called directly in a worker',
      value: median(base),
      unit: 'runs/s',
      note: `${what}, batch 1, ${threads} thread`,
    },
    throughput('served, concurrency 1', one),
    throughput('served, concurrency 16', sixteen),
    { name: 'direct, median time', value: 1000 * median(direct.map(p50)), unit: 'us' },
    ...(guarded ? [guardCost(found)] : []),
    { name: 'served, concurrency 1, median time', value: 1000 * median(one.map(p50)), unit: 'us' },
    {
      name: 'own overhead of a request, median',
      value: median(overheads),
      unit: 'us',
      note: `${Math.min(...overheads).toFixed(0)} to ${Math.max(...overheads).toFixed(0)} over ${rounds} rounds`,
    },
  ];
}

/** Throughput and time per request, each round measuring all of them in turn. */
export async function run(): Promise<BenchResult[]> {
  const { repository, what } = await servingRepository();
  const server = await serve({ repository, port: 0, threads });
  const model = await readPackage(repository, 'darcy');
  const random = seededRandom(3);
  const size = model.manifest.inputs[0].shape.reduce((product, each) => product * each, 1);
  const values = Float32Array.from({ length: size }, () => (random.uniform() < 0.5 ? 3 : 12));
  const direct = await openDirect(model, values, true);
  const alone = await openDirect(model, values, false);
  const plan: LoadPlan = { port: server.port, request: requestBytes(model, values, server.port) };
  const load = new Worker(new URL('./fixtures/serving-load.js', import.meta.url), { workerData: plan, execArgv: [] });
  const found = await measure(alone, direct, load);
  await Promise.all([alone.terminate(), direct.terminate(), load.terminate(), server.close()]);
  await rm(repository, { recursive: true });
  return figures(found, what, hasGuard(model));
}
