// ModelInfer: one request, one answer.
import type { Engine } from '../engine/engine.js';
import type { SharedMemory } from '../protocol/shared-memory.js';
import { statusOf } from './failure.js';
import { readInferMessage } from './infer-message.js';
import { questionOf } from './infer-question.js';
import { replyOf } from './infer-reply.js';
import { encodeReply } from './infer-response.js';
import type { CallInfo, UnaryMethod } from './method.js';
import { checkOneResponse, modelOf } from './model-of.js';
import type { Status } from './status.js';

/** What answers, and where clients may leave tensors. */
export interface Sources {
  readonly engine: Engine;
  readonly memory: SharedMemory;
}

async function infer({ engine, memory }: Sources, bytes: Buffer, call: CallInfo): Promise<Buffer | Status> {
  let id = '';
  try {
    const message = readInferMessage(bytes);
    id = message.id;
    const model = modelOf(engine, message.modelName, message.modelVersion);
    checkOneResponse(model);
    const { asked, answered } = await engine.ask(model, () =>
      questionOf(model.served, message, { caller: call, memory }),
    );
    return encodeReply(replyOf(model.served, asked, answered, memory), false);
  } catch (error) {
    return statusOf(error, call.path, id);
  }
}

export const inferMethod = (sources: Sources): UnaryMethod => ({
  kind: 'unary',
  answer: (bytes, call) => infer(sources, bytes, call),
});
