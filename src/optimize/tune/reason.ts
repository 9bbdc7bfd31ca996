// Why a trial was chosen, as a person would say it, with the figures that decided.
import type { TrialFacts, TuneReport } from '../report/tune-report.js';
import type { Accuracy } from './accuracy.js';
import type { OptimizationStrategy } from './workload.js';

export interface ChoiceFacts {
  readonly strategy: OptimizationStrategy;
  readonly before: TrialFacts;
  readonly after: TrialFacts;
  readonly status: TuneReport['status'];
  readonly accuracy: Accuracy;
}

const percent = (share: number): string => `${(100 * share).toPrecision(2)} %`;
const times = (ratio: number): string => (ratio >= 1 ? `${ratio.toFixed(2)} times` : `only ${ratio.toFixed(2)} times`);

const goals: Readonly<Record<OptimizationStrategy, string>> = {
  latency: 'least median time of a run',
  throughput: 'most items a second',
  memory: 'least memory',
  size: 'smallest file',
};

/** The sentence that explains the choice. */
export function reasonFor({ strategy, before, after, status, accuracy }: ChoiceFacts): string {
  if (before.id === after.id && status === 'missed')
    return 'No way to run it within the budgets reaches every target; the model as it is served today comes nearest.';
  if (before.id === after.id)
    return 'The model as it is served today: nothing within the budgets was better by more than noise (5 %).';
  const speed =
    strategy === 'throughput'
      ? `${times(after.itemsPerSecond / before.itemsPerSecond)} today's items a second`
      : `${times(before.p50Ms / after.p50Ms)} as fast as today`;
  const { relativeL2 } = accuracy.deviation;
  const answers = relativeL2 === 0 ? 'the same answers' : `answers ${percent(relativeL2)} from the original's`;
  const among =
    status === 'met'
      ? 'that meets every target'
      : status === 'missed'
        ? '(no target was reached)'
        : 'within the budgets';
  return `The ${goals[strategy]} of all ${among}: ${speed}, ${answers}.`;
}
