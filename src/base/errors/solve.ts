// Error codes of the room 'solve': meshes, weak forms, coefficients and problems.
import { entry } from './entry.js';

export const solveErrors = {
  MESH_INVALID: entry<{ wanted: string; got: string }>({
    http: 400,
    exit: 65,
    message: ({ wanted, got }) => `The mesh is not valid: wanted ${wanted}, got ${got}.`,
    doc: 'A mesh has a bad index, a clockwise or flat triangle, a hanging or unused node, or lengths that do not fit. Mend the points or triangles that the message names.',
  }),
  GRID_INVALID: entry<{ n: number; min: number; max: number }>({
    http: 400,
    exit: 65,
    message: ({ n, min, max }) =>
      `The grid is not valid: wanted a whole number of nodes per side from ${min} to ${max}, got ${n}.`,
    doc: 'The number of grid nodes per side is too small, too large or not whole. Choose one in the range that the message names.',
  }),
  FORM_INVALID: entry<{ form: string; fault: string }>({
    http: 400,
    exit: 65,
    message: ({ form, fault }) => `The weak form '${form}' is not valid: ${fault}.`,
    doc: 'A weak form uses a symbol that its problem does not define, differentiates twice, or is not built from form expressions. Use the arguments that the form is called with.',
  }),
  FORM_NOT_LINEAR: entry<{ form: string; argument: string; fault: string }>({
    http: 400,
    exit: 65,
    message: ({ form, argument, fault }) =>
      `The weak form '${form}' must be linear in its ${argument} function, but ${fault}. Write every term with the ${argument} function exactly once, never in a denominator.`,
    doc: 'A weak form is not linear in the trial or the test function. Every term must hold each of them exactly once, and never in a denominator.',
  }),
  COEFFICIENT_INVALID: entry<{ name: string; wanted: string; got: string }>({
    http: 400,
    exit: 65,
    message: ({ name, wanted, got }) => `Coefficient '${name}': wanted ${wanted}, got ${got}.`,
    doc: 'A coefficient field is missing, unknown, of the wrong length, not finite or outside its physical range. The message names the first value that is wrong.',
  }),
  PROBLEM_UNKNOWN: entry<{ name: string; known: readonly string[] }>({
    http: 404,
    exit: 66,
    message: ({ name, known }) => `There is no problem '${name}'; the problems are ${known.join(', ')}.`,
    doc: 'A problem was asked for by a name that does not exist. Choose one of the names that the message lists.',
  }),
  FIELD_UNSOLVED: entry<{ field: number; status: string; relativeResidual: number; iterations: number }>({
    http: 500,
    exit: 70,
    message: ({ field, status, relativeResidual, iterations }) =>
      `Field ${field} was not solved: ${status} at relative residual ${relativeResidual.toExponential(1)} after ${iterations} iterations. Loosen the tolerance or raise maxIterations.`,
    doc: 'One field of a data set could not be solved to its tolerance, so the data set would have held a wrong answer. Loosen the tolerance or raise the limit of iterations.',
  }),
};
