// A backend whose instances are child processes: for what may crash, leak, or must not be loaded into the server.
import { type ChildProcess, fork } from 'node:child_process';
import { GalerkinError } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';
import type { Backend, Instance, Job } from './backend.js';
import { type Calls, pendingCalls } from './calls.js';
import { type ChildReply, readReply, readTensors } from './child-protocol.js';
import { reasonOf } from './reason.js';

export interface ProcessBackendOptions {
  /** The name in config.pbtxt's `backend`. */
  readonly name: string;
  /** The child's entry file, which calls `serveChild`. */
  readonly entry: URL;
  /** Longest time until the child has opened the model. @default 30000 */
  readonly openTimeoutMs?: number;
  /** Longest time that a child gets to end by itself before it is killed. @default 2000 */
  readonly closeTimeoutMs?: number;
}

/** A backend that runs `entry` once per instance. A child that dies fails its request and is replaced by the engine. */
export function processBackend(options: ProcessBackendOptions): Backend {
  return { name: options.name, open: model => openChild(model, options) };
}

async function openChild(model: ModelPackage, options: ProcessBackendOptions): Promise<Instance> {
  const child = fork(options.entry, [], {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const calls = pendingCalls<ChildReply>();
  const gone = untilGone(child, calls, model.name);
  child.on('message', message => {
    const reply = readReply(message);
    if (reply === undefined) child.kill('SIGKILL');
    else calls.deliver(reply.id, reply);
  });
  const instance = childInstance(model.name, child, calls, { gone, closeTimeoutMs: options.closeTimeoutMs ?? 2000 });
  await opened(model, child, calls, options.openTimeoutMs ?? 30_000);
  return instance;
}

function untilGone(child: ChildProcess, calls: Calls<ChildReply>, model: string): Promise<void> {
  return new Promise(resolve => {
    const end = (cause: unknown): void => {
      resolve();
      calls.fail(new GalerkinError('INSTANCE_DIED', { model }, { cause }));
    };
    child.once('exit', (code, signal) => end(new Error(`the child ended with ${signal ?? `exit code ${code}`}`)));
    child.on('error', error => {
      child.kill('SIGKILL');
      if (child.pid === undefined) end(error);
    });
  });
}

function childInstance(
  model: string,
  child: ChildProcess,
  calls: Calls<ChildReply>,
  { gone, closeTimeoutMs }: { gone: Promise<void>; closeTimeoutMs: number },
): Instance {
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  return {
    depth: 1,
    gone,
    kill,
    async run({ inputs }: Job) {
      const { id, reply } = calls.begin();
      if (child.connected) child.send({ id, op: 'run', inputs }, error => error !== null && kill());
      const startMs = performance.now();
      const answer = await reply;
      if (!answer.ok) throw new GalerkinError('INFERENCE_FAILED', { model }, { cause: new Error(answer.message) });
      try {
        return { outputs: readTensors(answer.outputs), inferMs: performance.now() - startMs };
      } catch (cause) {
        throw new GalerkinError('INFERENCE_FAILED', { model }, { cause });
      }
    },
    async close() {
      if (child.connected) child.disconnect();
      const timer = setTimeout(kill, closeTimeoutMs);
      await gone;
      clearTimeout(timer);
    },
  };
}

async function opened(
  model: ModelPackage,
  child: ChildProcess,
  calls: Calls<ChildReply>,
  timeoutMs: number,
): Promise<void> {
  const { id, reply } = calls.begin();
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  child.send({ id, op: 'open', manifest: model.manifest }, () => {});
  try {
    const answer = await reply;
    if (answer.ok) return;
    child.kill('SIGKILL');
    throw new Error(answer.message);
  } catch (cause) {
    const why = `its child process did not open (${reasonOf(cause)})`;
    throw new GalerkinError('MODEL_UNSERVABLE', { model: model.name, why }, { cause });
  } finally {
    clearTimeout(timer);
  }
}
