// A variant: the model in another form, made by our passes and compressions; its bytes are what would be served.
import { type Model, writeModel } from '../../graph/index.js';
import { sha256 } from '../../store/index.js';
import type { CompressionReport } from '../compressed.js';

export interface Variant {
  /** Short and unique: 'original', 'O2', 'O2+int8-dynamic'. */
  readonly id: string;
  /** As a person would say it. */
  readonly label: string;
  readonly bytes: Uint8Array;
  readonly digest: string;
  /** Nodes of its graph as written. */
  readonly nodes: number;
  readonly compression?: CompressionReport;
}

export const variantOf = (id: string, label: string, made: { model: Model; report?: CompressionReport }): Variant => {
  const bytes = writeModel(made.model);
  const { nodes } = made.model.graph;
  const compression = made.report === undefined ? {} : { compression: made.report };
  return { id, label, bytes, digest: sha256(bytes), nodes: nodes.length, ...compression };
};

/** The model as it came, byte by byte. */
export const originalVariant = (bytes: Uint8Array, model: Model): Variant => ({
  id: 'original',
  label: 'the model as it is',
  bytes,
  digest: sha256(bytes),
  nodes: model.graph.nodes.length,
});
