// The inside of a worker thread: opens the two sessions, then answers one job after another, in order.
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../../base/index.js';
import type { Computed, Job, Tensors } from './backend.js';
import { type OnnxSession, openOnnx } from './onnx-session.js';
import { fromWire, movable, toWire, type WireList, type WireOrder } from './worker-wire.js';

export interface WorkerStart {
  readonly modelBytes: Uint8Array;
  readonly guardBytes: Uint8Array | undefined;
  readonly threads: number;
  /** The model's inputs, in the order of every call. */
  readonly inputs: WireOrder;
  /** One item of zeros, to be computed once before the first request. */
  readonly warmUp: Tensors;
}

/** The order of what comes back. */
export interface WorkerOpened {
  readonly outputs: WireOrder;
  readonly facts: WireOrder;
}

/** Number, guard, inputs, and outputs where they are given. */
export type WorkerCall = readonly [id: number, guard: Job['guard'], inputs: WireList, outputs: WireList | undefined];

/** Number and what was computed; or number and why it failed. The first reply, number 1, says what the graphs give. */
export type WorkerReply =
  | readonly [id: number, inferMs: number, outputs: WireList, facts: WireList | undefined]
  | readonly [id: number, reason: string]
  | readonly [id: number, opened: WorkerOpened];

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
  const fail = (id: number, error: unknown): void => port.postMessage([id, messageOf(error)] satisfies WorkerReply);
  let sessions: Awaited<ReturnType<typeof openSessions>>;
  try {
    sessions = await openSessions(start);
  } catch (error) {
    fail(1, error);
    return;
  }
  const { model, guard } = sessions;
  const facts = guard?.outputs ?? [];
  const answer = async ([id, asked, inputs, given]: WorkerCall): Promise<void> => {
    try {
      const outputs = given === undefined ? {} : { outputs: fromWire(model.outputs, given) };
      const computed = await compute(model, guard, { inputs: fromWire(start.inputs, inputs), guard: asked, ...outputs });
      const lists = [toWire(model.outputs, computed.outputs), computed.guard && toWire(facts, computed.guard)] as const;
      const buffers = [...movable(lists[0]), ...movable(lists[1] ?? [])];
      port.postMessage([id, computed.inferMs, ...lists] satisfies WorkerReply, buffers);
    } catch (error) {
      fail(id, error);
    }
  };
  let turn: Promise<unknown> = Promise.resolve();
  port.on('message', (call: WorkerCall) => {
    turn = turn.then(() => answer(call));
  });
  port.postMessage([1, { outputs: model.outputs, facts }] satisfies WorkerReply);
}

await main(workerData);
