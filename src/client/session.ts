// A session: many requests over one WebSocket, answers as they are ready, and events of the server.
import { codeOfStatus, GalerkinClientError } from './errors.js';
import { type InferInput, type InferTerms, writeInferRequest } from './infer-request.js';
import { type InferAnswer, readInferAnswer } from './infer-response.js';
import type { JsonRecord } from './json.js';
import { type Limit, startLimit } from './limit.js';
import type { ClientTimers } from './timers.js';
import { type WaitingAnswers, waitingAnswers } from './waiting-answers.js';
import { type Frame, type OpenWebSocket, readFrame, type WebSocketLike } from './web-socket.js';

export type SessionEvent = 'models' | 'statistics' | 'guard';

export interface SessionInferOptions extends InferTerms {
  readonly version?: string;
  readonly signal?: AbortSignal;
  readonly deadlineMs?: number;
}

export interface Session {
  /** One question, one answer: the last, where a model gives several. Never tried again. */
  infer(
    model: string,
    inputs: Readonly<Record<string, InferInput>>,
    options?: SessionInferOptions,
  ): Promise<InferAnswer>;
  /** Every answer of a model that gives several, as they come; they wait in memory until they are read. No deadline unless given. */
  inferStream(
    model: string,
    inputs: Readonly<Record<string, InferInput>>,
    options?: SessionInferOptions,
  ): AsyncGenerator<InferAnswer>;
  /** Tells `listener` of these events, instead of those asked for before. */
  subscribe(events: readonly SessionEvent[], listener: (event: JsonRecord) => void): void;
  unsubscribe(): void;
  /** Requests without an answer fail (CONNECTION). */
  close(): void;
  /** Fulfilled when the connection is gone, whoever closed it. */
  readonly closed: Promise<void>;
}

export interface SessionOptions {
  readonly url: string;
  readonly open: OpenWebSocket;
  readonly timers: ClientTimers;
  readonly deadlineMs: number;
}

const gone = (): GalerkinClientError => new GalerkinClientError('CONNECTION', 'The WebSocket is closed.');

function refusalOf({ error, status, ...facts }: JsonRecord): GalerkinClientError {
  const code = typeof status === 'number' ? codeOfStatus(status) : 'SERVER';
  const message = typeof error === 'string' ? error : 'The server gave no reason.';
  return new GalerkinClientError(code, message, { facts, ...(typeof status === 'number' ? { status } : {}) });
}

/** Bytes before the JSON of a binary frame: its length. */
const lengthBytes = 4;

/** A connection and what runs over it. */
interface Wire {
  readonly socket: WebSocketLike;
  readonly timers: ClientTimers;
  readonly running: Map<string, WaitingAnswers>;
  tell: (event: JsonRecord) => void;
  isClosed: boolean;
  /** Requests so far, for their ids. */
  count: number;
}

function settle({ running, tell }: Wire, { json, buffer, tailAt }: Frame): void {
  if (json.type === 'event') tell(json);
  const answers = typeof json.id === 'string' ? running.get(json.id) : undefined;
  if (json.type === 'error') answers?.fail(refusalOf(json));
  if (json.type !== 'answer' || answers === undefined) return;
  try {
    answers.put(readInferAnswer(json, buffer, tailAt), json.final !== false);
  } catch (error) {
    answers.fail(error);
  }
}

/** Routes what comes; fulfilled when nothing more can come. */
function listen(wire: Wire): Promise<void> {
  const { socket, running } = wire;
  socket.addEventListener('message', event => {
    let frame: Frame;
    try {
      frame = readFrame(event);
    } catch {
      // It belongs to no request: the server, or what stands before it, does not speak this protocol.
      socket.close(4002, 'unreadable frame');
      return;
    }
    settle(wire, frame);
  });
  return new Promise<void>(resolve => {
    socket.addEventListener('close', () => {
      wire.isClosed = true;
      for (const answers of running.values()) answers.fail(gone());
      resolve();
    });
  });
}

