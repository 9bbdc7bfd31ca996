// ModelInfer: one request, one answer.

import type { Clock } from '../../base/index.js';
import type { Arrival, Leave } from '../admission/admission.js';
import type { Engine, RunningModel } from '../engine/engine.js';
import type { SharedMemory } from '../protocol/shared-memory.js';
import { RequestTrace } from '../protocol/trace-events.js';
import type { TraceControl } from '../protocol/trace-settings.js';
import { statusOf } from './failure.js';
import { readInferMessage } from './infer-message.js';
import { questionOf } from './infer-question.js';
import { replyOf } from './infer-reply.js';
import { encodeReply } from './infer-response.js';
import type { Caller } from './infer-terms.js';
import type { CallInfo, UnaryMethod } from './method.js';
import { checkOneResponse, modelOf } from './model-of.js';
import type { Status } from './status.js';

/** What answers, where clients may leave tensors, and which requests are traced. */
export interface Sources {
  readonly engine: Engine;
  readonly memory: SharedMemory;
  readonly trace: TraceControl;
  readonly clock: Clock;
}

/** The trace of a request that has begun, if it is one of those to be traced. */
export function traceOf({ trace, clock }: Sources, model: string): RequestTrace | undefined {
  if (!trace.sample(model)) return undefined;
  const traced = new RequestTrace(clock.monotonic);
  traced.stamp('REQUEST_START');
  return traced;
}

/** What the engine's door wants to know of a request; its signal is only made if it must wait. */
export class WireArrival implements Arrival {
  readonly tenant: string;
  constructor(
    readonly bytes: number,
    private readonly caller: Caller,
  ) {
    this.tenant = caller.tenant;
  }

  get signal(): AbortSignal {
    return this.caller.signal;
  }
}

/** Publishes the trace of a request that was answered. */
export function endTrace(trace: RequestTrace, { served }: RunningModel, id: string): void {
  trace.stamp('REQUEST_END');
  trace.publish(served.name, served.version, id);
}

async function infer(sources: Sources, bytes: Buffer, call: CallInfo): Promise<Buffer | Status> {
  const { engine, memory } = sources;
  let id = '';
  let leave: Leave | undefined;
  try {
    const message = readInferMessage(bytes);
    id = message.id;
    const model = modelOf(engine, { name: message.modelName, version: message.modelVersion }, call);
    checkOneResponse(model);
    const trace = traceOf(sources, model.served.name);
    const entering = engine.admission.enter(new WireArrival(bytes.length, call));
    leave = entering instanceof Promise ? await entering : entering;
    const {
      asked,
      answered,
      model: home,
    } = await engine.ask(model, ({ served }) => questionOf(served, message, { caller: call, memory }));
    const reply = encodeReply(replyOf(home.served, asked, answered, memory), false);
    leave(answered.latencyMs);
    if (trace !== undefined) endTrace(trace, home, id);
    return reply;
  } catch (error) {
    leave?.();
    return statusOf(error, call.path, id);
  }
}

export const inferMethod = (sources: Sources): UnaryMethod => ({
  kind: 'unary',
  answer: (bytes, call) => infer(sources, bytes, call),
});
