// The tracer's own jit for functions that are written without reference counts: what runs before a native program is there.
import { type JsTree, jit, type Array as Traced } from '@jax-js/jax';
import { withExactNumbers } from './exact-numbers.js';
import { withoutOwnership } from './ownership.js';
import { requireReady } from './tracer.js';

export interface TracedFunction<Args extends unknown[], Result> {
  /** Computes in this thread. Consumes its arguments, as every call outside of a trace does; results belong to the caller. */
  (...args: Args): Result;
  /** Frees the constants that the function took from its surroundings; they themselves live on. */
  dispose(): void;
}

/**
 * Compiles `fn` by the tracer itself (WebAssembly, no ONNX), once for each new set of shapes and element types. Inside `fn`
 * arrays may be used any number of times, as in compileNative; a function that counts them by hand works as well.
 * Constants from outside are neither consumed nor freed.
 * @throws TRACER_NOT_READY; what `fn` throws, when it is first called.
 */
export function traced<Args extends unknown[], Result>(fn: (...args: Args) => Result): TracedFunction<Args, Result>;
export function traced(fn: (...args: readonly JsTree<Traced>[]) => JsTree<Traced>): unknown {
  requireReady('traced()');
  const compiled = jit((...args: JsTree<Traced>[]) => withoutOwnership(() => fn(...args)));
  const run = (...args: JsTree<Traced>[]): unknown => withExactNumbers(() => compiled(...args));
  return Object.assign(run, { dispose: compiled.dispose });
}
