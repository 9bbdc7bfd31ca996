// Options of solving and of generating, with units, ranges and defaults.
import { choiceOption, integerOption, numberOption, optionSchema } from '../base/index.js';

export const solverOptions = optionSchema({
  method: choiceOption(['auto', 'multigrid', 'direct'], {
    doc: 'Linear solver: conjugate gradients with multigrid, a sparse Cholesky factor, or whichever is faster for the size',
    default: 'auto',
  }),
  tolerance: numberOption({
    doc: 'Relative residual |b - A x| / |b| to reach',
    default: 1e-10,
    min: 1e-14,
    max: 0.1,
  }),
  maxIterations: integerOption({ doc: 'Most iterations of conjugate gradients', default: 200, min: 1 }),
});

export const generateOptions = optionSchema({
  count: integerOption({ doc: 'Fields to generate', unit: 'fields', default: 1000, min: 1 }),
  first: integerOption({
    doc: 'Number of the first field; field k depends on the seed and k only',
    default: 0,
    min: 0,
  }),
  n: integerOption({ doc: 'Grid nodes per side', unit: 'nodes', default: 64, min: 3, max: 4097 }),
  seed: integerOption({ doc: 'Seed of the random fields', default: 0, min: 0 }),
  tolerance: numberOption({
    doc: 'Relative residual |b - A x| / |b| to reach',
    default: 1e-10,
    min: 1e-14,
    max: 0.1,
  }),
});
