// The original as a reference: its answers to the samples, and how far another model's are from them, in L2 and in physics.
import { type Model, writeModel } from '../../graph/index.js';
import { openSession } from '../../runtime/index.js';
import { type Deviation, deviationOf } from '../deviation.js';
import { answersOf, type Feeds } from '../feeds.js';

/** The physics residual of answers to feeds: any number of which less is better. */
export type Judge = (feeds: Feeds, answers: Feeds) => number | Promise<number>;

export interface Budget {
  /** Largest mean relative L2 distance from the original's answers: 0.005 is half a percent. */
  readonly relativeL2: number;
  /** By what part the mean residual may grow: 0.1 is a tenth. Needs a judge. */
  readonly residual?: number;
}

export interface Measured {
  readonly deviation: Deviation;
  /** Mean residuals of the original and of this model; undefined without a judge. */
  readonly residual: { readonly before: number; readonly after: number } | undefined;
}

export interface Reference {
  measure(model: Model): Promise<Measured>;
}

async function meanResidual(judge: Judge, samples: readonly Feeds[], answers: readonly Feeds[]): Promise<number> {
  let sum = 0;
  for (const [k, feeds] of samples.entries()) sum += await judge(feeds, answers[k] ?? {});
  return sum / samples.length;
}

/** Runs the original once. @throws what openSession and Session.run throw. */
export async function referenceOf(
  model: Model,
  samples: readonly Feeds[],
  { judge, threads }: { readonly judge: Judge | undefined; readonly threads: number },
): Promise<Reference> {
  const answer = async (one: Model): Promise<Feeds[]> => {
    const session = await openSession(writeModel(one), { threads, spin: false });
    try {
      return await answersOf(session, samples);
    } finally {
      await session.close();
    }
  };
  const references = await answer(model);
  const before = judge === undefined ? 0 : await meanResidual(judge, samples, references);
  return {
    measure: async other => {
      const answers = await answer(other);
      const deviation = deviationOf(answers, references);
      if (judge === undefined) return { deviation, residual: undefined };
      return { deviation, residual: { before, after: await meanResidual(judge, samples, answers) } };
    },
  };
}

/** By what part the residual has grown; undefined without a judge. */
export const growthOf = ({ residual }: Measured): number | undefined =>
  residual === undefined ? undefined : residual.after / residual.before - 1;

/** Whether what was measured is within the budget. What is not a number is not. */
export function keeps(measured: Measured, budget: Budget): boolean {
  if (!(measured.deviation.relativeL2 <= budget.relativeL2)) return false;
  const growth = growthOf(measured);
  return budget.residual === undefined || growth === undefined || growth <= budget.residual;
}
