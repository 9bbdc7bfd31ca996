// The entry of a child process that is an instance: a crash or a leak of the runtime stays in it.
import { invariant } from '../../base/index.js';
import type { SessionsCall, SessionsStart } from './onnx-protocol.js';
import { serveSessions } from './onnx-service.js';

const send = process.send?.bind(process);
invariant(send !== undefined, 'the child runs without a parent');

/** Answers between looks at the memory, which cost some 20 us each. */
const looksEvery = 32;

// Messages come from the server that forked this process, over a channel that nobody else has.
process.once('message', (start: SessionsStart) => {
  let answers = 0;
  const look = (): void => {
    if (start.maxRssBytes === 0 || ++answers % looksEvery !== 0) return;
    if (process.memoryUsage.rss() > start.maxRssBytes) process.disconnect();
  };
  const port = {
    post: (reply: object) => void send(reply),
    onCall: (listener: (call: SessionsCall) => void) => void process.on('message', listener),
  };
  void serveSessions(start, port, look);
});
process.once('disconnect', () => process.exit(0));
process.on('SIGINT', () => {});
