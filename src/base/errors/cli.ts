// Error codes of the doors: what a person typed, and servers that do not answer.
import { entry } from './entry.js';

export const cliErrors = {
  SERVER_UNREACHABLE: entry<{ url: string; reason: string }>({
    http: 502,
    exit: 69,
    message: ({ url, reason }) =>
      `No Galerkin server answers at ${url} (${reason}). Start one with 'npm start' or 'galerkin serve', or give the address of another.`,
    doc: 'The command talks to a running server and found none at that address. Start one, or give its address (--url or --server).',
  }),
  SERVER_REFUSED: entry<{ url: string; status: number; reason: string }>({
    http: 502,
    exit: 65,
    message: ({ url, status, reason }) => `The server refused ${url} with status ${status}: ${reason}`,
    doc: 'The server answered with an error. Its own words say what was wanted and what came.',
  }),
  ARGUMENT_INVALID: entry<{ flag: string; wanted: string; got: string }>({
    http: 400,
    exit: 2,
    message: ({ flag, wanted, got }) => `${flag}: wanted ${wanted}, got '${got}'.`,
    doc: 'An argument of the command line can not be read. The message says the form that is wanted.',
  }),
  TRAINING_FAILED: entry<{ status: string }>({
    http: 500,
    exit: 70,
    message: ({ status }) =>
      `The training ended as '${status}' and no model was written. Lower the learning rate or take another seed; 'galerkin learn --help' shows both.`,
    doc: 'The training that a start needs did not finish. Lower the learning rate or take another seed.',
  }),
  FUNCTION_FILE_INVALID: entry<{ file: string; wanted: string; got: string }>({
    http: 400,
    exit: 65,
    message: ({ file, wanted, got }) =>
      `${file}: wanted ${wanted}, got ${got}. 'galerkin compile' takes a JavaScript module (.js or .mjs) that exports functions over arrays and their 'specs' (docs/tiers.md).`,
    doc: 'The file given to galerkin compile does not load, or exports no function with specs. TypeScript must be compiled to JavaScript first.',
  }),
};
