// The library's door: the verb of each room, in the order in which a model passes through them. Everything else is at `galerkin/<room>`.

// base
export { GalerkinError, isGalerkinError, type Tensor } from './base/index.js';
// the solver as a backend of the server, in a process of its own
export { solverBackend } from './cli/solver-backend.js';
// compile: a function over arrays, made native; at once, or while it runs
export { compileNative, createAdaptiveOptimizer, lower, ready, trace, unroll } from './compile/index.js';
// learn: a surrogate of the solver, with its guard, as a package
export { type LearnOptions, type LearnResult, learn } from './learn/index.js';
// model: the package on disk
export { listModels, type ModelPackage, readPackage, writePackage } from './model/index.js';
// optimize: a model made smaller and faster under a budget of error
export { HybridPerformancePlatform, OptimizedModel, PerformancePredictor } from './optimize/index.js';
// serve: answers, each checked against the physics
export { processBackend, type ServeOptions, type Server, serve } from './serve/index.js';
// solve: an equation, solved
export { createSolver, darcy, generate, type Problem, problems, type Solution } from './solve/index.js';
