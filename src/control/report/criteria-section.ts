// What was judged: each criterion with its sentence, its effect over time, and its evidence over time.
import type { CriterionReport, JudgedMetric } from '../judge/judgement.js';
import type { ReleaseEvidence } from '../release/status.js';
import { bandChart } from './band-chart.js';
import { type EvidenceCurve, evidenceChart } from './line-chart.js';
import { type Markup, markup } from './markup.js';
import { criterionSentence, effectAxis, titleOf, verdictWords } from './metrics.js';
import type { Level } from './plot.js';
import { shownNumber } from './shown.js';
import { inOrder, type Timeline } from './timeline.js';

/** What e-values must reach: of harm for a refusal, of safety for a promotion. */
export function wantedEvidence({ spec }: ReleaseEvidence['status']): {
  readonly harm: number;
  readonly safety: number;
} {
  return { harm: 1 / spec.judge.falseAlarm, safety: 1 / spec.judge.falsePass };
}

/** The curves of each criterion that was ever judged, in the order of the document. */
function curvesOf({ points, status }: ReleaseEvidence, { startMs }: Timeline): Map<JudgedMetric, EvidenceCurve[]> {
  const curves = new Map<JudgedMetric, EvidenceCurve[]>();
  for (const { metric } of status.judgement?.criteria ?? []) curves.set(metric, []);
  for (const { atMs, judgement } of inOrder(points))
    for (const report of judgement.criteria) {
      const known = curves.get(report.metric);
      const point = { ms: atMs - startMs, report };
      if (known === undefined) curves.set(report.metric, [point]);
      else known.push(point);
    }
  return curves;
}

function card(
  points: readonly EvidenceCurve[],
  last: CriterionReport,
  [levels, timeline, advisory]: readonly [readonly Level[], Timeline, boolean],
): Markup {
  const { metric, verdict, test, harm, safety } = last;
  const pictures =
    points.length === 0
      ? markup`<p class="soft">No curve: nothing was judged while this release ran.</p>`
      : markup`<figure><figcaption>effect: ${effectAxis(metric)}, with the interval that holds at all times</figcaption>${bandChart(points, last, timeline)}</figure><figure><figcaption>evidence: e-value of <b class="harm">harm</b> ${shownNumber(harm)}, of <b class="safety">safety</b> ${shownNumber(safety)}; dotted and dashed: what a refusal and a promotion need</figcaption>${evidenceChart(points, levels, timeline)}</figure>`;
  return markup`<section class="criterion ${verdict}"><h3>${titleOf(metric)} <span class="pill">${verdictWords[verdict]}</span></h3><p>${criterionSentence(last)}</p><p class="soft">${test}${advisory ? '; its proof is not needed for a promotion, its veto counts' : ''}</p>${pictures}</section>`;
}

export function criteriaSection(evidence: ReleaseEvidence, timeline: Timeline): Markup {
  const { status } = evidence;
  const wanted = wantedEvidence(status);
  const levels: readonly Level[] = [
    { at: wanted.harm, label: `harm ${shownNumber(wanted.harm)}`, look: 'harm' },
    { at: wanted.safety, label: `safety ${shownNumber(wanted.safety)}`, look: 'safety' },
  ];
  const cards = [...curvesOf(evidence, timeline)].flatMap(([metric, points]) => {
    const last = status.judgement?.criteria.find(each => each.metric === metric) ?? points.at(-1)?.report;
    const advisory = status.judging.criteria.some(each => each.metric === metric && each.advisory);
    return last === undefined ? [] : [card(points, last, [levels, timeline, advisory])];
  });
  const reason = status.judgement?.reason ?? 'Nothing has been judged yet.';
  const empty =
    cards.length === 0
      ? markup`<p class="soft">No criterion has been judged: the versions have had too few requests, or none.</p>`
      : undefined;
  const { falseAlarm, falsePass, minSamples } = status.judging;
  return markup`<h2>What was judged</h2><p>${reason}</p><p class="soft">A refusal needs evidence of harm of ${shownNumber(wanted.harm)} from all criteria together, each with its part of one bet; a promotion needs evidence of safety of ${shownNumber(wanted.safety)} in each criterion that counts, and ${String(minSamples)} samples of both versions. So at most ${shownNumber(100 * falseAlarm)} % of versions that are no worse are refused, and at most ${shownNumber(100 * falsePass)} % of those that are worse by a margin are promoted, however often one looks.</p><div class="grid">${cards}</div>${empty}`;
}
