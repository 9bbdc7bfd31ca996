// The fallback: only the items that the guard refused are computed again, by another model, and judged again.
import { GalerkinError, type Tensor } from '../../base/index.js';
import type { Computed, Tensors } from '../backends/backend.js';
import { gatherItems, joinItems, replaceItems } from '../tensors/bytes.js';
import { bytesIn } from '../tensors/size.js';
import type { Judgement } from './guard-verdict.js';
import type { Aid, Computing, Question } from './question.js';
import { newStageTimes, type Work } from './scheduler.js';
import { areOutputsOf, type ServedModel } from './served-model.js';
import type { Terms } from './terms.js';

interface Refused {
  readonly question: Question;
  readonly computed: Computed;
  readonly judgement: Judgement;
  /** The guard's outputs for the whole batch. */
  readonly facts: Tensors;
}

interface Recomputed {
  readonly outputs: Tensors;
  /** The guard's outputs of the answer as it now stands. */
  readonly facts: Tensors;
}

const mapTensors = (tensors: Tensors, each: (tensor: Tensor, name: string) => Tensor): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, each(tensor, name)]));

/** True if `fallback` can be asked what `model` was asked. */
export function takesTheSame(model: ServedModel, fallback: ServedModel): boolean {
  const batched = model.maxBatchSize > 0 === fallback.maxBatchSize > 0;
  return (
    batched &&
    fallback.inputs.every(spec => model.inputs.some(({ name, dtype }) => name === spec.name && dtype === spec.dtype))
  );
}

function chunks(indices: readonly number[], size: number): (readonly number[])[] {
  const parts: (readonly number[])[] = [];
  for (let at = 0; at < indices.length; at += size) parts.push(indices.slice(at, at + size));
  return parts;
}

interface Share {
  readonly items: number;
  readonly terms: Terms;
  /** Now, by the monotonic clock. */
  readonly nowMs: number;
}

/** Work that is done for an answer's sake, and not counted as a request of its own. It waits from now on. */
const sideWork = (inputs: Tensors, { items, terms, nowMs }: Share): Work => ({
  inputs,
  items,
  bytes: bytesIn(inputs),
  guard: 'none',
  terms,
  times: newStageTimes(nowMs),
});

/** The fallback's outputs for `inputs`, which hold `items` items, in batches that it takes. */
export async function solveItems(fallback: Computing, inputs: Tensors, share: Share): Promise<Tensors> {
  const { items } = share;
  const { maxBatchSize, inputs: wanted } = fallback.served;
  const own = Object.fromEntries(
    wanted.flatMap(({ name }) => (inputs[name] === undefined ? [] : [[name, inputs[name]] as const])),
  );
  if (maxBatchSize === 0 || items <= maxBatchSize) return (await fallback.scheduler.run(sideWork(own, share))).outputs;
  const all = Array.from({ length: items }, (_, item) => item);
  const parts = await Promise.all(
    chunks(all, maxBatchSize).map(part =>
      fallback.scheduler.run(
        sideWork(
          mapTensors(own, tensor => gatherItems(tensor, part)),
          { ...share, items: part.length },
        ),
      ),
    ),
  );
  const names = Object.keys(parts[0]?.outputs ?? {});
  return Object.fromEntries(
    names.map(name => [
      name,
      joinItems(parts.flatMap(({ outputs }) => (outputs[name] === undefined ? [] : [outputs[name]]))),
    ]),
  );
}

/**
 * Replaces the refused items of an answer by those of the model's fallback, and runs the model's guard on them.
 * @throws FALLBACK_FAILED if there is no fallback, it cannot take the inputs, or it fails; the answer is then withheld.
 */
export async function recompute(
  model: Computing,
  { question, computed, judgement, facts }: Refused,
  aid: Aid,
): Promise<Recomputed> {
  const { served, scheduler } = model;
  const name = served.guard?.fallback;
  const failed = (why: string, cause?: unknown): GalerkinError<'FALLBACK_FAILED'> =>
    new GalerkinError(
      'FALLBACK_FAILED',
      { model: served.name, fallback: name ?? 'none', why, ...judgement.figures },
      { cause },
    );
  const fallback = name === undefined ? undefined : aid.running(name);
  if (fallback === undefined) throw failed('is not served here');
  if (!takesTheSame(served, fallback.served)) throw failed('takes other inputs');
  const { flagged } = judgement;
  const batched = served.maxBatchSize > 0;
  const inputs = batched ? mapTensors(question.inputs, tensor => gatherItems(tensor, flagged)) : question.inputs;
  const share = () => ({ items: flagged.length, terms: question.terms, nowMs: aid.clock.monotonic() });
  let outputs: Tensors;
  try {
    outputs = await solveItems(fallback, inputs, share());
  } catch (cause) {
    throw failed('failed', cause);
  }
  if (!areOutputsOf(served, outputs, flagged.length)) throw failed('gave other outputs');
  const checked = await scheduler.run({
    ...sideWork(inputs, share()),
    outputs,
    guard: question.maps ? 'all' : 'figures',
  });
  if (!batched) return { outputs, facts: checked.guard ?? {} };
  const merge = (whole: Tensors, parts: Tensors): Tensors =>
    mapTensors(whole, (tensor, key) => (parts[key] === undefined ? tensor : replaceItems(tensor, parts[key], flagged)));
  return { outputs: merge(computed.outputs, outputs), facts: merge(facts, checked.guard ?? {}) };
}
