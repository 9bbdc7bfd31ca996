// Opens a model that answers sequences.
import { GalerkinError } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';
import type { SequenceParts } from './sequence-parts.js';
import { readSequencePlan } from './sequence-plan.js';
import { SequenceScheduler } from './sequence-scheduler.js';

/** The backend whose instances keep nothing from one request to the next, so that any may answer any request. */
const stateless = 'onnxruntime';

/**
 * Opens a model with sequence_batching as Triton does it. With the direct strategy, or a backend whose instances may keep
 * something of a sequence themselves, each sequence stays on one instance.
 * @throws MODEL_UNSERVABLE if the configuration asks for what does not go together, and what opening the instances throws.
 */
export async function openSequences(
  model: ModelPackage,
  parts: Omit<SequenceParts, 'lanes'>,
): Promise<SequenceScheduler> {
  const plan = await readSequencePlan(model);
  const { served, instances } = parts;
  if (served.unroll !== undefined) {
    const why = 'a decoupled model steps by itself, and its requests cannot be those of a sequence';
    throw new GalerkinError('MODEL_UNSERVABLE', { model: model.name, why });
  }
  const isBound = plan.strategy === 'direct' || served.backend !== stateless;
  const scheduler = new SequenceScheduler(plan, { ...parts, lanes: isBound ? instances : 1 });
  await scheduler.open();
  return scheduler;
}
