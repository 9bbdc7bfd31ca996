// What a co-design gives: the model, every layout that was tried with its figures, and what is written beside the model.
import type { Model } from '../../graph/index.js';
import type { CompressionReport } from '../compressed.js';
import type { Deviation } from '../deviation.js';
import type { Timing } from '../measure.js';
import type { CodesignMetrics } from './codesign-metrics.js';
import type { Correlation } from './correlation.js';
import type { PermutationFile } from './permutation-file.js';

/**
 * 'identity' and 'random' are controls: no order, and the best of several shuffles. 'spectral': sorted by correlation.
 * 'refined': swaps that raise the objective. 'measured': swaps that lower the measured error, from the best of these on.
 */
export type LayoutKind = 'identity' | 'random' | 'spectral' | 'refined' | 'measured';

export interface CodesignCandidate {
  readonly layout: LayoutKind;
  /** Round of refinement, swaps made by measurement, or how many shuffles there were; 0 for the others. */
  readonly round: number;
  /** Error on the samples that the layout was fitted to. */
  readonly fitted: Deviation;
  /** Error on samples that it was not fitted to. */
  readonly deviation: Deviation;
  /** Bytes of all constants. */
  readonly bytes: number;
  readonly timing: Timing;
  /** Part of the weights that survives, of the most that any layout could keep; NaN where nothing can be ordered. */
  readonly layoutEfficiency: number;
  /** Whether no other candidate, nor the model as it was, is better in one of error, time and bytes and no worse in the others. */
  readonly isPareto: boolean;
  readonly compression: CompressionReport;
  readonly model: Model;
}

export interface CodesignResult {
  /**
   * 'better': the chosen layout has a smaller error than no layout, on samples it was not fitted to. 'no gain': it has
   * not, and the identity was kept. 'nothing to order': no stream that the format's objective could judge.
   */
  readonly status: 'better' | 'no gain' | 'nothing to order';
  /** The compressed model under the chosen layout. */
  readonly model: Model;
  /** The model under the chosen layout, not compressed: the same function as the original. */
  readonly permuted: Model;
  readonly chosen: CodesignCandidate;
  /** The control: the same compression without a layout. */
  readonly identity: CodesignCandidate;
  readonly candidates: readonly CodesignCandidate[];
  /** How far the permuted, uncompressed model is from the original: rounding of sums in another order. */
  readonly exactness: Deviation;
  /** (error of the identity - error of the chosen) / error of the identity, on samples not fitted to. */
  readonly gain: number;
  readonly format: string;
  readonly objective: string;
  /** Samples fitted to, and others judged by; the same ones where fewer than four were given. */
  readonly samples: { readonly fitted: number; readonly judged: number; readonly areApart: boolean };
  /** The model as it was. */
  readonly original: { readonly bytes: number; readonly timing: Timing };
  /** For correlation_matrix.npz (encodeCorrelations). */
  readonly correlations: readonly Correlation[];
  /** For permutation.json (encodePermutations). */
  readonly permutations: PermutationFile;
  readonly metrics: CodesignMetrics;
}
