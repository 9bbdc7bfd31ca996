// The library's door: the rooms as namespaces, so that `import { solve, learn, serve } from 'galerkin'` reads like the path of a model.
export * as base from './base/index.js';
export * as compile from './compile/index.js';
export * as learn from './learn/index.js';
export * as model from './model/index.js';
export * as serve from './serve/index.js';
export * as solve from './solve/index.js';
export * as store from './store/index.js';
