// What a server lets browsers and WebSocket clients do: its options, to be spread into those of `serve`.
import { integerOption, numberOption, textOption } from '../../base/index.js';

export const browserOptions = {
  origins: textOption({
    doc: 'Origins of other pages that may post and open WebSockets, such as https://app.example.org, comma-separated.',
    default: '',
  }),
  hosts: textOption({
    doc: 'Names, comma-separated, by which a server on the loopback address may be asked besides localhost and addresses.',
    default: '',
  }),
  compressFromBytes: integerOption({
    doc: 'Smallest response that is compressed for clients that accept it.',
    unit: 'bytes',
    default: 1024,
    min: 0,
  }),
};

export const webSocketOptions = {
  webSockets: integerOption({
    doc: 'WebSocket connections that may be open at once; 0 offers none.',
    default: 16_384,
    min: 0,
    max: 1_000_000,
  }),
  webSocketInFlight: integerOption({
    doc: 'Requests of one WebSocket connection that run at once; beyond it the server stops reading from that connection.',
    default: 32,
    min: 1,
    max: 65_536,
  }),
  webSocketBufferBytes: integerOption({
    doc: 'Answers that one WebSocket client may leave unread before the server stops reading from it.',
    unit: 'bytes',
    default: 4 * 1024 * 1024,
    min: 1024,
  }),
  webSocketIdleMs: numberOption({
    doc: 'Silence after which a WebSocket client is asked for a sign of life; after as long again it is dropped.',
    unit: 'ms',
    default: 30_000,
    min: 10,
  }),
};
