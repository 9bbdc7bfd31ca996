// Error codes of the room 'learn': data sets, trainings and what is made from them.
import { entry } from './entry.js';

export const learnErrors = {
  PROBLEM_NOT_LEARNABLE: entry<{ problem: string; coefficients: number }>({
    http: 400,
    exit: 65,
    message: ({ problem, coefficients }) =>
      `Problem '${problem}' cannot be learnt: wanted one coefficient field, got ${coefficients}.`,
    doc: 'An operator maps one coefficient field to the solution. Give the problem exactly one coefficient.',
  }),
  DATA_TOO_SMALL: entry<{ wanted: number; got: number }>({
    http: 400,
    exit: 65,
    message: ({ wanted, got }) =>
      `The data set is too small: wanted ${wanted} fields for training, test and calibration, got ${got}. Make a larger one or ask for fewer.`,
    doc: 'Training, test and calibration fields together are more than the data set holds. Make a larger data set or ask for fewer fields.',
  }),
  TRAINING_MISMATCH: entry<{ folder: string; differs: readonly string[] }>({
    http: 409,
    exit: 65,
    message: ({ folder, differs }) =>
      `The checkpoints in '${folder}' belong to another training; these differ: ${differs.join(', ')}. Use another folder, or remove this one.`,
    doc: 'A training was resumed with another operator, data set, seed or option than it began with. Use another folder, or remove the old one.',
  }),
};
