// The default backend: each instance is a worker thread that holds the sessions of model.onnx and guard.onnx.
import { Worker } from 'node:worker_threads';
import { elementCount, GalerkinError, type Tensor } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';
import { isFixed, tensorOver, wantedBytes } from '../tensors/bytes.js';
import type { Backend, Computed, Instance, InstanceOptions, Job, Tensors } from './backend.js';
import { type Calls, pendingCalls } from './calls.js';
import type { WorkerCall, WorkerOpened, WorkerReply, WorkerStart } from './onnx-worker.js';
import { fromWire, toWire, type WireOrder } from './worker-wire.js';

/** A worker that has not opened its sessions after this long is taken for stuck. */
const openTimeoutMs = 60_000;

/** One item of zeros for every input, sizes that are free being 1. */
function oneItem({ config, inputs }: ModelPackage): Tensors {
  const batch = config.max_batch_size > 0 ? [1] : [];
  const zeros = inputs.map(({ name, dtype, dims }): [string, Tensor] => {
    const shape = [...batch, ...dims.map(Math.abs)];
    if (!isFixed(dtype))
      return [name, { dtype: 'BYTES', shape, data: new Array<string>(elementCount(shape)).fill('') }];
    return [name, tensorOver(dtype, shape, new ArrayBuffer(wantedBytes(dtype, shape)))];
  });
  return Object.fromEntries(zeros);
}

async function openWorker(model: ModelPackage, { threads }: InstanceOptions): Promise<Instance> {
  const { modelFile, manifest } = model;
  if (modelFile === undefined)
    throw new GalerkinError('MODEL_UNSERVABLE', { model: model.name, why: 'its manifest names no ONNX graph' });
  const guard = manifest?.onnx?.guard;
  const [modelBytes, guardBytes] = await Promise.all([
    model.file(modelFile),
    guard === undefined ? undefined : model.file(guard),
  ]);
  const inputs = model.inputs.map(({ name, dtype }) => ({ name, dtype }));
  const start: WorkerStart = { modelBytes, guardBytes, threads, inputs, warmUp: oneItem(model) };
  const worker = new Worker(new URL('./onnx-worker.js', import.meta.url), {
    name: `${model.name}:${model.version}`,
    workerData: start,
    execArgv: [],
  });
  const calls = pendingCalls<WorkerReply>();
  let cause: unknown;
  worker.on('message', (reply: WorkerReply) => calls.deliver(reply[0], reply));
  worker.on('error', error => {
    cause = error;
  });
  const gone = new Promise<void>(resolve => {
    worker.once('exit', () => {
      resolve();
      calls.fail(new GalerkinError('INSTANCE_DIED', { model: model.name }, { cause }));
    });
  });
  const kill = (): void => {
    void worker.terminate();
  };
  const orders = await opened(model.name, calls, { kill, gone });
  return threadInstance({ model: model.name, worker, calls, gone, kill, orders: { inputs, ...orders } });
}

interface Thread {
  readonly model: string;
  readonly worker: Worker;
  readonly calls: Calls<WorkerReply>;
  readonly gone: Promise<void>;
  readonly orders: WorkerOpened & { readonly inputs: WireOrder };
  kill(): void;
}

function threadInstance({ model, worker, calls, gone, kill, orders }: Thread): Instance {
  return {
    depth: 2,
    gone,
    kill,
    async run({ inputs, outputs, guard }: Job): Promise<Computed> {
      const { id, reply } = calls.begin();
      const given = outputs && toWire(orders.outputs, outputs);
      worker.postMessage([id, guard, toWire(orders.inputs, inputs), given] satisfies WorkerCall);
      const [, figure, computed, facts] = await reply;
      if (typeof figure !== 'number' || computed === undefined) {
        throw new GalerkinError('INFERENCE_FAILED', { model }, { cause: new Error(String(figure)) });
      }
      const answer = { inferMs: figure, outputs: fromWire(orders.outputs, computed) };
      return facts === undefined ? answer : { ...answer, guard: fromWire(orders.facts, facts) };
    },
    async close() {
      kill();
      await gone;
    },
  };
}

/** The worker's first message, in reply to call 1 that nobody sends, says whether its sessions opened and what they give. */
async function opened(
  model: string,
  calls: Calls<WorkerReply>,
  { kill, gone }: Pick<Instance, 'kill' | 'gone'>,
): Promise<WorkerOpened> {
  const { reply } = calls.begin();
  const timer = setTimeout(kill, openTimeoutMs);
  try {
    const [, answer] = await reply;
    if (typeof answer === 'object') return answer;
    kill();
    await gone;
    throw new GalerkinError('MODEL_UNSERVABLE', { model, why: `its graphs do not load (${answer})` });
  } finally {
    clearTimeout(timer);
  }
}

/** Opens a package with model.onnx, and guard.onnx where there is one, in a worker thread per instance. */
export const onnxruntimeBackend: Backend = { name: 'onnxruntime', open: openWorker };
