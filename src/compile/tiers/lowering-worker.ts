// The thread that lowers: programs come in as plain data, ONNX bytes go out.
import { parentPort } from 'node:worker_threads';
import { Watch } from '../locate.js';
import { lower, type OnnxModel } from '../lower.js';
import type { Program } from '../trace.js';
import { ready } from '../tracer.js';
import { flattenTree } from '../tree.js';

export interface LoweringAnswer {
  readonly number: number;
  readonly model?: OnnxModel;
  readonly ms: number;
}

/** What comes over the port was made by lowering-thread.ts of this very build. */
function isRequest(value: unknown): value is { readonly number: number; readonly program: Program } {
  return typeof value === 'object' && value !== null && 'number' in value && 'program' in value;
}

const noTree = flattenTree<never>(
  [],
  (_value): _value is never => false,
  () => {
    throw new TypeError('a tree without leaves');
  },
);

/** The program with what it lost on the way: there are no places here, so refusals are told where the function is. */
function complete(program: Program): Program {
  const recordings = program.recordings.map(recording => ({ ...recording, watch: new Watch() }));
  return { ...program, recordings, inputTree: noTree, outputTree: noTree };
}

parentPort?.on('message', async (message: unknown) => {
  if (!isRequest(message)) return;
  const { number, program } = message;
  await ready();
  const start = performance.now();
  let answer: LoweringAnswer;
  try {
    const model = lower(complete(program));
    answer = { number, model, ms: performance.now() - start };
  } catch {
    answer = { number, ms: performance.now() - start };
  }
  parentPort?.postMessage(answer);
});
