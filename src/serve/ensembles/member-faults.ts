// Whether the members fit each other and the ensemble: every name, datatype, size and batch, all faults at once.
import type { DType } from '../../base/index.js';
import { type ServedModel, type TensorSpec, wireShape } from '../engine/served-model.js';
import type { EnsemblePlan, Link, Step } from './ensemble-plan.js';
import { type Member, type Members, memberOf } from './members.js';

/** What a tensor is on one of its ends. */
interface End {
  readonly where: string;
  readonly dtype: DType;
  /** With the batch axis, where its model has one. */
  readonly shape: readonly number[];
}

const endOf = (where: string, model: ServedModel, spec: TensorSpec): End => ({
  where,
  dtype: spec.dtype,
  shape: wireShape(model, spec),
});

const inWords = ({ where, dtype, shape }: End): string => `${dtype} [${shape}] ${where}`;

function fits(source: End, reader: End): boolean {
  const isSame = source.dtype === reader.dtype && source.shape.length === reader.shape.length;
  return isSame && source.shape.every((size, k) => size === -1 || reader.shape[k] === -1 || size === reader.shape[k]);
}

const nameOf = ({ place, member, version }: Step): string =>
  `step ${place + 1} (model '${member}'${version === undefined ? '' : ` version ${version}`})`;

/** Faults of a step by itself: a member that is not there or cannot be one, and names that it does not have. */
function stepFaults(step: Step, { served }: Member, maxBatchSize: number): string[] {
  const where = nameOf(step);
  const faults: string[] = [];
  if (served.unroll !== undefined) faults.push(`${where} is decoupled, and an ensemble answers once`);
  if (maxBatchSize > 0 && served.maxBatchSize < maxBatchSize)
    faults.push(`${where} takes ${served.maxBatchSize} items at once, fewer than max_batch_size ${maxBatchSize}`);
  for (const { name, optional = false } of served.inputs) {
    if (!optional && !step.inputs.some(link => link.name === name))
      faults.push(`${where} is not given its input '${name}'`);
  }
  const unknown = (kind: 'input' | 'output', links: readonly Link[], specs: readonly TensorSpec[]): void => {
    for (const { name } of links)
      if (!specs.some(spec => spec.name === name)) faults.push(`${where} has no ${kind} '${name}'`);
  };
  unknown('input', step.inputs, served.inputs);
  unknown('output', step.outputs, served.outputs);
  return faults;
}

/** Where each tensor comes from, by its number. */
function sources(plan: EnsemblePlan, own: ServedModel, found: readonly (Member | undefined)[]): (End | undefined)[] {
  const ends = new Array<End | undefined>(plan.tensors.length).fill(undefined);
  for (const { name, tensor } of plan.inputs) {
    const spec = own.inputs.find(each => each.name === name);
    if (spec !== undefined) ends[tensor] = endOf('from the request', own, spec);
  }
  for (const step of plan.steps) {
    const served = found[step.place]?.served;
    for (const { name, tensor } of step.outputs) {
      const spec = served?.outputs.find(each => each.name === name);
      if (served !== undefined && spec !== undefined) ends[tensor] = endOf(`from ${nameOf(step)}`, served, spec);
    }
  }
  return ends;
}

/** Everything that is wrong between an ensemble and its members as they run now. */
export function memberFaults(plan: EnsemblePlan, own: ServedModel, members: Members): string[] {
  const found = plan.steps.map(step => memberOf(step, members));
  const faults = plan.steps.flatMap((step, k) => {
    const member = found[k];
    return member === undefined ? [`${nameOf(step)} is not served`] : stepFaults(step, member, plan.maxBatchSize);
  });
  const ends = sources(plan, own, found);
  const compare = ({ tensor }: Link, reader: End): void => {
    const source = ends[tensor];
    if (source === undefined || fits(source, reader)) return;
    faults.push(`the tensor '${plan.tensors[tensor]}' is ${inWords(source)}, but ${inWords(reader)}`);
  };
  for (const step of plan.steps) {
    const served = found[step.place]?.served;
    for (const link of step.inputs) {
      const spec = served?.inputs.find(({ name }) => name === link.name);
      if (served !== undefined && spec !== undefined) compare(link, endOf(`for ${nameOf(step)}`, served, spec));
    }
  }
  for (const link of plan.outputs) {
    const spec = own.outputs.find(({ name }) => name === link.name);
    if (spec !== undefined) compare(link, endOf('in the ensemble', own, spec));
  }
  return faults;
}
