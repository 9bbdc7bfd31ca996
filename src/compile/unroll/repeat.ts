// One step repeated: recorded once as the body of a loop where that can be lowered, written out step by step elsewhere.
import { jit, numpy, type Array as Traced } from '@jax-js/jax';
import { GalerkinError } from '../../base/index.js';
import { forgetRecorder } from '../ownership.js';
import { currentRecorder, isPlain, isTraced, type Recorder, recorderOf } from '../tracer-classes.js';
import { describeValue, type FlatTree, flattenTree, type Tree } from '../tree.js';
import { loopName } from './loop-name.js';
import { takesLoops, withLoops } from './loop-scope.js';

/** A step: the next state, and what is kept of it. */
export type Step = (state: Tree<Traced>, k: Traced) => readonly [state: unknown, output: unknown];

/** Final state, and outputs with a new first axis of `steps`. */
export type Repeated = readonly [state: Tree<Traced>, outputs: Tree<Traced>];

export interface Repetition {
  readonly step: Step;
  readonly steps: number;
}

/** Thrown while a body is recorded: it takes something that is being differentiated or mapped. */
class NotALoop extends Error {}

function flattenArrays(tree: unknown, what: string): FlatTree<Traced> {
  return flattenTree(tree, isTraced, (path, value) => {
    const reason = `${what} holds ${describeValue(value)}${path === '' ? '' : ` at '${path}'`} where an array was wanted`;
    throw new GalerkinError('TRACE_FAILED', { reason });
  });
}

const describeArray = ({ dtype, shape }: Traced): string => `${dtype}[${shape}]`;

/** The next state must have the form of the one before. @throws TRACE_FAILED */
function checkState(before: FlatTree<Traced>, after: FlatTree<Traced>): void {
  const differs = (array: Traced, k: number): boolean => {
    const next = after.leaves[k];
    return after.paths[k] !== before.paths[k] || next === undefined || describeArray(next) !== describeArray(array);
  };
  const at = before.leaves.findIndex(differs);
  if (at < 0 && after.leaves.length === before.leaves.length) return;
  const show = (tree: FlatTree<Traced>): string =>
    tree.leaves.map((leaf, k) => `${tree.paths[k] ?? ''} ${describeArray(leaf)}`.trim()).join(', ');
  const reason = `a step of unroll must return a state of the form that it was given: wanted ${show(before)}, got ${show(after)}`;
  throw new GalerkinError('TRACE_FAILED', { reason });
}

/** Not a plain number: the tracer loses the element type of sums of those. */
const counter = (k: number): Traced => numpy.array([k], { dtype: numpy.int32 }).reshape([]);

/** The loop as one equation; undefined where it cannot be one. */
function asLoop({ step, steps }: Repetition, state: FlatTree<Traced>): Repeated | undefined {
  const here = currentRecorder();
  if (here === undefined || !takesLoops(here) || !state.leaves.every(isPlain)) return undefined;
  let output: FlatTree<Traced> | undefined;
  let recorder: Recorder | undefined;
  const body = (...args: Traced[]): Traced[] => {
    const k = args[state.leaves.length] ?? counter(0);
    recorder = recorderOf(k);
    const [next, kept] = withLoops(recorder, () => step(state.build(args.slice(0, state.leaves.length)), k));
    const after = flattenArrays(next, 'the state of unroll');
    checkState(state, after);
    output = flattenArrays(kept, 'the output of a step');
    const made = [...after.leaves, ...output.leaves.map(one => numpy.broadcastTo(one, [steps, ...one.shape]))];
    if (!made.every(isPlain) || ![...(recorder?.constVals.values() ?? [])].every(isPlain)) throw new NotALoop();
    return made;
  };
  Object.defineProperty(body, 'name', { value: loopName({ steps, states: state.leaves.length }) });
  try {
    const results = jit(body)(...state.leaves, counter(0));
    const arrays = results.slice(state.leaves.length);
    return [state.build(results.slice(0, state.leaves.length)), output?.build(arrays) ?? []];
  } catch (error) {
    if (recorder !== undefined) forgetRecorder(recorder);
    if (error instanceof NotALoop) return undefined;
    throw error;
  }
}

/** Step after step; as many equations as steps. */
function written({ step, steps }: Repetition, state: FlatTree<Traced>): Repeated {
  const kept: FlatTree<Traced>[] = [];
  let current = state;
  for (let k = 0; k < steps; k++) {
    const [next, output] = step(current.build(current.leaves), counter(k));
    const after = flattenArrays(next, 'the state of unroll');
    checkState(state, after);
    current = after;
    kept.push(flattenArrays(output, 'the output of a step'));
  }
  const [first] = kept;
  const stacked = first?.leaves.map((_, at) =>
    numpy.stack(
      kept.flatMap(({ leaves }) => leaves.slice(at, at + 1)),
      0,
    ),
  );
  return [state.build(current.leaves), first?.build(stacked ?? []) ?? []];
}

/** Repeats a step from `start`. @throws SPEC_INVALID, TRACE_FAILED */
export function repeat(repetition: Repetition, start: unknown): Repeated {
  const { steps } = repetition;
  if (!(Number.isSafeInteger(steps) && steps >= 1)) {
    throw new GalerkinError('SPEC_INVALID', {
      path: 'steps',
      wanted: 'a whole number from 1',
      got: describeValue(steps),
    });
  }
  const state = flattenArrays(start, 'the state of unroll');
  return (steps === 1 ? undefined : asLoop(repetition, state)) ?? written(repetition, state);
}
