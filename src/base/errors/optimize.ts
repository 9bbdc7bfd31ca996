// Error codes of the room 'optimize'.
import { entry } from './entry.js';

export const optimizeErrors = {
  OPTIMIZE_INPUT_INVALID: entry<{ what: string; wanted: string; got: string }>({
    http: 400,
    exit: 65,
    message: ({ what, wanted, got }) => `${what}: wanted ${wanted}, got ${got}.`,
    doc: 'What was given to an optimization (model, samples, target, budget) does not fit. The message names it.',
  }),
};
