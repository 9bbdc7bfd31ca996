// Error codes of the room 'optimize'.
import { entry } from './entry.js';

const figure = (value: number): string => (value >= 1000 ? Math.round(value).toString() : value.toPrecision(3));

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
  OPTIMIZATION_CANCELLED: entry<{ model: string }>({
    http: 499,
    exit: 130,
    message: ({ model }) =>
      `The optimization of '${model}' was called off. Nothing was written, and nothing of it is kept.`,
    doc: 'The search was interrupted. It begins anew when it is asked for again; a smaller time limit ends it sooner.',
  }),
  TARGET_MISSED: entry<{
    model: string;
    targets: readonly { name: string; unit: string; wanted: number; got: number }[];
  }>({
    http: 422,
    exit: 70,
    message: ({ model, targets }) => {
      const missed = targets.map(
        ({ name, unit, wanted, got }) => `${name} ${figure(got)} ${unit} (wanted ${figure(wanted)})`,
      );
      return `The best that was found for '${model}' misses its target: ${missed.join(', ')}. Nothing was written. Give more time or a larger error budget, or a target that this machine can reach.`;
    },
    doc: 'No way to run the model that keeps the error budget meets every target. The message has the best figures that were reached; the report has all.',
  }),
  BUDGET_BROKEN: entry<{
    budget: { relativeL2: number; residual?: number };
    measured: readonly { method: string; relativeL2: number; residualGrowth?: number }[];
  }>({
    http: 422,
    exit: 70,
    message: ({ budget, measured }) => {
      const share = (value: number): string => `${(100 * value).toPrecision(3)} %`;
      const found = measured.map(
        ({ method, relativeL2, residualGrowth }) =>
          `${method}: ${share(relativeL2)}${residualGrowth === undefined ? '' : `, residual grown by ${share(residualGrowth)}`}`,
      );
      const residual = budget.residual === undefined ? '' : ` and a residual grown by ${share(budget.residual)}`;
      return `No compression keeps the budget of ${share(budget.relativeL2)} from the original's answers${residual}: ${found.join('; ')}. Allow more, calibrate on samples like those asked, or train the pruned model.`;
    },
    doc: 'Every method was tried, also on only those parts of the model that bear it best, and each was further from the original than allowed. The message has what was measured.',
  }),
  COMPRESSION_SLOWER: entry<{ measured: readonly { method: string; ratio: number; relativeL2: number }[] }>({
    http: 422,
    exit: 70,
    message: ({ measured }) =>
      `Every compression that keeps the budget is slower than the original on this machine, and less accurate: ${measured
        .map(
          ({ method, ratio, relativeL2 }) =>
            `${method}: ${ratio.toFixed(2)} of its time, ${(100 * relativeL2).toPrecision(3)} % off`,
        )
        .join('; ')}. Keep the original, or ask for size.`,
    doc: 'Compressions keep the budget but run slower here than the original. Ask for the goal size to take the smallest all the same.',
  }),
};
