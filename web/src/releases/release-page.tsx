// One release, live: where it stands, what was judged, how both versions answer, and the hand on the lever.
import type { ReleaseEvidence } from '../api/release-schemas.js';
import { reportPath } from '../api/releases.js';
import { isFinal, type Releases } from '../state/releases.js';
import type { Theme } from '../state/use-theme.js';
import { Commands } from './commands.js';
import { CriterionCard } from './criterion-card.js';
import { boundariesOf, criteriaCurves } from './curves.js';
import { AdviceCard, EventsCard } from './records.js';
import { ShareCard, StagesCard } from './share-card.js';
import { SketchCard } from './sketch-card.js';
import { formatMoment, formatSpan, headline, lookOf, strategyWords } from './words.js';

export interface ReleasePageProps {
  readonly releases: Releases;
  readonly evidence: ReleaseEvidence;
  readonly isLive: boolean;
  readonly theme: Theme;
}

function Head({ releases, evidence, isLive }: ReleasePageProps) {
  const { status, events, points } = evidence;
  const { phase, spec, judgement } = status;
  const ended = status.endedAtMs ?? undefined;
  const pulse = isFinal(status) ? 'ended' : isLive ? 'live' : 'asked each second';
  const [begun] = events.toSorted((a, b) => a.sequence - b.sequence);
  const latestMs = Math.max(status.updatedAtMs, points.at(-1)?.atMs ?? 0);
  const why = begun !== undefined && begun.by !== '' ? begun.text : spec.description;
  const faults = Object.entries(status.faults).filter(([, fault]) => fault !== '');
  return (
    <section class="card release-head" data-look={lookOf[phase]} aria-labelledby="release-title">
      <p class="release-phase">
        <span class="pill">{phase}</span>
        <span class="tag">{pulse}</span>
        <a href={reportPath(status.id)} target="_blank" rel="noreferrer">
          Report for reviewers
        </a>
      </p>
      <h2 id="release-title">{headline(status)}</h2>
      <p class="release-why" aria-live="polite">
        {status.reason}
      </p>
      {judgement && !isFinal(status) && judgement.reason !== status.reason && <p class="hint">{judgement.reason}</p>}
      {why !== '' && <p class="release-begun">{why}</p>}
      {status.prunedAtMs && (
        <p class="hint">
          Its curves and distributions were deleted on {formatMoment(status.prunedAtMs)}, when their time was over; how
          it ended stays.
        </p>
      )}
      {(faults.length > 0 || status.baselineFault) && (
        <ul class="refusal">
          {status.baselineFault && (
            <li>
              <b>No fresh baseline</b>: {status.baselineFault}
            </li>
          )}
          {faults.map(([name, fault]) => (
            <li key={name}>
              <b>{name}</b> does not obey: {fault}
            </li>
          ))}
        </ul>
      )}
      <dl class="release-meta">
        <div>
          <dt>strategy</dt>
          <dd>{strategyWords[spec.strategy.kind]}</dd>
        </div>
        <div>
          <dt>begun by</dt>
          <dd>{status.startedBy || '–'}</dd>
        </div>
        <div>
          <dt>begun</dt>
          <dd>{formatMoment(status.startedAtMs)}</dd>
        </div>
        <div>
          <dt>{ended === undefined ? 'so far' : 'took'}</dt>
          <dd>{formatSpan((ended ?? latestMs) - status.startedAtMs)}</dd>
        </div>
        {ended === undefined && (
          <div>
            <dt>replicas that obey</dt>
            <dd>
              {status.obeyed.length} of {Math.max(status.members.length, status.obeyed.length)}
            </dd>
          </div>
        )}
      </dl>
      <Commands releases={releases} status={status} />
    </section>
  );
}

export function ReleasePage(props: ReleasePageProps) {
  const { evidence, theme } = props;
  const { status, sketches } = evidence;
  const { falseAlarm, falsePass, criteria, minSamples } = status.judging;
  const wanted = { harm: 1 / falseAlarm, safety: 1 / falsePass };
  const boundaries = boundariesOf(evidence);
  const judged = criteriaCurves(evidence);
  const figures = [...new Set(sketches.map(({ figure }) => figure))];
  return (
    <article class="release" data-release={status.id} data-phase={status.phase}>
      <Head {...props} />
      <div class="release-grid">
        <ShareCard evidence={evidence} theme={theme} />
        <StagesCard evidence={evidence} />
      </div>
      <div class="release-grid">
        {judged.length === 0 && !status.prunedAtMs && (
          <section class="card notice" data-notice="unjudged">
            <h2>Nothing has been judged yet</h2>
            <p class="hint">The judge wants at least {minSamples} requests to each version.</p>
          </section>
        )}
        {judged.map(curves => (
          <CriterionCard
            key={curves.metric}
            curves={curves}
            wanted={wanted}
            boundaries={boundaries}
            isAdvisory={criteria.some(({ metric, advisory }) => advisory && metric === curves.metric)}
            theme={theme}
          />
        ))}
      </div>
      <div class="release-grid">
        {figures.map(figure => (
          <SketchCard key={figure} sketches={sketches.filter(each => each.figure === figure)} />
        ))}
        <AdviceCard evidence={evidence} />
      </div>
      <EventsCard evidence={evidence} />
    </article>
  );
}
