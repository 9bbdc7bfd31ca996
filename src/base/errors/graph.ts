// Error codes of the room 'graph'.
import { entry } from './entry.js';

export const graphErrors = {
  GRAPH_INVALID: entry<{ source: string; reason: string }>({
    http: 400,
    exit: 65,
    message: ({ source, reason }) => `The ONNX model from ${source} cannot be read: ${reason}. Export it again.`,
    doc: 'Bytes are no ONNX model, a tensor does not fit its shape, or weights in another file were not given.',
  }),
};
