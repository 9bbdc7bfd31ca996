// What a call is to the method that answers it, whatever carries the bytes.
import type { Caller } from './infer-terms.js';
import type { Status } from './status.js';

export interface CallInfo extends Caller {
  /** Such as /inference.GRPCInferenceService/ModelInfer */
  readonly path: string;
  /** A header of the request, by its name in lower case. */
  header(name: string): string | undefined;
  /** Of the client. */
  readonly address?: string | undefined;
}

/** One message in, one out. Messages out lie behind gRPC's prefix, as ./table-encode.ts makes them. */
export interface UnaryMethod {
  readonly kind: 'unary';
  /** The answer, or how the call failed. What it throws becomes a status too. */
  answer(message: Buffer, call: CallInfo): Buffer | Promise<Buffer | Status>;
}

/** A call that many messages go to and come from. */
export interface StreamCall extends CallInfo {
  /** Sends a message. @returns false when what was sent piles up: wait for `drained` */
  send(framed: Buffer): boolean;
  /** Ends the call; nothing can be sent after it. */
  finish(status: Status): void;
  /** Takes no more messages from the client until `resume`; its window then fills. */
  pause(): void;
  resume(): void;
}

export interface StreamListener {
  message(bytes: Buffer): void;
  /** The client sends no more. */
  halfClosed(): void;
  drained(): void;
  /** The call is over, whoever ended it; nothing that is sent arrives any more. */
  closed(): void;
  /** The server stops: finish what is begun, then the call. */
  stopping(): void;
}

export interface StreamMethod {
  readonly kind: 'stream';
  open(call: StreamCall): StreamListener;
}

export type Method = UnaryMethod | StreamMethod;
/** Methods by path. */
export type Methods = ReadonlyMap<string, Method>;
