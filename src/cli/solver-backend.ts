// The finite-element solver as one more backend of the engine, in a process of its own.
import { type Backend, processBackend } from '../serve/index.js';

/** The backend that packages with `backend: "galerkin_solver"` ask for. */
export const solverBackend = (): Backend =>
  processBackend({ name: 'galerkin_solver', entry: new URL('./solver-process.js', import.meta.url) });
