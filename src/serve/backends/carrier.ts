// The way to an instance, be it a thread, a process, or the server's own thread: calls go there, replies come back, and it may end at any time.
import { fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import type { GraphSource, SessionsCall, SessionsReply, SessionsStart } from './onnx-protocol.js';
import { serveSessions } from './onnx-service.js';

export interface Carrier {
  post(call: SessionsCall): void;
  /** Settles, with the reason if there is one, when it has ended. */
  readonly ended: Promise<unknown>;
  kill(): void;
}

interface Start {
  /** For people who look at threads. */
  readonly name: string;
  readonly start: SessionsStart;
  onReply(reply: SessionsReply): void;
}

/** Graphs move to the thread, where they are its buffers' only content; nobody else needs them. */
const ownBuffers = (...graphs: readonly (GraphSource | undefined)[]): ArrayBuffer[] =>
  graphs.flatMap(graph =>
    typeof graph === 'object' && graph.buffer instanceof ArrayBuffer && graph.byteLength === graph.buffer.byteLength
      ? [graph.buffer]
      : [],
  );

/** A worker thread: the shortest way; its memory is the server's, and a crash of the runtime ends the server. */
export function threadCarrier({ name, start, onReply }: Start): Carrier {
  const entry = new URL('./onnx-worker.js', import.meta.url);
  const worker = new Worker(entry, { name, execArgv: [] });
  let reason: unknown;
  worker.postMessage(start, ownBuffers(start.model, start.guard));
  worker.on('message', onReply);
  worker.on('error', error => {
    reason = error;
  });
  return {
    post: call => worker.postMessage(call),
    ended: new Promise(resolve => {
      worker.once('exit', () => resolve(reason));
    }),
    kill: () => void worker.terminate(),
  };
}

/** A child process: tensors are copied through a pipe; a crash or a leak costs nothing but itself. */
export function processCarrier({ start, onReply }: Start): Carrier {
  const child = fork(new URL('./onnx-child.js', import.meta.url), [], {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let hasSpawned = false;
  child.once('spawn', () => {
    hasSpawned = true;
  });
  child.on('message', onReply);
  const ended = new Promise<unknown>(resolve => {
    child.once('exit', (code, signal) => resolve(new Error(`the child ended with ${signal ?? `exit code ${code}`}`)));
    child.on('error', error => {
      child.kill('SIGKILL');
      if (!hasSpawned) resolve(error);
    });
  });
  const post = (message: SessionsStart | SessionsCall): void => {
    if (child.connected) child.send(message, error => error !== null && child.kill('SIGKILL'));
  };
  post(start);
  return { post, ended, kill: () => void child.kill('SIGKILL') };
}

/**
 * The server's own thread: no way at all, which is most of what a model of a few microseconds costs. While it computes, the server does
 * nothing else; see `assertQuick` in ./onnxruntime.ts.
 */
export function inlineCarrier({ start, onReply }: Start): Carrier {
  let take: (call: SessionsCall) => void = () => {};
  let release: () => Promise<void> = async () => {};
  let end: () => void = () => {};
  const ended = new Promise<undefined>(resolve => {
    end = () => resolve(undefined);
  });
  const port = {
    post: onReply,
    onCall(listener: typeof take) {
      take = listener;
    },
    onEnd(listener: typeof release) {
      release = listener;
    },
  };
  void serveSessions(start, port, () => {});
  return {
    post: call => take(call),
    ended,
    kill() {
      void release();
      end();
    },
  };
}
