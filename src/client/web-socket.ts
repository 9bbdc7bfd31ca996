// The part of a WebSocket that is used: a browser's and that of the package ws both fit.
import { GalerkinClientError } from './errors.js';
import { type JsonRecord, parseJson, record } from './json.js';

export interface WebSocketLike {
  binaryType: string;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'close' | 'error' | 'message', listener: (event: object) => void): void;
}

/** Opens a connection to `url`, such as ws://127.0.0.1:8000/ws. */
export type OpenWebSocket = (url: string) => WebSocketLike;

const isConstructor = (value: unknown): value is new (url: string) => WebSocketLike => typeof value === 'function';

/** The runtime's own WebSocket. Throws ARGUMENT where it has none, as Node before 22. */
export const openOwnWebSocket: OpenWebSocket = url => {
  const found: unknown = Reflect.get(globalThis, 'WebSocket');
  if (isConstructor(found)) return new found(url);
  throw new GalerkinClientError(
    'ARGUMENT',
    "This runtime has no WebSocket. Pass one: connect(url, { webSocket: url => new WebSocket(url) }) with that of the package 'ws'.",
  );
};

/** A frame from the server: its JSON, and where its tensors begin. */
export interface Frame {
  readonly json: JsonRecord;
  readonly buffer: ArrayBuffer;
  readonly tailAt: number;
}

const decoder = new TextDecoder();
const nothing = new ArrayBuffer(0);

/** Reads the data of a message event: text is JSON; binary is a little-endian u32, as many bytes of JSON, tensors. Throws PROTOCOL. */
export function readFrame(event: object): Frame {
  const data: unknown = Reflect.get(event, 'data');
  if (typeof data === 'string') {
    return { json: record(parseJson(data, 'a frame'), 'a frame'), buffer: nothing, tailAt: 0 };
  }
  if (!(data instanceof ArrayBuffer)) throw new GalerkinClientError('PROTOCOL', 'A frame is neither text nor bytes.');
  const length = data.byteLength < 4 ? 0 : new DataView(data).getUint32(0, true);
  if (length === 0 || length > data.byteLength - 4) {
    throw new GalerkinClientError('PROTOCOL', `A frame of ${data.byteLength} bytes states ${length} of JSON.`);
  }
  const json = parseJson(decoder.decode(new Uint8Array(data, 4, length)), 'a frame');
  return { json: record(json, 'a frame'), buffer: data, tailAt: 4 + length };
}
