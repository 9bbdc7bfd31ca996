// Error codes of the room 'optimize'.
import { entry } from './entry.js';

export const optimizeErrors = {
  OPTIMIZE_INPUT_INVALID: entry<{ what: string; wanted: string; got: string }>({
    http: 400,
    exit: 65,
    message: ({ what, wanted, got }) => `${what}: wanted ${wanted}, got ${got}.`,
    doc: 'What was given to an optimization (model, samples, target, budget) does not fit. The message names it.',
  }),
  CORRELATION_TOO_COARSE: entry<{
    size: number;
    ratio: number;
    method: string;
    relativeError: number;
    worstEntry: number;
    tolerance: number;
  }>({
    http: 422,
    exit: 65,
    message: ({ size, ratio, method, relativeError, worstEntry, tolerance }) =>
      `Correlations of ${size} channels at a ratio of ${ratio} come back with a relative error of ${relativeError.toPrecision(3)} at best (${method}, worst entry ${worstEntry.toPrecision(3)}), which is more than ${tolerance}. Allow a larger ratio or tolerance.`,
    doc: 'Compressed correlations would be further from the truth than was allowed. Nothing was written.',
  }),
};
