// Time loops: a step repeated n times, whose native program does not grow with n.
import type { Array as Traced } from '@jax-js/jax';
import type { Tree } from '../tree.js';
import { repeat } from './repeat.js';

/**
 * The state after `steps` steps. In a program for compileNative this is one ONNX Loop, whatever `steps` is; what does not
 * change from step to step is computed once. Inside grad, vjp, jvp, vmap or jit, and on the tracer itself, the steps are
 * written out one by one (for gradients of long loops see unrolledValueAndGrad).
 * @param step takes the state and the number of the step (int32, from 0), returns a state of the same form, shapes and
 * element types. May use arrays from around it.
 * @param steps whole, from 1.
 * @throws SPEC_INVALID for `steps`; TRACE_FAILED if the state changes its form.
 */
export function unroll<State>(step: (state: State, k: Traced) => State, steps: number): (state: State) => State;
export function unroll(
  step: (state: Tree<Traced>, k: Traced) => unknown,
  steps: number,
): (state: Tree<Traced>) => unknown {
  return state => repeat({ step: (before, k) => [step(before, k), []], steps }, state)[0];
}

/**
 * The same, and what each step puts out, stacked along a new first axis of `steps`.
 * @param step returns the next state and an output (any tree of arrays).
 */
export function trajectory<State, Output>(
  step: (state: State, k: Traced) => readonly [state: State, output: Output],
  steps: number,
): (state: State) => readonly [state: State, outputs: Output];
export function trajectory(
  step: (state: Tree<Traced>, k: Traced) => readonly [unknown, unknown],
  steps: number,
): (state: Tree<Traced>) => unknown {
  return state => repeat({ step, steps }, state);
}
