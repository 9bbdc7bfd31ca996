// Gradients through time loops in memory that grows with the root of the steps: states are kept at the ends of segments,
// and each segment is computed again when its turn comes (Griewank, 1992, with one level of checkpoints).
import { numpy, type Array as Traced } from '@jax-js/jax';
import { GalerkinError } from '../../base/index.js';
import { vjp } from '../apart.js';
import { isTraced } from '../tracer-classes.js';
import { describeValue, type FlatTree, flattenTree } from '../tree.js';
import { trajectory, unroll } from './unroll.js';

export interface UnrolledLoss<Params, State> {
  /** One step; `k` is its number (int32, from 0). It is differentiated for the parameters and the state, and for nothing that it captures. */
  readonly step: (params: Params, state: State, k: Traced) => State;
  /** A number from the state after the last step; what happens on the way is gathered in the state. */
  readonly loss: (state: State, params: Params) => Traced;
  /** Whole, from 1. */
  readonly steps: number;
  /** Steps between two states that are kept; the root of `steps`, rounded up, otherwise. */
  readonly segment?: number;
}

export interface UnrolledGradient<Params, State> {
  readonly value: Traced;
  /** Gradient of the value for the parameters, in their form. */
  readonly params: Params;
  /** Gradient of the value for the first state, in its form. */
  readonly state: State;
}

type Leaves = readonly Traced[];

/** The problem over flat lists of arrays. */
interface Flat {
  readonly step: (params: Leaves, state: Leaves, k: Traced) => Leaves;
  readonly params: Leaves;
}

interface Cotangents {
  readonly state: Leaves;
  readonly params: Leaves;
}

interface Segment {
  /** State before its first step. */
  readonly start: Leaves;
  readonly first: Traced;
  readonly steps: number;
}

function flattenFloats<T>(tree: T, what: string): FlatTree<Traced> {
  const fail = (path: string, got: string): never => {
    const reason = `${what} of a loop is differentiated: wanted floating-point arrays, got ${got}${path === '' ? '' : ` at '${path}'`}`;
    throw new GalerkinError('TRACE_FAILED', { reason });
  };
  const flat = flattenTree(tree, isTraced, (path, value) => fail(path, describeValue(value)));
  flat.leaves.forEach(({ dtype }, k) => {
    if (!dtype.startsWith('float')) fail(flat.paths[k] ?? '', dtype);
  });
  return flat;
}

const integer = (value: number): Traced => numpy.array([value], { dtype: numpy.int32 }).reshape([]);
/** `last - k`: counted from the end. */
const fromEnd = (last: number, k: Traced): Traced => integer(last).sub(k);
const at = (arrays: Leaves, index: Traced): Leaves => arrays.map(array => array.slice(index));
const plus = (a: Leaves, b: Leaves): Leaves => a.map((one, k) => one.add(b[k] ?? 0));

/** State after a segment. */
const forward = ({ step, params }: Flat, { start, first, steps }: Segment): Leaves =>
  unroll<Leaves>((state, j) => step(params, state, first.add(j)), steps)(start);

/** Cotangents before a segment from those behind it: its states are computed again, then each step is taken back. */
function backward({ step, params }: Flat, { start, first, steps }: Segment, behind: Cotangents): Cotangents {
  const [, states] = trajectory<Leaves, Leaves>((state, j) => [step(params, state, first.add(j)), state], steps)(start);
  return unroll<Cotangents>((cotangents, j) => {
    const local = fromEnd(steps - 1, j);
    const apply = (p: Traced[], s: Traced[]): Traced[] => [...step(p, s, first.add(local))];
    const [, pull] = vjp(apply, [[...params], [...at(states, local)]]);
    const [forParams = [], forState = []] = pull([...cotangents.state]);
    return { state: forState, params: plus(cotangents.params, forParams) };
  }, steps)(behind);
}

interface Division {
  readonly steps: number;
  readonly segment: number;
}

function divide(steps: number, segment = Math.ceil(Math.sqrt(steps))): Division {
  for (const [path, value] of Object.entries({ steps, segment })) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new GalerkinError('SPEC_INVALID', { path, wanted: 'a whole number from 1', got: describeValue(value) });
  }
  return { steps, segment: Math.min(segment, steps) };
}

/** Value of the last state, and cotangents of the first. `close` gives both for the last state. */
function throughTime<T>(
  flat: Flat,
  { steps, segment }: Division,
  { start, close }: { start: Leaves; close: (last: Leaves) => readonly [T, Cotangents] },
): readonly [T, Cotangents] {
  const segments = Math.floor(steps / segment);
  const rest = steps - segments * segment;
  const from = (index: Traced): Traced => index.mul(integer(segment));
  const [middle, kept] = trajectory<Leaves, Leaves>(
    (state, i) => [forward(flat, { start: state, first: from(i), steps: segment }), state],
    segments,
  )(start);
  const tail = { start: middle, first: integer(segments * segment), steps: rest };
  const [value, last] = close(rest === 0 ? middle : forward(flat, tail));
  const behind = rest === 0 ? last : backward(flat, tail, last);
  const whole = unroll<Cotangents>((cotangents, i) => {
    const index = fromEnd(segments - 1, i);
    return backward(flat, { start: at(kept, index), first: from(index), steps: segment }, cotangents);
  }, segments)(behind);
  return [value, whole];
}

/**
 * Value and gradient of a loss after many steps. In a program for compileNative this is one graph of loops, whose size does
 * not depend on `steps`; memory: 2 * sqrt(steps) states; work: two steps and one step with its derivative, each `steps` times.
 * For use inside a traced function; on the tracer itself it gives the same numbers, written out.
 * @throws SPEC_INVALID; TRACE_FAILED for parameters or states that are not floating-point arrays.
 */
export function unrolledValueAndGrad<Params, State>(
  problem: UnrolledLoss<Params, State>,
): (params: Params, state: State) => UnrolledGradient<Params, State>;
export function unrolledValueAndGrad(
  problem: UnrolledLoss<unknown, unknown>,
): (params: unknown, state: unknown) => unknown {
  const division = divide(problem.steps, problem.segment);
  return (params, state) => {
    const [p, s] = [flattenFloats(params, 'the parameters'), flattenFloats(state, 'the state')];
    const step: Flat['step'] = (now, before, k) =>
      flattenFloats(problem.step(p.build(now), s.build(before), k), 'the state').leaves;
    const close = (last: Leaves): readonly [Traced, Cotangents] => {
      const loss = (end: Traced[], now: Traced[]): Traced => problem.loss(s.build(end), p.build(now));
      const [value, pull] = vjp(loss, [[...last], [...p.leaves]]);
      const [forState = [], forParams = []] = pull(numpy.onesLike(value));
      return [value, { state: forState, params: forParams }];
    };
    const [value, first] = throughTime({ step, params: p.leaves }, division, { start: s.leaves, close });
    return { value, params: p.build(first.params), state: s.build(first.state) };
  };
}
