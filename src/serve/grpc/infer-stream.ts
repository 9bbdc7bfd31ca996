// ModelStreamInfer: many requests on one call. Answers keep the order of their requests, but for decoupled models, whose answers go as they come.
import type { Leave } from '../admission/admission.js';
import type { RunningModel } from '../engine/engine.js';
import type { ServedModel } from '../engine/served-model.js';
import { statusOf } from './failure.js';
import { type InferMessage, readInferMessage } from './infer-message.js';
import { endTrace, type Sources, traceOf, WireArrival } from './infer-method.js';
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

class InferStream implements StreamListener {
  private readonly turns: Turn[] = [];
  /** Answers that go on when the client has taken what was sent. */
  private readonly waiting: (() => void)[] = [];
  private inFlight = 0;
  private isHalfClosed = false;
  private isBlocked = false;
  private isPaused = false;
  private isStopping = false;
  private isClosed = false;

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
    void this.answer(message, bytes.length, turn);
    this.regulate();
  }

  halfClosed(): void {
    this.isHalfClosed = true;
    this.finishIfDone();
  }

  drained(): void {
    this.isBlocked = false;
    for (const resolve of this.waiting.splice(0)) resolve();
    this.regulate();
  }

  closed(): void {
    this.isClosed = true;
    this.drained();
  }

  stopping(): void {
    this.isStopping = true;
    this.finishIfDone();
  }

  private async answer(message: InferMessage, bytes: number, turn: Turn): Promise<void> {
    let facts = { model: message.modelName, version: message.modelVersion, id: message.id };
    let ownTurn: Turn | undefined = turn;
    let leave: Leave | undefined;
    try {
      const asked = { name: message.modelName, version: message.modelVersion };
      const model = modelOf(this.sources.engine, asked, this.call);
      facts = { ...facts, version: model.served.version };
      if (isDecoupled(model)) {
        ownTurn = undefined;
        this.done(turn);
      }
      const entering = this.sources.engine.admission.enter(new WireArrival(bytes, this.call));
      leave = entering instanceof Promise ? await entering : entering;
      const trace = traceOf(this.sources, model.served.name);
      leave(await this.answerBy(model, message, ownTurn));
      if (trace !== undefined) endTrace(trace, model, message.id);
    } catch (error) {
      leave?.();
      this.refuse(error, { ...facts, parameters: { [finalName]: true } }, ownTurn);
    }
    this.inFlight--;
    this.done(turn);
    this.regulate();
    this.finishIfDone();
  }

  /** @returns the time that its answers took, in ms */
  private async answerBy(model: RunningModel, message: InferMessage, turn: Turn | undefined): Promise<number> {
    let { served } = model;
    const { engine, memory } = this.sources;
    const read = (home: RunningModel): InferQuestion => questionOf(home.served, message, { caller: this.call, memory });
    let isEnded = false;
    let emptyFinal = false;
    let latencyMs = 0;
    for await (const { model: home, asked, answered, isFinal } of engine.stream(model, read)) {
      served = home.served;
      emptyFinal = asked.asked.emptyFinal;
      isEnded = isFinal;
      latencyMs += answered.latencyMs;
      const reply = replyOf(served, asked, answered, memory);
      this.give(encodeReply({ ...reply, parameters: withFinal(reply.parameters, isFinal) }, true), turn);
      await this.writable();
      if (this.isClosed) break;
    }
    if (!isEnded && emptyFinal) {
      const nothing: InferReply = { ...headOf(served, message.id), parameters: withFinal({}, true), outputs: [] };
      this.give(encodeReply(nothing, true), turn);
    }
    return latencyMs;
  }

  /** When the client has taken enough of what was sent; a long answer waits for that before its next part is computed. */
  private writable(): Promise<void> | undefined {
    if (!this.isBlocked) return undefined;
    return new Promise(resolve => this.waiting.push(resolve));
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
    if (this.isClosed || shouldPause === this.isPaused) return;
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

const headOf = ({ name, version }: ServedModel, id: string) => ({ model: name, version, id });

const withFinal = (parameters: ResponseParameters, isFinal: boolean): ResponseParameters => ({
  ...parameters,
  [finalName]: isFinal,
});

export const streamMethod = (sources: Sources): StreamMethod => ({
  kind: 'stream',
  open: call => new InferStream(sources, call),
});
