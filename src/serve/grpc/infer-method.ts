// ModelInfer: one request, one answer.
import type { Arrival, Leave } from '../admission/admission.js';
import type { Engine } from '../engine/engine.js';
import type { SharedMemory } from '../protocol/shared-memory.js';
import { statusOf } from './failure.js';
import { readInferMessage } from './infer-message.js';
import { questionOf } from './infer-question.js';
import { replyOf } from './infer-reply.js';
import { encodeReply } from './infer-response.js';
import type { Caller } from './infer-terms.js';
import type { CallInfo, UnaryMethod } from './method.js';
import { checkOneResponse, modelOf } from './model-of.js';
import type { Status } from './status.js';

/** What answers, and where clients may leave tensors. */
export interface Sources {
  readonly engine: Engine;
  readonly memory: SharedMemory;
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

async function infer({ engine, memory }: Sources, bytes: Buffer, call: CallInfo): Promise<Buffer | Status> {
  let id = '';
  let leave: Leave | undefined;
  try {
    const message = readInferMessage(bytes);
    id = message.id;
    const model = modelOf(engine, message.modelName, message.modelVersion);
    checkOneResponse(model);
    const entering = engine.admission.enter(new WireArrival(bytes.length, call));
    leave = entering instanceof Promise ? await entering : entering;
    const { asked, answered } = await engine.ask(model, () =>
      questionOf(model.served, message, { caller: call, memory }),
    );
    const reply = encodeReply(replyOf(model.served, asked, answered, memory), false);
    leave(answered.latencyMs);
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
