// ModelStreamInfer: many requests on one call. Answers keep the order of their requests, but for decoupled models, whose answers go as they come.
import type { Engine, RunningModel, TimedAnswer } from '../engine/engine.js';
import { statusOf } from './failure.js';
import { type InferMessage, readInferMessage } from './infer-message.js';
import type { Sources } from './infer-method.js';
import { type InferQuestion, questionOf } from './infer-question.js';
import { replyOf } from './infer-reply.js';
import { encodeReply, encodeStreamError, type InferReply, type ResponseParameters } from './infer-response.js';
import type { StreamCall, StreamListener, StreamMethod } from './method.js';
import { isDecoupled, modelOf } from './model-of.js';
import { ok } from './status.js';

/** Requests of one stream that may be computed at once; the rest waits in the client's window. */
const maxInFlight = 256;

const finalName = 'triton_final_response';

/** A request whose answer must wait for those before it. */
interface Turn {
  readonly ready: Buffer[];
  isDone: boolean;
}

interface Given {
  readonly asked: InferQuestion;
  readonly answered: TimedAnswer;
  readonly isFinal: boolean;
}

/** The answers of one request: one, or for a decoupled model any number. */
async function* answersOf(engine: Engine, model: RunningModel, read: () => InferQuestion): AsyncGenerator<Given> {
  yield { ...(await engine.ask(model, read)), isFinal: true };
}

class InferStream implements StreamListener {
  private readonly turns: Turn[] = [];
  private inFlight = 0;
  private isHalfClosed = false;
  private isBlocked = false;
  private isPaused = false;
  private isStopping = false;

  constructor(
    private readonly sources: Sources,
    private readonly call: StreamCall,
  ) {}

  message(bytes: Buffer): void {
    let message: InferMessage;
    try {
      message = readInferMessage(bytes);
    } catch (error) {
      // What does not even parse has no id to answer to; the bytes after it cannot be trusted either.
      this.call.finish(statusOf(error, this.call.path));
      return;
    }
    const turn: Turn = { ready: [], isDone: false };
    this.turns.push(turn);
    this.inFlight++;
    void this.answer(message, turn);
    this.regulate();
  }

  halfClosed(): void {
    this.isHalfClosed = true;
    this.finishIfDone();
  }

  drained(): void {
    this.isBlocked = false;
    this.regulate();
  }

  stopping(): void {
    this.isStopping = true;
    this.finishIfDone();
  }

  private async answer(message: InferMessage, turn: Turn): Promise<void> {
    let facts = { model: message.modelName, version: message.modelVersion, id: message.id };
    let decoupled = false;
    try {
      const model = modelOf(this.sources.engine, message.modelName, message.modelVersion);
      facts = { ...facts, version: model.served.version };
      decoupled = isDecoupled(model);
      if (decoupled) this.done(turn);
      await this.answerBy(model, message, decoupled ? undefined : turn);
    } catch (error) {
      this.refuse(error, { ...facts, parameters: { [finalName]: true } }, decoupled ? undefined : turn);
    }
    this.inFlight--;
    this.done(turn);
    this.regulate();
    this.finishIfDone();
  }

  private async answerBy(model: RunningModel, message: InferMessage, turn: Turn | undefined): Promise<void> {
    const { served } = model;
    const { engine, memory } = this.sources;
    const read = (): InferQuestion => questionOf(served, message, { caller: this.call, memory });
    let isEnded = false;
    let emptyFinal = false;
    for await (const { asked, answered, isFinal } of answersOf(engine, model, read)) {
      emptyFinal = asked.asked.emptyFinal;
      isEnded = isFinal;
      const reply = replyOf(served, asked, answered, memory);
      this.give(encodeReply({ ...reply, parameters: withFinal(reply.parameters, isFinal) }, true), turn);
    }
    if (isEnded || !emptyFinal) return;
    const empty: InferReply = {
      model: served.name,
      version: served.version,
      id: message.id,
      parameters: {},
      outputs: [],
    };
    this.give(encodeReply({ ...empty, parameters: withFinal({}, true) }, true), turn);
  }

  /** The error as a message of the stream, which goes on; or as its end, if the client wants real statuses. */
  private refuse(error: unknown, about: Omit<InferReply, 'outputs'>, turn: Turn | undefined): void {
    const status = statusOf(error, this.call.path, about.id);
    if (this.call.header('triton_grpc_error') === 'true') this.call.finish(status);
    else this.give(encodeStreamError(status.message, about), turn);
  }

  /** Sends now, or when the turn has come. */
  private give(message: Buffer, turn: Turn | undefined): void {
    if (turn === undefined || turn === this.turns[0]) this.send(message);
    else turn.ready.push(message);
  }

  private done(turn: Turn): void {
    turn.isDone = true;
    while (this.turns[0]?.isDone) {
      this.turns.shift();
      const next = this.turns[0];
      for (const message of next?.ready.splice(0) ?? []) this.send(message);
    }
  }

  private send(message: Buffer): void {
    if (!this.call.send(message)) this.isBlocked = true;
  }

  /** Reads on only while the client takes its answers and not too much is begun. */
  private regulate(): void {
    const shouldPause = this.isBlocked || this.inFlight >= maxInFlight;
    if (shouldPause === this.isPaused) return;
    this.isPaused = shouldPause;
    if (shouldPause) this.call.pause();
    else this.call.resume();
  }

  private finishIfDone(): void {
    if (this.inFlight > 0) return;
    if (this.isHalfClosed) this.call.finish(ok);
    else if (this.isStopping) this.call.finish({ code: 'UNAVAILABLE', message: 'the server is stopping' });
  }
}

const withFinal = (parameters: ResponseParameters, isFinal: boolean): ResponseParameters => ({
  ...parameters,
  [finalName]: isFinal,
});

export const streamMethod = (sources: Sources): StreamMethod => ({
  kind: 'stream',
  open: call => new InferStream(sources, call),
});
