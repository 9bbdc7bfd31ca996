// Error codes of the ground floor: options, tensors, and what was cancelled.
import { entry } from './entry.js';

export const baseErrors = {
  OPTIONS_INVALID: entry<{ of: string; faults: readonly string[] }>({
    http: 400,
    exit: 2,
    message: ({ of, faults }) => `Options of ${of} are not valid:\n${faults.map(fault => `  - ${fault}`).join('\n')}`,
    doc: 'One or more options are missing, mistyped or out of range. Every fault is listed at once; correct them all.',
  }),
  TENSOR_INVALID: entry<{ name: string; wanted: string; got: string }>({
    http: 400,
    exit: 65,
    message: ({ name, wanted, got }) => `Tensor '${name}': wanted ${wanted}, got ${got}.`,
    doc: 'A tensor has another datatype, shape or length than stated. Compare its shape with the length of its data.',
  }),
  CANCELLED: entry<{ what: string }>({
    http: 499,
    exit: 130,
    message: ({ what }) => `${what} was cancelled. What was finished is kept; run the same command to go on.`,
    doc: 'The work was stopped by a signal or by its caller. Finished parts are on disk and the next run resumes.',
  }),
  BUG: entry<{ what: string }>({
    http: 500,
    exit: 70,
    message: ({ what }) => `A bug in Galerkin: ${what}. Please report it with the command that led here.`,
    doc: 'Something that must always hold did not. It is our fault; report it.',
  }),
};
