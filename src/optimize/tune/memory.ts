// Memory of a way to run a model: how much a child process grows when it opens the instances and runs them.
import { fork } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GalerkinError } from '../../base/index.js';
import { type Model, writeModel } from '../../graph/index.js';
import type { Feeds } from '../feeds.js';
import type { Settings } from './trial.js';

export interface MemoryQuestion {
  /** The model's file: read by the runtime, so that no copy of ours counts. */
  readonly path: string;
  readonly settings: Settings;
  readonly feeds: Feeds;
  /** A model of one operator, run before the weighing: what the runtime takes for its first session is not the model's. */
  readonly first: Uint8Array;
}

export type MemoryAnswer = { readonly grownBytes: number } | { readonly failed: string };

function oneOperator(): Model {
  const value = (name: string) => ({
    name,
    type: { kind: 'tensor' as const, dtype: 'float32' as const, shape: [1] },
  });
  const node = { name: 'n', operator: 'Identity', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} };
  const lists = { constants: new Map(), values: new Map(), sparse: [] };
  const graph = { name: 'first', nodes: [node], inputs: [value('x')], outputs: [value('y')], ...lists };
  return { irVersion: 8, opsets: new Map([['', 17]]), producer: '', graph, functions: [], metadata: new Map() };
}

const timeoutMs = 30_000;

async function ask(question: MemoryQuestion): Promise<number> {
  const child = fork(new URL('./memory-child.js', import.meta.url), [], {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  try {
    const answer = await new Promise<MemoryAnswer>(resolve => {
      child.once('message', (message: MemoryAnswer) => resolve(message));
      child.once('error', error => resolve({ failed: error.message }));
      child.once('exit', (code, signal) => resolve({ failed: `its process ended with ${signal ?? `code ${code}`}` }));
      child.send(question, error => error !== null && resolve({ failed: error.message }));
    });
    if ('failed' in answer) throw new GalerkinError('SESSION_RUN_FAILED', { reason: answer.failed });
    return answer.grownBytes;
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}

/**
 * Peak growth of a fresh process's resident memory when it opens `settings.instances` sessions of a model and runs each some times: the weights
 * of all instances, what the runtime makes of them, and the arenas of their runs. Without what the runtime takes for any first session, which a
 * server holds once. Takes about a third of a second. To be trusted to some percent; small models drown in the megabyte that any process grows by.
 * @throws SESSION_RUN_FAILED also when the process dies of it.
 */
export async function grownMemory(bytes: Uint8Array, settings: Settings, feeds: Feeds): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'galerkin-memory-'));
  try {
    const path = join(folder, 'model.onnx');
    await writeFile(path, bytes);
    return await ask({ path, settings, feeds, first: writeModel(oneOperator()) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
