// From a TypeScript function over arrays to native code: trace, lower to ONNX, open a session, run.
export {
  type LoweringReport,
  type LowerOptions,
  lower,
  type ModelValue,
  type OnnxModel,
} from './lower.js';
export { compileNative, type NativeProgram, type TensorsOf } from './native-program.js';
export type { Spec, SpecsOf } from './spec.js';
export { type Program, type ProgramValue, trace } from './trace.js';
export {
  grad,
  type JsTree,
  jit,
  jvp,
  lax,
  linearize,
  makeJaxpr,
  nn,
  np,
  random,
  ready,
  type Traced,
  tree,
  valueAndGrad,
  vjp,
  vmap,
} from './tracer.js';
