// Tracing: a function is run once on arrays that record, and becomes a program: equations, constants, names.

import type { Array as Traced } from '@jax-js/jax';
import { makeJaxpr, numpy, Array as TracedArray } from '@jax-js/jax';
import { GalerkinError, isGalerkinError, toFloat16 } from '../base/index.js';
import { withExactNumbers } from './exact-numbers.js';
import type { Jaxpr } from './jaxpr.js';
import { Watch } from './locate.js';
import { type ElementArray, type ElementType, isElementType } from './onnx/element-type.js';
import { withoutOwnership } from './ownership.js';
import { type ArgumentTree, flattenSpecs, isSymbolic, type Spec, type SpecsOf, type Static, shapeAt } from './spec.js';
import { requireReady } from './tracer.js';
import { currentRecorder, isTraced, type Recorder, recorderOf } from './tracer-classes.js';
import { describeValue, type FlatTree, flattenTree, type Tree } from './tree.js';
import { withLoops } from './unroll/loop-scope.js';

/** A value that the function took from its surroundings. */
export interface TracedConstant {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly data: ElementArray;
}

/** One run of the tracer, at one batch size. Holds no array of the tracer. */
export interface Recording {
  readonly batch: number;
  readonly jaxpr: Jaxpr;
  /** Values of the first variables of `jaxpr`; its arguments follow. */
  readonly constants: readonly TracedConstant[];
  readonly watch: Watch;
}

export interface ProgramValue {
  /** Path in the arguments or in the result: '0.blocks.1.weight'. */
  readonly path: string;
  readonly shape: readonly (number | 'batch')[];
  readonly dtype: string;
}

/** A traced function. Several recordings, at different sizes, where the batch axis is open. */
export interface Program {
  readonly inputs: readonly ProgramValue[];
  readonly outputs: readonly ProgramValue[];
  readonly recordings: readonly Recording[];
  readonly inputTree: ArgumentTree;
  readonly outputTree: FlatTree<unknown>;
}

/** A function as the tracer calls it. */
export type TreeFunction = (...args: readonly Tree<Traced | Static>[]) => unknown;

/** Sizes at which an open batch axis is traced: primes that no grid has. */
const probeSizes = [37, 41, 43] as const;

function readConstant(value: unknown): TracedConstant {
  if (!(value instanceof TracedArray) || !isElementType(value.dtype)) {
    throw new GalerkinError('TRACE_FAILED', {
      reason: `it holds a constant that cannot be read: ${describeValue(value)}`,
    });
  }
  const { dtype, shape } = value;
  // A second array over the same memory is read and freed; the first stays as it was.
  const copy = value.reshape(shape);
  const data = (dtype === 'float16' ? copy.astype(numpy.float32) : copy).dataSync();
  if (dtype === 'float16') return { dtype, shape, data: Uint16Array.from(data, toFloat16) };
  if (data instanceof Float32Array || data instanceof Float64Array || data instanceof Uint32Array)
    return { dtype, shape, data };
  return { dtype, shape, data: dtype === 'bool' ? Uint8Array.from(data) : Int32Array.from(data) };
}

interface Recorded {
  readonly recording: Recording;
  readonly outputTree: FlatTree<unknown>;
}

/** Calls the user's function with arrays that record; its result must be a tree of arrays. */
function callWith(fn: TreeFunction, args: Tree<Traced | Static>, recorder: Recorder | undefined): FlatTree<Traced> {
  const result = withLoops(recorder, () => fn(...(Array.isArray(args) ? args : [args])));
  return flattenTree(result, isTraced, (path, value) => {
    const reason = `it returned ${describeValue(value)}${path === '' ? '' : ` at '${path}'`} where an array was wanted`;
    throw new GalerkinError('TRACE_FAILED', { reason });
  });
}

interface Task {
  readonly fn: TreeFunction;
  readonly inputs: ArgumentTree;
  readonly batch: number;
}

