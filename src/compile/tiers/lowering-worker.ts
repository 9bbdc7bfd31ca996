// The thread that lowers: programs come in as plain data, ONNX bytes go out, also as the runtime rewrites them for this processor.
import { parentPort } from 'node:worker_threads';
import { optimizedModel } from '../../runtime/index.js';
import { graphLevelFor } from '../graph-level.js';
import { Watch } from '../locate.js';
import { lower, type OnnxModel } from '../lower.js';
import type { Program } from '../trace.js';
import { ready } from '../tracer.js';
import { flattenTree } from '../tree.js';
import type { PlainProgram } from './plain-program.js';

export interface LoweringAnswer {
  readonly number: number;
  readonly model?: OnnxModel;
  /** The model's bytes after the runtime's own optimizations. */
  readonly optimized?: Uint8Array;
  readonly ms: number;
}

export type GraphLevel = 'basic' | 'all';

/** A program to lower, or a model that was lowered already; both are optimized. */
export type LoweringWork =
  | { readonly program: PlainProgram }
  | { readonly bytes: Uint8Array; readonly graphLevel: GraphLevel };

/** On this side a plain program is read as a program: it lacks only what complete() adds. */
type LoweringRequest = { readonly number: number } & (
  | { readonly program: Program }
  | { readonly bytes: Uint8Array; readonly graphLevel: GraphLevel }
);

/** What comes over the port was made by lowering-thread.ts of this very build. */
function isRequest(value: unknown): value is LoweringRequest {
  return typeof value === 'object' && value !== null && 'number' in value && ('program' in value || 'bytes' in value);
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

/** Undefined where the runtime cannot write what it made: then it opens the model itself. */
function optimize(bytes: Uint8Array, graphLevel: GraphLevel): Promise<Uint8Array | undefined> {
  return optimizedModel(bytes, { threads: 1, graphLevel }).catch(() => undefined);
}

async function answer(request: LoweringRequest): Promise<LoweringAnswer> {
  const { number } = request;
  const start = performance.now();
  try {
    if ('bytes' in request) {
      const optimized = await optimize(request.bytes, request.graphLevel);
      return { number, ms: performance.now() - start, ...(optimized === undefined ? {} : { optimized }) };
    }
    const model = lower(complete(request.program));
    const optimized = await optimize(model.bytes, graphLevelFor([...model.inputs, ...model.outputs]));
    const ms = performance.now() - start;
    return { number, ms, model, ...(optimized === undefined ? {} : { optimized }) };
  } catch {
    return { number, ms: performance.now() - start };
  }
}

parentPort?.on('message', async (message: unknown) => {
  if (!isRequest(message)) return;
  await ready();
  parentPort?.postMessage(await answer(message));
});
