// The members of an ensemble as they run now: looked up for every request, so that a member that is loaded anew is seen at once.
import type { Computing } from '../engine/question.js';
import type { ModelStatistics } from '../statistics/model-statistics.js';
import type { EnsemblePlan, Step } from './ensemble-plan.js';

/** A running model that is a step of an ensemble. */
export interface Member extends Computing {
  readonly statistics: ModelStatistics;
  isReady(): boolean;
}

/** Where running models are found. */
export interface Members {
  /** The version asked for, or the newest. @throws MODEL_UNKNOWN, MODEL_NOT_READY */
  find(name: string, version?: string): Member;
  versionsOf(name: string): readonly Member[];
  /** What stands for the model: of one with a route its stable version. */
  running(name: string): Member | undefined;
}

/** The member of a step if it runs. */
export function memberOf({ member, version }: Step, members: Members): Member | undefined {
  if (version === undefined) return members.running(member);
  return members.versionsOf(member).find(({ served }) => served.version === version);
}

/** The last step, as tensors flow, whose member has a guard now; -1 for none. */
export function lastGuarded({ order, steps }: EnsemblePlan, members: Members): number {
  for (let k = order.length - 1; k >= 0; k--) {
    const step = steps[order[k] ?? -1];
    if (step !== undefined && memberOf(step, members)?.served.guard !== undefined) return step.place;
  }
  return -1;
}
