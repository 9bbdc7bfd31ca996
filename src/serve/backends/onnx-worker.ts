// The entry of a worker thread that is an instance.
import { parentPort } from 'node:worker_threads';
import { invariant } from '../../base/index.js';
import type { SessionsStart } from './onnx-protocol.js';
import { serveSessions } from './onnx-service.js';

const port = parentPort;
invariant(port !== null, 'the worker runs outside a worker thread');

// What a thread starts with comes as a message: `workerData` would hold the graph's bytes for as long as the thread lives.
port.once('message', (start: SessionsStart) => {
  const service = {
    post: (reply: object, buffers: ArrayBuffer[]) => port.postMessage(reply, buffers),
    onCall: (listener: Parameters<typeof port.on>[1]) => void port.on('message', listener),
  };
  void serveSessions(start, service, () => {});
});
