// A judge hears samples one by one and may be asked at any time; what it has heard fits into JSON, so that a release survives a restart.
import type { RequestSample } from '../../observe/index.js';
import type { Judgement } from './judgement.js';

/** What a judge has heard, as plain JSON. Only the code that wrote it reads it. */
export type JudgeMemory = Readonly<Record<string, unknown>>;

/** One arm's distribution of one figure, in little space. */
export interface ArmSketch {
  readonly figure: 'latency' | 'residual' | 'difference' | 'compute';
  readonly arm: 'stable' | 'candidate';
  readonly unit: string;
  readonly count: number;
  /** Upper edges of the bins, ascending; the last bin is open. `counts` has one more. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  readonly quantiles: readonly { readonly probability: number; readonly value: number }[];
}

export interface Judge {
  /** O(1), allocates nothing that stays. Samples of other versions than the two are passed over. */
  hear(sample: RequestSample): void;
  judge(nowMs: number): Judgement;
  sketches(): readonly ArmSketch[];
  remember(): JudgeMemory;
}
