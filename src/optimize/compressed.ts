// What every compression gives: the new model, and what became of it, node by node.
import type { Model } from '../graph/index.js';

export interface Compressed {
  readonly model: Model;
  readonly report: CompressionReport;
}

export interface CompressionReport {
  /** The method with its options, as a person would say it: 'int8 dynamic, per channel'. */
  readonly method: string;
  /** Names of the nodes that were changed. */
  readonly changed: readonly string[];
  /** Nodes that the method is for but that were left alone, and why. */
  readonly skipped: readonly { readonly node: string; readonly reason: string }[];
  /** Bytes of all constants. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}
