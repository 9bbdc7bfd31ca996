// The tracer: arrays that record what is done with them, and its automatic differentiation. Everybody gets it from here.
import { defaultDevice, init, type JsTree, type Array as Traced } from '@jax-js/jax';
import { GalerkinError } from '../base/index.js';
import { installPolyfills } from './polyfill.js';

export {
  grad,
  jit,
  jvp,
  lax,
  makeJaxpr,
  nn,
  random,
  tree,
  valueAndGrad,
  vmap,
} from '@jax-js/jax';
export { linearize, vjp } from './apart.js';
export { np } from './numpy.js';
/** An array of the tracer. In a traced function it may be used any number of times; outside, every use consumes it (`x.ref` keeps it). */
export type { JsTree, Traced };

type OnnxFormat = typeof import('./onnx/serialize.js');

let loading: Promise<void> | undefined;
let format: OnnxFormat | undefined;

async function load(): Promise<void> {
  installPolyfills();
  const [onnx] = await Promise.all([import('./onnx/serialize.js'), init('wasm')]);
  defaultDevice('wasm');
  format = onnx;
}

/**
 * Loads the tracer's backend and the ONNX format, once. Sessions need neither.
 * Costs about 60 ms the first time and nothing after. Adds iterator methods to globals on Node 20.
 */
export function ready(): Promise<void> {
  loading ??= load();
  return loading;
}

/** @throws TRACER_NOT_READY unless ready() has resolved. */
export function requireReady(what: string): OnnxFormat {
  if (format === undefined) throw new GalerkinError('TRACER_NOT_READY', { what });
  return format;
}
