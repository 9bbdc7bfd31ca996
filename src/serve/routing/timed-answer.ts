// What a version itself answers to a copy of a request, and how long it takes.
import type { Clock } from '../../base/index.js';
import { answer } from '../engine/answer.js';
import type { Aid, Answer, Question } from '../engine/question.js';
import type { RunningModel } from '../engine/running-model.js';
import { newStageTimes } from '../engine/scheduler.js';
import { plainTerms } from '../engine/terms.js';
import { computeMsOf } from './sample-of.js';

export interface Timed {
  readonly answer: Answer;
  readonly latencyMs: number;
  /** See RequestSample. */
  readonly computeMs: number | null;
}

interface Means {
  readonly clock: Clock;
  readonly aid: Aid;
}

export async function timedAnswer(model: RunningModel, copied: Question, { clock, aid }: Means): Promise<Timed> {
  const { inputs, items } = copied;
  const times = newStageTimes(clock.monotonic());
  // Its own answer is wanted, not one that a solver mended.
  const guard = model.served.guard === undefined ? undefined : 'annotate';
  const terms = { ...plainTerms, parameters: copied.terms.parameters };
  const question: Question = { inputs, items, guard, maps: false, terms };
  const given = await answer(model, question, times, aid);
  times.doneMs = clock.monotonic();
  const latencyMs = times.doneMs - times.queuedMs;
  return { answer: given, latencyMs, computeMs: computeMsOf({ question, answer: given, latencyMs, times }) };
}
