// Error codes of the room 'serve' about sequences and ensembles, in Triton's words where clients match on them.
import { entry } from './entry.js';

const most = 12;
const listed = (faults: readonly string[]): string =>
  faults.slice(0, most).join('; ') + (faults.length > most ? `; and ${faults.length - most} more` : '');

export const serveSchedulingErrors = {
  SEQUENCE_ID_MISSING: entry<{ model: string }>({
    http: 400,
    exit: 65,
    message: ({ model }) =>
      `inference request to model '${model}' must specify a non-zero or non-empty correlation ID: give it the parameter sequence_id.`,
    doc: 'The model keeps sequences apart by their ids, and the request names none.',
  }),
  SEQUENCE_NOT_STARTED: entry<{ model: string; id: string }>({
    http: 400,
    exit: 65,
    message: ({ model, id }) =>
      `inference request for sequence ${id} to model '${model}' must specify the START flag on the first request of the sequence: none of that id is under way.`,
    doc: 'The sequence was never started, has ended, was silent for longer than its model allows, or its start failed. Start it with sequence_start.',
  }),
  SEQUENCE_BATCH: entry<{ model: string; got: number }>({
    http: 400,
    exit: 65,
    message: ({ model, got }) =>
      `inference request to model '${model}' must specify batch-size 1 due to requirements of sequence batcher, got ${got}. Send one request for each step of each sequence.`,
    doc: 'A request of a sequence holds one item: the server joins the requests of several sequences itself.',
  }),
  SEQUENCE_ID_REFUSED: entry<{ model: string; wanted: string; got: string }>({
    http: 400,
    exit: 65,
    message: ({ model, wanted, got }) =>
      `inference request to model '${model}': wanted a correlation ID that is ${wanted}, got '${got}'.`,
    doc: 'The model is told the id of each sequence in a tensor, and this id cannot be held by its datatype.',
  }),
  ENSEMBLE_INVALID: entry<{ model: string; faults: readonly string[] }>({
    http: 500,
    exit: 65,
    message: ({ model, faults }) => `ensemble '${model}' does not fit its members: ${listed(faults)}.`,
    doc: 'A member is not served, or its tensors are not those that the steps join. All faults are listed; mend the steps or the members.',
  }),
};
