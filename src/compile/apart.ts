// Functions of several results, taken apart: where one result is made from another, the tracer cannot take the function back.
import { numpy, linearize as tracerLinearize, vjp as tracerVjp, tree } from '@jax-js/jax';

const own = (leaf: numpy.Array): numpy.Array => numpy.reshape(leaf, numpy.shape(leaf));
const ownLeaves = (result: unknown): unknown => Reflect.apply(tree.map, undefined, [own, result]);

/** The function with each result an array of its own, by a reshape to the same shape, which costs nothing in the end. */
function apart(fn: unknown, options: unknown): unknown {
  if (typeof fn !== 'function') return fn;
  const hasAux = typeof options === 'object' && options !== null && 'hasAux' in options && options.hasAux === true;
  return (...args: unknown[]): unknown => {
    const result: unknown = Reflect.apply(fn, undefined, args);
    if (!hasAux) return ownLeaves(result);
    return Array.isArray(result) ? [ownLeaves(result[0]), ...result.slice(1)] : result;
  };
}

function withResultsApart<T extends typeof tracerVjp | typeof tracerLinearize>(transformation: T): T {
  return new Proxy(transformation, {
    apply: (target, self, [fn, primals, options]: unknown[]) =>
      Reflect.apply(target, self, [apart(fn, options), primals, options]),
  });
}

/** The tracer's own, for functions of several results too. */
export const vjp = withResultsApart(tracerVjp);
/** The tracer's own, for functions of several results too. */
export const linearize = withResultsApart(tracerLinearize);
