// An ensemble as the protocols see it: units, ranges and the guard come from its members.
import { answererOf, type ServedGuard, type ServedModel, type TensorSpec } from '../engine/served-model.js';
import type { EnsemblePlan, Link } from './ensemble-plan.js';
import { lastGuarded, type Members, memberOf } from './members.js';

/** What a member says of a tensor, under the ensemble's name and sizes. */
const described = (own: TensorSpec, member: TensorSpec | undefined): TensorSpec =>
  member === undefined ? own : { ...member, name: own.name, dims: own.dims };

const find = (specs: readonly TensorSpec[] | undefined, links: readonly Link[], tensor: number) => {
  const name = links.find(link => link.tensor === tensor)?.name;
  return specs?.find(spec => spec.name === name);
};

/** The guard of the last guarded member. What it flags is said, not refused: the members' own policies are theirs. */
function guardOf(plan: EnsemblePlan, members: Members): ServedGuard | undefined {
  const step = plan.steps[lastGuarded(plan, members)];
  const guard = step === undefined ? undefined : memberOf(step, members)?.served.guard;
  return guard === undefined ? undefined : { policy: 'annotate', bounds: guard.bounds, fallback: undefined };
}

/** @param described what the ensemble's own package says */
export function servedEnsemble(own: ServedModel, plan: EnsemblePlan, members: Members): ServedModel {
  const running = plan.steps.map(step => ({ step, served: memberOf(step, members)?.served }));
  const side = (specs: readonly TensorSpec[], links: readonly Link[], isInput: boolean): TensorSpec[] =>
    specs.map(spec => {
      const tensor = links.find(({ name }) => name === spec.name)?.tensor ?? -1;
      for (const { step, served } of running) {
        const member = isInput
          ? find(served?.inputs, step.inputs, tensor)
          : find(served?.outputs, step.outputs, tensor);
        if (member !== undefined) return described(spec, member);
      }
      return spec;
    });
  const isSurrogate = running.every(({ served }) => served !== undefined && answererOf(served) === 'surrogate');
  return {
    ...own,
    backend: isSurrogate ? 'ensemble' : 'ensemble with a solver',
    inputs: side(own.inputs, plan.inputs, true),
    outputs: side(own.outputs, plan.outputs, false),
    get guard() {
      return guardOf(plan, members);
    },
  };
}