interface Closed {
  readonly jaxpr: Jaxpr;
  readonly consts: readonly { dispose(): void }[];
  readonly outputTree: FlatTree<unknown>;
}

/** Runs the function once on arrays that record. */
function run({ fn, inputs, batch }: Task, watch: Watch): Closed {
  let outputTree: FlatTree<Traced> | undefined;
  const flat = (...leaves: Traced[]): Traced[] =>
    watch.during(() =>
      withoutOwnership(() => {
        const recorder = leaves.length === 0 ? currentRecorder() : recorderOf(leaves[0]);
        watch.follow(recorder);
        outputTree = callWith(fn, inputs.build(leaves), recorder);
        return [...outputTree.leaves];
      }),
    );
  const examples = inputs.leaves.map(spec => numpy.zeros(shapeAt(spec, batch), { dtype: dtypeOf(spec) }));
  try {
    const { jaxpr: closed } = withExactNumbers(() => makeJaxpr(flat)(...examples));
    if (outputTree === undefined) throw new GalerkinError('TRACE_FAILED', { reason: 'it was never called' });
    return { jaxpr: closed.jaxpr, consts: closed.consts, outputTree };
  } finally {
    for (const example of examples) example.dispose();
  }
}

function record(task: Task): Recorded {
  const watch = new Watch(again => {
    for (const constant of run(task, again).consts) constant.dispose();
  });
  try {
    const { jaxpr, consts, outputTree } = run(task, watch);
    return { recording: { batch: task.batch, jaxpr, constants: consts.map(readConstant), watch }, outputTree };
  } catch (cause) {
    if (isGalerkinError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GalerkinError('TRACE_FAILED', { reason }, { cause });
  }
}

const dtypes = {
  float16: numpy.float16,
  float32: numpy.float32,
  float64: numpy.float64,
  int32: numpy.int32,
  uint32: numpy.uint32,
  bool: numpy.bool,
} as const;

const dtypeOf = (spec: Spec) => dtypes[spec.dtype];

/** Shapes of the outputs; a first size that moves with the batch is 'batch'. */
function outputValues(recorded: readonly Recorded[]): ProgramValue[] {
  const [first, second] = recorded;
  const paths = first?.outputTree.paths ?? [];
  return paths.map((path, k) => {
    const value = first?.recording.jaxpr.outs[k]?.aval;
    const other = second?.recording.jaxpr.outs[k]?.aval.shape;
    const shape = (value?.shape ?? []).map((size, axis) =>
      axis === 0 && other !== undefined && size !== other[0] ? ('batch' as const) : size,
    );
    return { path, shape, dtype: value?.dtype ?? 'float32' };
  });
}

/**
 * Traces `fn`, which takes and returns trees of arrays.
 * @param specs one tree of specs for each argument.
 * @returns a program that holds no array of the tracer. With 'batch' in a spec, `fn` is run at three sizes.
 * @throws TRACER_NOT_READY, SPEC_INVALID, TRACE_FAILED.
 */
export function trace<Args extends unknown[]>(fn: (...args: Args) => unknown, specs: SpecsOf<Args>): Program;
export function trace(fn: TreeFunction, specs: unknown): Program {
  return traceTrees(fn, specs);
}

/** The same for callers that have no types of the arguments. */
export function traceTrees(fn: TreeFunction, specs: unknown): Program {
  requireReady('trace()');
  const inputTree = flattenSpecs(specs);
  const sizes = inputTree.leaves.some(isSymbolic) ? probeSizes : [1];
  const recorded = sizes.map(batch => record({ fn, inputs: inputTree, batch }));
  const outputTree = recorded[0]?.outputTree;
  if (outputTree === undefined) throw new GalerkinError('TRACE_FAILED', { reason: 'it was never called' });
  return {
    inputs: inputTree.leaves.map(({ shape, dtype }, k) => ({ path: inputTree.paths[k] ?? '', shape, dtype })),
    outputs: outputValues(recorded),
    recordings: recorded.map(({ recording }) => recording),
    inputTree,
    outputTree,
  };
}
