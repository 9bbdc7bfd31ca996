// Error codes of the room 'runtime': models, feeds and runs of native sessions.
import { entry } from './entry.js';

export const runtimeErrors = {
  SESSION_MODEL_INVALID: entry<{ source: string; reason: string }>({
    http: 422,
    exit: 65,
    message: ({ source, reason }) => `The model in ${source} cannot be opened: ${reason}`,
    doc: 'The bytes are no ONNX model that the runtime can execute: truncated, corrupt, or with unknown operators.',
  }),
  SESSION_INPUT_INVALID: entry<{ name: string; wanted: string; got: string }>({
    http: 400,
    exit: 65,
    message: ({ name, wanted, got }) => `Input '${name}': wanted ${wanted}, got ${got}.`,
    doc: 'A feed has a wrong name, datatype, shape or length. The message says what the model wants.',
  }),
  SESSION_CLOSED: entry<{ what: string }>({
    http: 503,
    exit: 69,
    message: ({ what }) => `${what} is closed. Open a new one.`,
    doc: 'A native session was used after close().',
  }),
  MEMORY_BUDGET: entry<{
    name: string;
    bytes: number;
    heldBytes: number;
    budgetBytes: number;
    holders: readonly string[];
  }>({
    http: 503,
    exit: 69,
    message: ({ name, bytes, heldBytes, budgetBytes, holders }) =>
      `No memory for ${name}: wanted ${bytes} bytes, ${heldBytes} of ${budgetBytes} are taken${holders.length === 0 ? '' : ` (${holders.join(', ')})`}. Release something or raise budgetBytes.`,
    doc: 'A reservation or a tensor does not fit into the budget of the memory manager. Nothing was taken.',
  }),
  SESSION_RUN_FAILED: entry<{ reason: string }>({
    http: 500,
    exit: 70,
    message: ({ reason }) => `The native run failed: ${reason}`,
    doc: 'The runtime refused to execute the model with these inputs. The reason is its own message.',
  }),
};
