// The inside of an instance: opens the model and its guard, warms them, then answers one call after another, in order.
import { dtypeBytes, elementCount, type Tensor } from '../../base/index.js';
import { isFixed, tensorOver } from '../tensors/bytes.js';
import type { Computed, Job, Tensors } from './backend.js';
import type { SessionsCall, SessionsReply, SessionsStart } from './onnx-protocol.js';
import { type OnnxSession, openOnnx } from './onnx-session.js';
import { fromWire, movable, toWire, type WireOrder } from './worker-wire.js';

/** The way to the server. */
export interface ServicePort {
  post(reply: SessionsReply, buffers: ArrayBuffer[]): void;
  onCall(listener: (call: SessionsCall) => void): void;
  /** Where ending is not the end of a thread or a process: frees the native memory. */
  onEnd?(listener: () => Promise<void>): void;
}

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

/** One item of zeros of an input, free sizes being 1; texts are '0', which casts to numbers. */
function zeros({ dtype, shape }: OnnxSession['inputs'][number]): Tensor {
  const sizes = shape.map(size => (typeof size === 'number' && size > 0 ? size : 1));
  const count = elementCount(sizes);
  if (!isFixed(dtype)) return { dtype: 'BYTES', shape: sizes, data: new Array<string>(count).fill('0') };
  return tensorOver(dtype, sizes, new ArrayBuffer(count * dtypeBytes[dtype]));
}

/** Runs before the first request, at least. */
const warmUpRuns = 3;
/** So long it is given to show a run as quick as it must be. */
const quickWithinMs = 200;

/**
 * So that the first request does not pay for what the runtime puts off. The results are nobody's, and so are failures.
 * @returns how long the quickest run took
 */
async function warmUp(model: OnnxSession, guard: OnnxSession | undefined, start: SessionsStart): Promise<number> {
  const { warmUps: feeds, quickMs } = start;
  const rest = Object.fromEntries(model.inputs.map(input => [input.name, zeros(input)]));
  const least = Math.max(warmUpRuns, feeds.length);
  let [quickestMs, spentMs] = [Infinity, 0];
  for (let run = 0; run < least || (quickestMs > quickMs && spentMs < quickWithinMs); run++) {
    const inputs = { ...rest, ...feeds[run % feeds.length] };
    const { inferMs } = await compute(model, guard, { inputs, guard: 'figures' }).catch(() => ({ inferMs: 0 }));
    quickestMs = Math.min(quickestMs, inferMs);
    spentMs += inferMs;
  }
  return quickestMs;
}

/** What clients send, then what the graphs want besides: controls and states of sequences. */
function allInputs(sent: WireOrder, model: OnnxSession): WireOrder {
  const more = model.inputs.filter(({ name }) => !sent.some(each => each.name === name));
  return [...sent, ...more.map(({ name, dtype }) => ({ name, dtype }))];
}

async function openBoth(start: SessionsStart) {
  const { model: source, guard: guardSource, terms } = start;
  const [model, guard] = await Promise.all([
    openOnnx(source, terms),
    guardSource === undefined ? undefined : openOnnx(guardSource, { ...terms, prepack: true }),
  ]);
  return { model, guard, warmUpMs: await warmUp(model, guard, start) };
}

/** Answers until the thread or process ends; `answered` is called after each answer. */
export async function serveSessions(start: SessionsStart, port: ServicePort, answered: () => void): Promise<void> {
  const fail = (id: number, error: unknown): void => port.post([id, messageOf(error)], []);
  let both: Awaited<ReturnType<typeof openBoth>>;
  try {
    both = await openBoth(start);
  } catch (error) {
    fail(1, error);
    return;
  }
  const { model, guard, warmUpMs } = both;
  const inputs = allInputs(start.inputs, model);
  const facts = guard?.outputs ?? [];
  const answer = async ([id, asked, sent, given]: SessionsCall): Promise<void> => {
    try {
      const outputs = given === undefined ? {} : { outputs: fromWire(model.outputs, given) };
      const computed = await compute(model, guard, { inputs: fromWire(inputs, sent), guard: asked, ...outputs });
      const lists = [toWire(model.outputs, computed.outputs), computed.guard && toWire(facts, computed.guard)] as const;
      port.post([id, computed.inferMs, ...lists], [...movable(lists[0]), ...movable(lists[1] ?? [])]);
    } catch (error) {
      fail(id, error);
    }
    answered();
  };
  let turn: Promise<unknown> = Promise.resolve();
  port.onCall(call => {
    turn = turn.then(() => answer(call));
  });
  port.onEnd?.(async () => {
    await turn;
    await Promise.all([model.close(), guard?.close()]);
  });
  port.post([1, { inputs, outputs: model.outputs, facts, warmUpMs }], []);
}
