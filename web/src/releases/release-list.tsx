// All releases, the latest first: what is compared with what, how it stands, and why.
import type { ReleaseStatus } from '../api/release-schemas.js';
import { isFinal } from '../state/releases.js';
import { hashOf } from '../state/use-route.js';
import { formatMoment, formatShare, lookOf, strategyWords } from './words.js';

/** The candidate's part of the traffic, as far as a status alone tells it. */
function shareOf({ phase, stages, stage }: ReleaseStatus): string {
  if (phase === 'promoted') return '100 %';
  if (phase === 'aborted' || phase === 'reported' || phase === 'pending' || phase === 'preparing') return '0 %';
  return formatShare(stages[stage]?.candidateShare ?? 0);
}

export function ReleaseList({
  list,
  chosen,
}: {
  readonly list: readonly ReleaseStatus[];
  readonly chosen: string | undefined;
}) {
  return (
    <nav class="card release-list" aria-label="Releases, latest first">
      <header class="panel-head">
        <h2>Releases</h2>
        <span class="tag">{list.length === 0 ? 'none' : `${list.length}, latest first`}</span>
      </header>
      <ul>
        {list.map(status => (
          <li key={status.id}>
            <a
              href={hashOf(status.id)}
              data-look={lookOf[status.phase]}
              aria-current={status.id === chosen ? 'page' : undefined}
            >
              <span class="release-name">
                <b>{status.spec.model}</b> {status.candidate} ← {status.baseline}
              </span>
              <span class="pill">{status.phase}</span>
              <span class="release-facts">
                {strategyWords[status.spec.strategy.kind]} · {shareOf(status)} · {isFinal(status) ? '' : 'since '}
                {formatMoment(status.endedAtMs ?? status.startedAtMs)}
              </span>
              <span class="release-reason">{status.reason}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
