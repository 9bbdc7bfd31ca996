// What forbids a request to a sequence model, whatever the state of its sequence: no id, an id that the model cannot be told, a batch.
import { GalerkinError } from '../../base/index.js';
import type { Work } from '../engine/scheduler.js';
import { idFault } from './control-tensors.js';
import type { SequencePlan } from './sequence-plan.js';

export function sequenceRefusal(
  model: string,
  { terms, items }: Work,
  { controls }: SequencePlan,
): GalerkinError | undefined {
  const { sequence } = terms;
  if (sequence === undefined || sequence.id === '' || (sequence.id === '0' && !sequence.isText))
    return new GalerkinError('SEQUENCE_ID_MISSING', { model });
  if (items !== 1) return new GalerkinError('SEQUENCE_BATCH', { model, got: items });
  const wanted = idFault(controls, sequence.id);
  if (wanted === undefined) return undefined;
  return new GalerkinError('SEQUENCE_ID_REFUSED', { model, wanted, got: sequence.id.slice(0, 80) });
}
