// Error codes of the room 'graph'.
import { entry } from './entry.js';

export const graphErrors = {
  GRAPH_INVALID: entry<{ source: string; reason: string }>({
    http: 400,
    exit: 65,
    message: ({ source, reason }) => `The ONNX model from ${source} cannot be read: ${reason}. Export it again.`,
    doc: 'Bytes are no ONNX model, a tensor does not fit its shape, or weights in another file were not given.',
  }),
  PRECISION_UNSUPPORTED: entry<{ reason: string }>({
    http: 400,
    exit: 65,
    message: ({ reason }) =>
      `The model's precision cannot be changed: ${reason}. Leave it as it is, or export it without.`,
    doc: 'A change of precision met types that it does not know: sequences, local functions, sparse constants, old operator sets.',
  }),
  PRECISION_OVERFLOW: entry<{ name: string; value: number; to: string; largest: number }>({
    http: 400,
    exit: 65,
    message: ({ name, value, to, largest }) =>
      `Constant '${name}' holds ${value}, but ${to} ends at ${largest}. Scale the model, or clamp with overflow: 'clamp'.`,
    doc: 'A constant is too large for the smaller type of a change of precision.',
  }),
  SIZE_INVALID: entry<{ name: string; wanted: string; got: string }>({
    http: 400,
    exit: 65,
    message: ({ name, wanted, got }) => `Size '${name}': wanted ${wanted}, got ${got}.`,
    doc: 'A number for an open size of a model is not whole and positive, or the model has no open size of that name.',
  }),
};
