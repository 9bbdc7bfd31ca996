// The inside of a worker thread: opens the two sessions, then answers one job after another, in order.
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../../base/index.js';
import type { Computed, Job, Tensors } from './backend.js';
import { type OnnxSession, openOnnx } from './onnx-session.js';
import { transferable } from './transferable.js';

export interface WorkerStart {
  readonly modelBytes: Uint8Array;
  readonly guardBytes: Uint8Array | undefined;
  readonly threads: number;
  /** One item of zeros, to be computed once before the first request. */
  readonly warmUp: Tensors;
}

export interface WorkerCall {
  readonly id: number;
  readonly job: Job;
}

export type WorkerReply =
  | { readonly id: number; readonly ok: true; readonly computed: Computed }
  | { readonly id: number; readonly ok: false; readonly message: string };

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function compute(model: OnnxSession, guard: OnnxSession | undefined, job: Job): Promise<Computed> {
  const startMs = performance.now();
  const outputs = job.outputs ?? (await model.run(job.inputs));
  if (guard === undefined || job.guard === 'none') return { outputs, inferMs: performance.now() - startMs };
  const facts = await guard.run({ ...job.inputs, ...outputs });
  const inferMs = performance.now() - startMs;
  return { outputs, guard: job.guard === 'all' ? facts : withoutMaps(facts), inferMs };
}

/** The guard's outputs of one figure per item, which are all that most requests ask for. */
function withoutMaps(facts: Tensors): Tensors {
  return Object.fromEntries(Object.entries(facts).filter(([, tensor]) => tensor.shape.length <= 1));
}

async function openSessions({ modelBytes, guardBytes, threads, warmUp: zeros }: WorkerStart) {
  const [model, guard] = await Promise.all([
    openOnnx(modelBytes, threads),
    guardBytes === undefined ? undefined : openOnnx(guardBytes, threads),
  ]);
  await warmUp(model, guard, zeros);
  return { model, guard };
}

/** Computes the zeros once, so that the first request does not pay for what the runtime puts off; their result is nobody's. */
async function warmUp(model: OnnxSession, guard: OnnxSession | undefined, inputs: Tensors): Promise<void> {
  await compute(model, guard, { inputs, guard: 'figures' }).catch(() => undefined);
}

async function main(start: WorkerStart): Promise<void> {
  const port = parentPort;
  invariant(port !== null, 'the worker runs outside a worker thread');
  const send = (reply: WorkerReply): void => {
    const { outputs, guard } = reply.ok ? reply.computed : {};
    port.postMessage(reply, transferable({ ...outputs, ...guard }));
  };
  const sessions = openSessions(start);
  let turn: Promise<unknown> = sessions;
  const answer = async ({ id, job }: WorkerCall): Promise<void> => {
    try {
      const { model, guard } = await sessions;
      send({ id, ok: true, computed: await compute(model, guard, job) });
    } catch (error) {
      send({ id, ok: false, message: messageOf(error) });
    }
  };
  port.on('message', (call: WorkerCall) => {
    turn = turn.then(() => answer(call));
  });
  await sessions.then(
    () => send({ id: 1, ok: true, computed: { outputs: {}, inferMs: 0 } }),
    (error: unknown) => send({ id: 1, ok: false, message: messageOf(error) }),
  );
}

await main(workerData);