interface Asked {
  readonly model: string;
  readonly inputs: Readonly<Record<string, InferInput>>;
  readonly options: SessionInferOptions;
}

function frameOf(id: string, { model, inputs, options }: Asked): Uint8Array<ArrayBuffer> {
  const { version, signal: _signal, deadlineMs: _deadlineMs, ...terms } = options;
  const members = { type: 'infer', model, ...(version === undefined ? {} : { version }) };
  const { body, jsonBytes } = writeInferRequest(inputs, { ...terms, id }, { members, leadBytes: lengthBytes });
  new DataView(body.buffer).setUint32(0, jsonBytes, true);
  return body;
}

/** Sends a request and gives its answers; leaving early, and a deadline or signal, tell the server to stop. */
async function* ask(wire: Wire, asked: Asked): AsyncGenerator<InferAnswer> {
  const { socket, running, timers } = wire;
  const { signal, deadlineMs = Number.POSITIVE_INFINITY } = asked.options;
  if (wire.isClosed) throw gone();
  wire.count += 1;
  const id = asked.options.id ?? `request ${wire.count}`;
  if (running.has(id)) throw new GalerkinClientError('ARGUMENT', `The id '${id}' is still running in this session.`);
  const frame = frameOf(id, asked);
  const limit = startLimit({ timers, deadlineMs, signal });
  const answers = waitingAnswers();
  limit.signal.addEventListener('abort', () => answers.fail(limit.reason), { once: true });
  running.set(id, answers);
  let isRunning = false;
  try {
    if (limit.reason !== undefined) throw limit.reason;
    socket.send(frame);
    isRunning = true;
    for (let answer = await answers.next(); answer !== undefined; answer = await answers.next()) yield answer;
    isRunning = false;
  } catch (error) {
    // What the server refused has ended there.
    isRunning &&= limit.reason !== undefined;
    throw error;
  } finally {
    limit.release();
    running.delete(id);
    if (isRunning && !wire.isClosed) socket.send(JSON.stringify({ type: 'cancel', id }));
  }
}

/** Waits until the connection stands. */
function opened(socket: WebSocketLike, limit: Limit): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const fail = (): void => {
      reject(limit.reason ?? new GalerkinClientError('CONNECTION', 'The WebSocket was not opened.'));
    };
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', fail);
    socket.addEventListener('close', fail);
    limit.signal.addEventListener('abort', () => {
      fail();
      socket.close();
    });
  }).finally(() => limit.release());
}

/** Opens a session; `url` is the server's. @throws CONNECTION, DEADLINE, ARGUMENT */
export async function openSession({ url, open, timers, deadlineMs }: SessionOptions): Promise<Session> {
  const socket = open(`${url.replace(/^http/, 'ws')}/ws`);
  socket.binaryType = 'arraybuffer';
  const wire: Wire = { socket, timers, running: new Map(), tell: () => {}, isClosed: false, count: 0 };
  const closed = listen(wire);
  await opened(socket, startLimit({ timers, deadlineMs }));
  return {
    async infer(model, inputs, options = {}) {
      let last: InferAnswer | undefined;
      for await (const answer of ask(wire, { model, inputs, options: { deadlineMs, ...options } })) last = answer;
      if (last !== undefined) return last;
      throw new GalerkinClientError('PROTOCOL', 'The server ended the request without an answer.');
    },
    inferStream: (model, inputs, options = {}) => ask(wire, { model, inputs, options }),
    subscribe(events, listener) {
      if (wire.isClosed) throw gone();
      wire.tell = listener;
      socket.send(JSON.stringify({ type: 'subscribe', events }));
    },
    unsubscribe() {
      wire.tell = () => {};
      if (!wire.isClosed) socket.send(JSON.stringify({ type: 'unsubscribe' }));
    },
    close: () => socket.close(1000),
    closed,
  };
}
