// The candidate's share of the traffic over time, and how far through its stages the release is.
import type { ReleaseEvidence, ReleaseStatus } from '../api/release-schemas.js';
import { TimePlot } from '../charts/time-plot.js';
import type { Theme } from '../state/use-theme.js';
import { boundariesOf, shareCurve } from './curves.js';
import { formatShare, formatSpan } from './words.js';

const height = 150;

export function ShareCard({ evidence, theme }: { readonly evidence: ReleaseEvidence; readonly theme: Theme }) {
  const { time, share } = shareCurve(evidence);
  const now = share.at(-1) ?? 0;
  return (
    <section class="card" aria-labelledby="share-title">
      <header class="panel-head">
        <h2 id="share-title">Candidate’s share of the traffic</h2>
        <b>{formatShare(100 * now)}</b>
      </header>
      <TimePlot
        id="share"
        label={`The candidate's share of the traffic over time, now ${now} percent`}
        time={time}
        curves={[{ label: 'share', color: '--series-1', values: share, isStepped: true }]}
        levels={[]}
        boundaries={boundariesOf(evidence)}
        range={[0, 104]}
        format={value => `${value}%`}
        height={height}
        theme={theme}
      />
    </section>
  );
}

/** Time in the present stage, as far as the server has told. */
function heldMs({ phase, stageHeldMs, stageSinceMs, updatedAtMs }: ReleaseStatus, latestMs: number): number {
  return stageHeldMs + (phase === 'running' ? Math.max(0, Math.max(updatedAtMs, latestMs) - stageSinceMs) : 0);
}

const stateWords = { done: 'done', now: 'now', stopped: 'ended here', next: 'not begun' } as const;

export function StagesCard({ evidence: { status, points, events } }: { readonly evidence: ReleaseEvidence }) {
  const { stages, stage: current, phase } = status;
  const held = heldMs(
    status,
    points.reduce((latest, { atMs }) => Math.max(latest, atMs), 0),
  );
  const begun = Math.max(events.filter(({ kind }) => kind === 'stage').length, points.length > 0 ? current + 1 : 0);
  const isStopped = phase === 'aborted' || phase === 'aborting' || phase === 'reported';
  const stateOf = (k: number): keyof typeof stateWords => {
    if (phase === 'promoted' || phase === 'promoting' || k < current) return 'done';
    if (k > current || k >= begun) return 'next';
    return isStopped ? 'stopped' : 'now';
  };
  return (
    <section class="card" aria-labelledby="stages-title">
      <header class="panel-head">
        <h2 id="stages-title">Stages</h2>
        <span class="tag">
          {stages.length === 0 ? '–' : `${Math.min(current + 1, stages.length)} of ${stages.length}`}
        </span>
      </header>
      <ol class="stages">
        {stages.map(({ title, candidateShare, holdMs, approve, atEnd, mirrorShare }, k) => {
          const state = stateOf(k);
          const part =
            state === 'done' || state === 'stopped' ? 1 : state === 'now' ? Math.min(1, held / Math.max(1, holdMs)) : 0;
          return (
            <li key={k} data-state={state} aria-current={state === 'now' ? 'step' : undefined}>
              <span class="stage-title">{title}</span>
              <span class="stage-share">{formatShare(candidateShare)}</span>
              <span class="stage-bar" aria-hidden="true">
                <i style={{ '--part': part }} />
              </span>
              <small>
                {state === 'now'
                  ? `${formatSpan(held)} of at most ${formatSpan(holdMs)}`
                  : `${stateWords[state]}, at most ${formatSpan(holdMs)}`}
                {mirrorShare > 0 && `, copies ${formatShare(mirrorShare)}`}
                {approve && ', a person approves'}
                {atEnd === 'judge' && ', goes on with proof only'}
              </small>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
