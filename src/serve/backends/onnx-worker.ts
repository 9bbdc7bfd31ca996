// The entry of a worker thread that is an instance.
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../../base/index.js';
import { serveSessions } from './onnx-service.js';

const port = parentPort;
invariant(port !== null, 'the worker runs outside a worker thread');

await serveSessions(
  workerData,
  {
    post: (reply, buffers) => port.postMessage(reply, buffers),
    onCall: listener => port.on('message', listener),
  },
  () => {},
);
