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
export {
  type Adaptive,
  AdaptiveOptimizer,
  type AdaptiveParts,
  type ArgumentsOf,
  createAdaptiveOptimizer,
  type WrapOptions,
} from './tiers/adaptive-optimizer.js';
export { type CostBelief, usualCosts } from './tiers/cost-model.js';
export { type Machine, thisMachine } from './tiers/machine.js';
export { type AdaptiveConfig, type AdaptiveSettings, adaptiveOptions } from './tiers/options.js';
export { type TierEvent, tierChannel } from './tiers/tier-events.js';
export type { CompileReport, FunctionReport, VersionReport } from './tiers/tier-report.js';
export { type Program, type ProgramValue, trace, traceTrees } from './trace.js';
export { type TracedFunction, traced } from './traced.js';
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
export { type UnrolledGradient, type UnrolledLoss, unrolledValueAndGrad } from './unroll/gradient.js';
export { trajectory, unroll } from './unroll/unroll.js';
