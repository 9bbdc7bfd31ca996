// One criterion: its verdict, the effect with its interval against the margin, and the evidence for harm and for safety.
import { TimePlot } from '../charts/time-plot.js';
import type { Theme } from '../state/use-theme.js';
import { type CriterionCurves, effectRange, evidenceRange } from './curves.js';
import {
  criterionSentence,
  effectUnit,
  formatArm,
  formatEffectMark,
  formatFigure,
  metricTitles,
  verdictLooks,
  verdictWords,
} from './words.js';

export interface CriterionCardProps {
  readonly curves: CriterionCurves;
  /** What e-values must reach. */
  readonly wanted: { readonly harm: number; readonly safety: number };
  readonly boundaries: readonly number[];
  readonly isAdvisory: boolean;
  readonly theme: Theme;
}

const dashed = [6, 3];
const dotted = [2, 3];
const [effectHeight, evidenceHeight] = [132, 104];

export function CriterionCard({ curves, wanted, boundaries, isAdvisory, theme }: CriterionCardProps) {
  const { metric, last, time, effect, lower, upper, harm, safety } = curves;
  const sentence = criterionSentence(last);
  const shared = { time, boundaries, theme };
  return (
    <section
      class="card criterion"
      data-criterion={metric}
      data-look={verdictLooks[last.verdict]}
      aria-labelledby={`criterion-${metric}`}
    >
      <header class="panel-head">
        <h2 id={`criterion-${metric}`}>
          {metricTitles[metric]} <small>[{effectUnit(metric)}]</small>
        </h2>
        <span class="pill">{verdictWords[last.verdict]}</span>
      </header>
      <p class="criterion-sentence">
        <b>
          {last.stable === null ? '' : `${formatArm(metric, last.stable)} → `}
          {formatArm(metric, last.candidate)}
        </b>{' '}
        {sentence}
      </p>
      <TimePlot
        {...shared}
        id={`effect-${metric}`}
        label={`${metricTitles[metric]}, how much worse over time, with its interval and margin. ${sentence}`}
        curves={[{ label: 'effect', color: '--series-1', values: effect }]}
        band={{ lower, upper, color: '--series-1' }}
        levels={[
          { at: 0, color: '--control', dash: [] },
          { at: last.margin, color: '--bad', dash: dashed },
        ]}
        range={effectRange(curves)}
        format={value => formatEffectMark(metric, value)}
        height={effectHeight}
      />
      <ul class="legend">
        <li style={{ '--color': 'var(--bad)' }} data-dashed="true">
          margin
        </li>
        <li style={{ '--color': 'var(--bad)' }}>
          harm <b>{formatFigure(last.harm)}</b> of {formatFigure(wanted.harm)}
        </li>
        <li style={{ '--color': 'var(--good)' }}>
          safety <b>{formatFigure(last.safety)}</b> of {formatFigure(wanted.safety)}
        </li>
      </ul>
      <TimePlot
        {...shared}
        id={`evidence-${metric}`}
        label={`E-values over time: harm ${formatFigure(last.harm)} of ${wanted.harm}, safety ${formatFigure(last.safety)} of ${wanted.safety}`}
        curves={[
          { label: 'safety', color: '--good', values: safety },
          { label: 'harm', color: '--bad', values: harm },
        ]}
        levels={[
          { at: wanted.harm, color: '--bad', dash: dotted },
          { at: wanted.safety, color: '--good', dash: dashed },
        ]}
        range={evidenceRange(curves, [wanted.harm, wanted.safety])}
        isLogarithmic
        format={formatFigure}
        height={evidenceHeight}
      />
      <p class="hint">
        {last.test}
        {isAdvisory && '; its proof is not needed for a promotion, its veto counts'}
      </p>
    </section>
  );
}
