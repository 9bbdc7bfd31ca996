// What ends a stage that every replica obeys: proof, its time, or neither yet; and what comes after it.
import type { ReleaseStatus } from './status.js';
import {
  abort,
  end,
  enterStage,
  judgedSamples,
  pause,
  promote,
  type Step,
  stageElapsedMs,
  stageOf,
} from './transitions.js';

/** Proof from samples of this stage too: what was proved at 5 % is looked at again at 25 %. */
function hasFreshProof(status: ReleaseStatus): boolean {
  const fresh = judgedSamples(status) - status.stageSamples;
  return status.judgement?.verdict === 'promote' && fresh >= status.judging.minSamples;
}

function report(step: Step, nowMs: number): Step {
  const { judgement, candidate, baseline } = step.status;
  const found = judgement === undefined ? 'Nothing was judged.' : `${judgement.verdict}: ${judgement.reason}`;
  const reason = `Compared and kept out, as asked: version ${baseline} answers, not ${candidate}. ${found}`;
  return end(step, nowMs, { phase: 'reported', reason });
}

/** The time is over, and there is no proof. */
function decideInconclusive(step: Step, nowMs: number): Step {
  const { spec, judgement, candidate } = step.status;
  const missing = judgement?.reason ?? 'nothing could be judged';
  const why = `The time is over without proof that version ${candidate} is good enough: ${missing}`;
  switch (spec.inconclusive) {
    case 'abort':
      return abort(step, nowMs, why);
    case 'pause':
      return pause(step, nowMs, `${why} Somebody must promote, resume or abort.`);
    case 'promote':
      return enterStage(step, step.status.stage + 1, nowMs);
  }
}

/** True while the adviser's doubt keeps a stage whose time is over: as long again at most, and only without proof. */
const isHeldBack = (status: ReleaseStatus, elapsedMs: number, holdMs: number): boolean =>
  status.advice?.advice === 'hold' && status.judgement?.verdict !== 'promote' && elapsedMs < 2 * holdMs;

/** A stage that every replica obeys and against which nothing speaks. */
export function decideStage(step: Step, nowMs: number): Step {
  const { status } = step;
  const stage = stageOf(status);
  if (stage === undefined) return promote(step, nowMs, 'The last stage is over.');
  const elapsedMs = stageElapsedMs(status, nowMs);
  const isEarly = stage.early !== 'wait' && hasFreshProof(status);
  const isOver = elapsedMs >= stage.holdMs && !isHeldBack(status, elapsedMs, stage.holdMs);
  if (!isEarly && !isOver) return step;
  if (stage.approve) return pause(step, nowMs, `Stage '${stage.title}' is over: somebody must promote or abort.`);
  if (stage.atEnd === 'report') return report(step, nowMs);
  const isProved = status.judgement?.verdict === 'promote';
  if (stage.atEnd === 'judge' && !isProved) return decideInconclusive(step, nowMs);
  const isFinished = isEarly && stage.early === 'finish' && status.advice?.advice !== 'hold';
  if (isFinished) return promote(step, nowMs, `Proved early: ${status.judgement?.reason ?? ''}`);
  return enterStage(step, status.stage + 1, nowMs);
}
