// The responses of decoupled models, by their place in the answer: Triton's `response_stats`.
import { type CountedNs, DurationTotal, toNs } from './durations.js';

export type ResponseOutcome = 'success' | 'fail' | 'empty_response' | 'cancel';

/** One response of a request that may have many. */
export interface GivenResponse {
  /** From 0. */
  readonly index: number;
  readonly inferMs: number;
  readonly outputMs: number;
  readonly outcome: ResponseOutcome;
}

export type ResponseStatistics = Readonly<Record<'compute_infer' | 'compute_output' | ResponseOutcome, CountedNs>>;

/** Responses from this place on are counted together, under it. */
const lastIndex = 255;

const newTotals = () => ({
  compute_infer: new DurationTotal(),
  compute_output: new DurationTotal(),
  success: new DurationTotal(),
  fail: new DurationTotal(),
  empty_response: new DurationTotal(),
  cancel: new DurationTotal(),
});

export class Responses {
  private readonly byIndex: ReturnType<typeof newTotals>[] = [];

  add({ index, inferMs, outputMs, outcome }: GivenResponse): void {
    const place = Math.min(lastIndex, Math.max(0, Math.floor(index) || 0));
    while (this.byIndex.length <= place) this.byIndex.push(newTotals());
    const totals = this.byIndex[place];
    if (totals === undefined) return;
    const infer = toNs(inferMs);
    const output = toNs(outputMs);
    totals[outcome].add(infer + output);
    if (outcome === 'empty_response' || outcome === 'cancel') return;
    totals.compute_infer.add(infer);
    totals.compute_output.add(output);
  }

  report(): Record<string, ResponseStatistics> {
    return Object.fromEntries(
      this.byIndex.map((totals, index) => [
        String(index),
        {
          compute_infer: totals.compute_infer.report(),
          compute_output: totals.compute_output.report(),
          success: totals.success.report(),
          fail: totals.fail.report(),
          empty_response: totals.empty_response.report(),
          cancel: totals.cancel.report(),
        },
      ]),
    );
  }
}
