// How good a variant's answers are: against the original's, against the truth where it is known, and by the physics where a guard judges.
import type { Tensor } from '../../base/index.js';
import { openSession, type Session } from '../../runtime/index.js';
import { type Deviation, deviationOf } from '../deviation.js';
import { answersOf, type Feeds } from '../feeds.js';
import type { Samples } from './samples.js';
import type { WorkloadProfile } from './workload.js';

export interface Answered {
  readonly answers: readonly Feeds[];
  /** Mean relative residual over the samples, as the package's guard gives it; undefined without one. */
  readonly residual: number | undefined;
  /** Mean relative L2 error against the right answers; undefined where they are not known. */
  readonly error: number | undefined;
}

export interface Accuracy {
  /** From the original's answers. */
  readonly deviation: Deviation;
  readonly residual?: { readonly before: number; readonly after: number };
  readonly error?: { readonly before: number; readonly after: number };
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** One figure of an item: the mean of what the guard calls `residual`. */
function residualIn(facts: Feeds): number {
  const tensor: Tensor | undefined = facts.residual;
  if (tensor === undefined || tensor.dtype === 'BYTES') return Number.NaN;
  return meanOf(Array.from<number | bigint>(tensor.data).map(Number));
}

/** The mean residual of answers, by the package's guard: it takes the inputs and outputs of the model that it names. */
async function residualOf(guard: Session, samples: readonly Feeds[], answers: readonly Feeds[]): Promise<number> {
  const residuals: number[] = [];
  for (const [k, answer] of answers.entries()) {
    const all: Feeds = { ...samples[k], ...answer };
    const feeds = Object.fromEntries(
      guard.inputs.flatMap(({ name }) => (all[name] === undefined ? [] : [[name, all[name]]])),
    );
    residuals.push(residualIn(await guard.run(feeds)));
  }
  return meanOf(residuals);
}

export interface JudgeTerms {
  readonly samples: Samples;
  readonly guard: Uint8Array | undefined;
  readonly threads: number;
  /** Of the runtime's own optimizations. */
  readonly graphLevel: 'basic' | 'extended' | 'all';
}

/** Answers all samples with a graph, and judges the answers. @throws SESSION_MODEL_INVALID, SESSION_RUN_FAILED */
export async function answered(
  bytes: Uint8Array,
  { samples, guard, threads, graphLevel }: JudgeTerms,
): Promise<Answered> {
  const session = await openSession(bytes, { threads, graphLevel, spin: false });
  const judge = guard === undefined ? undefined : await openSession(guard, { threads, spin: false });
  try {
    const answers = await answersOf(session, samples.feeds);
    const residual = judge === undefined ? undefined : await residualOf(judge, samples.feeds, answers);
    const { truths } = samples;
    return { answers, residual, error: truths === undefined ? undefined : deviationOf(answers, truths).relativeL2 };
  } finally {
    await Promise.all([session.close(), judge?.close()]);
  }
}

const pair = (before: number | undefined, after: number | undefined) =>
  before === undefined || after === undefined ? undefined : { before, after };

export function accuracyOf(after: Answered, original: Answered): Accuracy {
  const residual = pair(original.residual, after.residual);
  const error = pair(original.error, after.error);
  return {
    deviation: deviationOf(after.answers, original.answers),
    ...(residual === undefined ? {} : { residual }),
    ...(error === undefined ? {} : { error }),
  };
}

/** Why answers are too far off, with the figures; undefined when they are within the budget. */
export function overBudget({ deviation, residual }: Accuracy, budget: WorkloadProfile['budget']): string | undefined {
  const { relativeL2 } = deviation;
  if (!(relativeL2 <= budget.relativeL2))
    return `its answers are ${shown(relativeL2)} from the original's, over the budget of ${shown(budget.relativeL2)}`;
  if (residual === undefined || budget.residual === undefined) return undefined;
  const growth = residual.after / residual.before - 1;
  if (growth <= budget.residual) return undefined;
  return `its physics residual grows by ${shown(growth)} (${residual.before.toPrecision(3)} to ${residual.after.toPrecision(3)}), over the budget of ${shown(budget.residual)}`;
}

const shown = (share: number): string => `${(100 * share).toPrecision(3)} %`;
