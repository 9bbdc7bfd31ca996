// Error codes of the room 'compile'.
import { entry } from './entry.js';

export const compileErrors = {
  TRACER_NOT_READY: entry<{ what: string }>({
    http: 500,
    exit: 70,
    message: ({ what }) => `${what} needs the tracer, which is not loaded. Call 'await ready()' once before.`,
    doc: 'Tracing and lowering need the tracer. Await ready() from galerkin/compile once, when the program starts.',
  }),
  SPEC_INVALID: entry<{ path: string; wanted: string; got: string }>({
    http: 400,
    exit: 65,
    message: ({ path, wanted, got }) => `Spec '${path}': wanted ${wanted}, got ${got}.`,
    doc: "A spec of a traced argument is not { shape, dtype }. Sizes are whole numbers from 1; only the first may be 'batch'.",
  }),
  TRACE_FAILED: entry<{ reason: string }>({
    http: 400,
    exit: 65,
    message: ({ reason }) => `The function could not be traced: ${reason}.`,
    doc: 'The function threw while it was traced, or gave something other than arrays. The cause is attached.',
  }),
  PRIMITIVE_UNSUPPORTED: entry<{ primitive: string; params: string; reason: string; location: string }>({
    http: 400,
    exit: 65,
    message: ({ primitive, params, reason, location }) =>
      `Primitive '${primitive}' ${params} at ${location} cannot be compiled: ${reason}. Write it with supported operations (docs/compile.md).`,
    doc: 'The traced function uses an operation that has no native lowering. The message names it and the source line.',
  }),
  BATCH_NOT_SYMBOLIC: entry<{ reason: string }>({
    http: 400,
    exit: 65,
    message: ({ reason }) =>
      `The 'batch' axis cannot stay symbolic: ${reason}. Keep items of a batch independent, or give the axis a number.`,
    doc: 'A value or the form of the graph follows the batch size in a way that cannot be computed when the program runs. Sizes may follow it linearly, numbers as its powers -2 to 2 (means and their derivatives).',
  }),
};
