// A WebSocket whose other end is the test.
import type { OpenWebSocket, WebSocketLike } from 'galerkin/client';

type Listener = (event: object) => void;

export interface FakeSocket {
  readonly open: OpenWebSocket;
  /** What the client sent: parsed text, or the JSON of binary frames. */
  readonly sent: Record<string, unknown>[];
  readonly urls: string[];
  readonly closedWith: number[];
  /** Lets an event happen. */
  happen(type: 'open' | 'close' | 'error'): void;
  receive(data: string | ArrayBuffer): void;
}

const jsonOf = (data: string | Uint8Array): Record<string, unknown> => {
  if (typeof data === 'string') return JSON.parse(data);
  const length = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
  return JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)));
};

/** The JSON and tensors of an answer, as the server frames them. */
export function frame(json: object, tail: Uint8Array = new Uint8Array()): ArrayBuffer {
  const header = new TextEncoder().encode(JSON.stringify(json));
  const bytes = new Uint8Array(4 + header.length + tail.length);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 4);
  bytes.set(tail, 4 + header.length);
  return bytes.buffer;
}

export function fakeSocket(): FakeSocket {
  const listeners = new Map<string, Listener[]>();
  const sent: Record<string, unknown>[] = [];
  const urls: string[] = [];
  const closedWith: number[] = [];
  const tell = (type: string, event: object): void => {
    for (const listener of listeners.get(type) ?? []) listener(event);
  };
  const socket: WebSocketLike = {
    binaryType: 'blob',
    send: data => sent.push(jsonOf(data)),
    close(code = 1005) {
      closedWith.push(code);
      tell('close', {});
    },
    addEventListener: (type, listener) => listeners.set(type, [...(listeners.get(type) ?? []), listener]),
  };
  return {
    sent,
    urls,
    closedWith,
    open: url => {
      urls.push(url);
      return socket;
    },
    happen: type => tell(type, {}),
    receive: data => tell('message', { data }),
  };
}
