// What the surrogate saves and what it costs: latencies, speed-up, and the error against the solver.
import { rangeOf } from '../fields/field.js';
import { formatDuration, formatPercent, formatValue } from '../format.js';
import { useComparison } from '../state/comparison.js';
import { useStore } from '../state/store.js';
import type { Studio } from '../state/studio.js';

export function TimingCard({ studio }: { readonly studio: Studio }) {
  const answer = useStore(studio.store, state => state.answer);
  const truth = useStore(studio.store, state => state.truth);
  const { comparison } = useComparison(studio);
  const joint = answer?.answeredBy === 'solver' || answer?.answeredBy === 'mixed';
  return (
    <section class="card figures" aria-labelledby="figures-title">
      <h2 id="figures-title">Answer against solver</h2>
      <dl>
        <div>
          <dt>relative L² error</dt>
          <dd>{formatPercent(comparison?.relativeL2)}</dd>
        </div>
        <div>
          <dt>largest error</dt>
          <dd>{formatValue(comparison && rangeOf(comparison.error).max)}</dd>
        </div>
        <div>
          <dt>{joint ? 'surrogate + solver' : 'surrogate'}</dt>
          <dd>{formatDuration(answer?.latencyMs)}</dd>
        </div>
        <div>
          <dt>solver</dt>
          <dd>{formatDuration(truth?.latencyMs)}</dd>
        </div>
        <div>
          <dt>speed-up</dt>
          <dd>{comparison?.speedUp === undefined ? '–' : `${formatValue(comparison.speedUp, 2)}×`}</dd>
        </div>
        <div>
          <dt>round trip here</dt>
          <dd>{formatDuration(answer?.roundTripMs)}</dd>
        </div>
      </dl>
    </section>
  );
}
