// One answer, guarded: the model computes, its guard judges, and what is over the bound is flagged, refused or recomputed.
import { GalerkinError } from '../../base/index.js';
import type { Tensors } from '../backends/backend.js';
import { bytesIn } from '../tensors/size.js';
import { recompute } from './fallback.js';
import { type GuardPolicy, judge } from './guard-verdict.js';
import type { Aid, Answer, Computing, Question } from './question.js';
import type { StageTimes } from './scheduler.js';
import { answererOf, type ServedModel } from './served-model.js';

const noMaps: Tensors = Object.freeze({});

const mapsOf = (facts: Tensors): Tensors =>
  Object.fromEntries(Object.entries(facts).filter(([, tensor]) => tensor.shape.length > 1));

/**
 * Answers a checked question; `times` are written on the way.
 * @throws ANSWER_REJECTED under policy 'reject'; FALLBACK_FAILED when the solver cannot replace what was refused;
 *   GUARD_MISSING if a policy is asked of a model without a guard; and what the scheduler throws.
 */
export async function answer(model: Computing, question: Question, times: StageTimes, aid: Aid): Promise<Answer> {
  const { served, scheduler } = model;
  const { inputs, items, maps, terms } = question;
  const policy = policyOf(served, question);
  const guard = served.guard === undefined ? 'none' : maps ? 'all' : 'figures';
  const computed = await scheduler.run({ inputs, items, bytes: bytesIn(inputs), guard, terms, times });
  const answeredBy = answererOf(served);
  if (served.guard === undefined || computed.guard === undefined) {
    return { outputs: computed.outputs, maps: noMaps, guard: undefined, answeredBy };
  }
  const { bounds } = served.guard;
  const judgement = judge(computed.guard, items, bounds, served.name);
  const given = { outputs: computed.outputs, maps: maps ? mapsOf(computed.guard) : noMaps, answeredBy };
  if (judgement.flagged.length === 0) return { ...given, guard: { figures: judgement.figures, verdict: 'accepted' } };
  if (policy === 'annotate') return { ...given, guard: { figures: judgement.figures, verdict: 'flagged' } };
  if (policy === 'reject') throw new GalerkinError('ANSWER_REJECTED', { model: served.name, ...judgement.figures });
  const replaced = await recompute(model, { question, computed, judgement, facts: computed.guard }, aid);
  const after = judge(replaced.facts, items, bounds, served.name);
  const verdict = after.flagged.length === 0 ? 'fallback' : 'flagged';
  return {
    outputs: replaced.outputs,
    maps: maps ? mapsOf(replaced.facts) : noMaps,
    guard: { figures: after.figures, verdict, refused: judgement.refused },
    answeredBy: judgement.flagged.length === items ? 'solver' : 'mixed',
  };
}

function policyOf(served: ServedModel, { guard: asked }: Question): GuardPolicy {
  if (served.guard !== undefined) return asked ?? served.guard.policy;
  if (asked === undefined || asked === 'annotate') return 'annotate';
  throw new GalerkinError('GUARD_MISSING', { model: served.name, policy: asked });
}
