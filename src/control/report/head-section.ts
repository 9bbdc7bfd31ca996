// The top of the page: the verdict in one sentence, why, who and when.
import type { ReleaseEvidence, ReleasePhase, ReleaseStatus } from '../release/status.js';
import { type Markup, markup } from './markup.js';
import { shownDuration, shownShare, shownTime } from './shown.js';
import { isFinal } from './timeline.js';

const strategies = {
  canary: 'canary',
  'blue-green': 'blue-green',
  rolling: 'rolling',
  ab: 'A/B',
  shadow: 'shadow',
} as const;

const looks: Readonly<Record<ReleasePhase, 'good' | 'bad' | 'open' | 'held'>> = {
  pending: 'open',
  preparing: 'open',
  running: 'open',
  paused: 'held',
  promoting: 'good',
  aborting: 'bad',
  promoted: 'good',
  aborted: 'bad',
  reported: 'held',
};

/** What became of the release, for who reads one sentence only. */
export function verdictSentence({ phase, spec, candidate, baseline, stage, stages }: ReleaseStatus): string {
  const [one, other] = [`Version ${candidate} of ${spec.model}`, `version ${baseline}`];
  const now = stages[stage];
  const place = now === undefined ? '' : `, stage ${stage + 1} of ${stages.length}, ${now.title}`;
  const sentences: Readonly<Record<ReleasePhase, string>> = {
    pending: `${one} waits to be compared with ${other}.`,
    preparing: `${one} is being loaded, to be compared with ${other}.`,
    running: `${one} is being compared with ${other}${place}.`,
    paused: `${one} is being compared with ${other}; the release is paused${place}.`,
    promoting: `${one} is taking over from ${other}.`,
    aborting: `${one} is being stopped; all requests go back to ${other}.`,
    promoted: `${one} was promoted; all requests went to it.`,
    aborted: `${one} was stopped; all requests went back to ${other}.`,
    reported: `${one} was compared with ${other}, which went on answering.`,
  };
  return sentences[phase];
}

const fact = (name: string, value: string): Markup => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`;

/** The word of the person who began it is the first that was written down. */
function begunSentence({ status, events }: ReleaseEvidence): string {
  const [first] = events.toSorted((a, b) => a.sequence - b.sequence);
  return first !== undefined && first.by !== '' ? first.text : status.spec.description;
}

/** Replicas that do not obey, with why; and why times are held against instances that are warmer. */
function faultList({ faults, baselineFault }: ReleaseStatus): Markup | undefined {
  const list = Object.entries(faults)
    .filter(([, fault]) => fault !== '')
    .map(([name, fault]) => markup`<li><b>${name}</b> does not obey: ${fault}</li>`);
  if (baselineFault !== undefined) list.push(markup`<li><b>No fresh baseline</b>: ${baselineFault}</li>`);
  return list.length === 0 ? undefined : markup`<ul class="faults">${list}</ul>`;
}

/** What is no longer to be seen. */
const prunedNote = ({ prunedAtMs }: ReleaseStatus): Markup | undefined =>
  prunedAtMs === undefined
    ? undefined
    : markup`<p class="soft">Its curves and distributions were deleted on ${shownTime(prunedAtMs)} (UTC), when their time was over; how it ended stays.</p>`;

/** @param latestMs of all that is known of the release */
export function headSection(evidence: ReleaseEvidence, latestMs: number): Markup {
  const { status } = evidence;
  const { phase, spec, candidate, baseline, startedAtMs, members, obeyed } = status;
  const untilMs = status.endedAtMs ?? latestMs;
  const samples = status.judgement?.criteria.reduce((most, each) => Math.max(most, each.candidateSamples), 0) ?? 0;
  const facts = [
    fact('model', spec.model),
    fact('versions', `${baseline} → ${candidate}`),
    fact('strategy', strategies[spec.strategy.kind]),
    fact('begun by', status.startedBy || '–'),
    fact('begun (UTC)', shownTime(startedAtMs)),
    fact(isFinal(status) ? 'ended (UTC)' : 'as of (UTC)', shownTime(untilMs)),
    fact('took', shownDuration(untilMs - startedAtMs)),
    fact('candidate samples', String(samples)),
    // The last order is sent as the release ends: who obeys it is not written down any more.
    ...(isFinal(status)
      ? []
      : [fact('replicas that obey', `${obeyed.length} of ${Math.max(members.length, obeyed.length)}`)]),
  ];
  const why = begunSentence(evidence);
  return markup`<header class="${looks[phase]}"><p class="phase">${phase}</p><h1>${verdictSentence(status)}</h1><p class="lead">${status.reason}</p>${why === '' ? undefined : markup`<p class="soft">${why}</p>`}${faultList(status)}${prunedNote(status)}<dl class="facts">${facts}</dl></header>`;
}

/** The stages with when each held. */
export function stageTable(
  { stages, stage: current, phase }: ReleaseStatus,
  spans: readonly { readonly stage: number; readonly fromMs: number; readonly toMs: number }[],
): Markup {
  const rows = stages.map(({ title, candidateShare, mirrorShare, replicas, holdMs, approve, atEnd }, k) => {
    const held = spans.filter(span => span.stage === k).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
    const extras = [
      mirrorShare > 0 ? `copies ${shownShare(mirrorShare)}` : '',
      replicas === 'all' ? '' : `${replicas} replicas`,
      approve ? 'a person approves' : '',
      atEnd === 'judge' ? 'goes on with proof only' : '',
    ].filter(each => each !== '');
    const isNow = k === current && phase !== 'promoted';
    return markup`<tr class="${isNow ? 'now' : ''}"><td class="n">${k + 1}</td><td>${title}${extras.length > 0 ? markup`<br><small>${extras.join(', ')}</small>` : undefined}</td><td class="n">${shownShare(candidateShare)}</td><td class="n">${spans.some(span => span.stage === k) ? shownDuration(held) : '–'}<br><small>of ${shownDuration(holdMs)}</small></td></tr>`;
  });
  if (rows.length === 0) return markup`<p class="soft">This release has no stages.</p>`;
  return markup`<div class="scroll"><table><thead><tr><th class="n">#</th><th>stage</th><th class="n">share</th><th class="n">held</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
