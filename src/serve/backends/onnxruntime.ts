// The default backend: each instance is a worker thread that holds the sessions of model.onnx and guard.onnx.
import { Worker } from 'node:worker_threads';
import { elementCount, GalerkinError, type Tensor } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';
import { isFixed, tensorOver, wantedBytes } from '../tensors/bytes.js';
import type { Backend, Computed, Instance, InstanceOptions, Job, Tensors } from './backend.js';
import { pendingCalls } from './calls.js';
import type { WorkerReply, WorkerStart } from './onnx-worker.js';

/** A worker that has not opened its sessions after this long is taken for stuck. */
const openTimeoutMs = 60_000;

/** One item of zeros for every input, sizes that are free being 1. */
function oneItem({ config, manifest }: ModelPackage): Tensors {
  const batch = config.max_batch_size > 0 ? [1] : [];
  const zeros = manifest.inputs.map(({ name, dtype, shape: dims }): [string, Tensor] => {
    const shape = [...batch, ...dims.map(Math.abs)];
    if (!isFixed(dtype))
      return [name, { dtype: 'BYTES', shape, data: new Array<string>(elementCount(shape)).fill('') }];
    return [name, tensorOver(dtype, shape, new ArrayBuffer(wantedBytes(dtype, shape)))];
  });
  return Object.fromEntries(zeros);
}

async function openWorker(model: ModelPackage, { threads }: InstanceOptions): Promise<Instance> {
  const { onnx } = model.manifest;
  if (onnx === undefined)
    throw new GalerkinError('MODEL_UNSERVABLE', { model: model.name, why: 'its manifest names no ONNX graph' });
  const [modelBytes, guardBytes] = await Promise.all([
    model.file(onnx.model),
    onnx.guard === undefined ? undefined : model.file(onnx.guard),
  ]);
  const start: WorkerStart = { modelBytes, guardBytes, threads, warmUp: oneItem(model) };
  const worker = new Worker(new URL('./onnx-worker.js', import.meta.url), {
    name: `${model.name}:${model.version}`,
    workerData: start,
    execArgv: [],
  });
  const calls = pendingCalls<WorkerReply>();
  let cause: unknown;
  worker.on('message', (reply: WorkerReply) => calls.deliver(reply.id, reply));
  worker.on('error', error => {
    cause = error;
  });
  const gone = new Promise<void>(resolve => {
    worker.once('exit', () => {
      resolve();
      calls.fail(new GalerkinError('INSTANCE_DIED', { model: model.name }, { cause }));
    });
  });
  const instance = threadInstance(model.name, worker, calls, gone);
  await opened(model.name, calls, instance);
  return instance;
}

function threadInstance(
  model: string,
  worker: Worker,
  calls: ReturnType<typeof pendingCalls<WorkerReply>>,
  gone: Promise<void>,
): Instance {
  const kill = (): void => {
    void worker.terminate();
  };
  return {
    depth: 2,
    gone,
    kill,
    async run(job: Job): Promise<Computed> {
      const { id, reply } = calls.begin();
      worker.postMessage({ id, job });
      const answer = await reply;
      if (!answer.ok) throw new GalerkinError('INFERENCE_FAILED', { model }, { cause: new Error(answer.message) });
      return answer.computed;
    },
    async close() {
      kill();
      await gone;
    },
  };
}

/** The worker's first message, number 0's place taken by call 1, says whether its sessions opened. */
async function opened(
  model: string,
  calls: ReturnType<typeof pendingCalls<WorkerReply>>,
  instance: Instance,
): Promise<void> {
  const { reply } = calls.begin();
  const timer = setTimeout(() => instance.kill(), openTimeoutMs);
  try {
    const answer = await reply;
    if (answer.ok) return;
    await instance.close();
    throw new GalerkinError('MODEL_UNSERVABLE', { model, why: `its graphs do not load (${answer.message})` });
  } finally {
    clearTimeout(timer);
  }
}

/** Opens a package with model.onnx, and guard.onnx where there is one, in a worker thread per instance. */
export const onnxruntimeBackend: Backend = { name: 'onnxruntime', open: openWorker };
