// What is kept beside the curves: the adviser's word, everything that happened, and the document as it was resolved.
import type { Advice } from '../advisor/advice.js';
import type { ReleaseEvent, ReleaseEvidence } from '../release/status.js';
import { type Markup, markup } from './markup.js';
import { shownDuration, shownNumber, shownPercent, shownTime, withSign } from './shown.js';

const words = {
  hold: 'The adviser asks for caution: more samples before the share grows.',
  go: 'The adviser sees no sign against the candidate.',
  none: 'The adviser is not sure enough to say anything.',
} as const;

function drivers({ drivers: list }: Advice): Markup | undefined {
  if (list.length === 0) return undefined;
  const most = Math.max(...list.map(({ contribution }) => Math.abs(contribution))) || 1;
  const rows = list.map(({ feature, value, contribution }) => {
    const size = Math.min(50, (50 * Math.abs(contribution)) / most);
    const place = contribution < 0 ? `right:50%;width:${size.toFixed(1)}%` : `left:50%;width:${size.toFixed(1)}%`;
    return markup`<tr><td class="words">${feature}</td><td class="n">${shownNumber(value)}</td><td class="track"><span><i class="${contribution < 0 ? 'safety' : 'harm'}" style="${place}"></i></span></td><td class="n">${withSign(shownNumber(contribution), contribution)}</td></tr>`;
  });
  return markup`<div class="scroll"><table class="drivers"><thead><tr><th>feature</th><th class="n">value</th><th>against worse · towards worse</th><th class="n">log odds</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function adviceCard(advice: Advice | undefined, isUsed: boolean): Markup {
  if (advice === undefined)
    return markup`<section><h3>Adviser</h3><p class="soft">${isUsed ? 'It has said nothing in this release.' : 'It was switched off for this release.'}</p></section>`;
  const { probability, confidence, atMs } = advice;
  return markup`<section><h3>Adviser</h3><p>${words[advice.advice ?? 'none']}</p><p class="soft">Probability that the candidate is worse than its margins: ${shownPercent(probability)}, confidence ${shownPercent(confidence)}, ${shownTime(atMs)} UTC. It never decides: it can only make a release slower.</p>${drivers(advice)}</section>`;
}

function eventTable(events: readonly ReleaseEvent[], startMs: number): Markup {
  if (events.length === 0) return markup`<p class="soft">Nothing has been written down.</p>`;
  const rows = events.map(
    ({ atMs, kind, text, by }) =>
      markup`<tr class="${kind}"><td class="n" title="${shownTime(atMs)}">${atMs < startMs ? shownTime(atMs) : shownDuration(atMs - startMs)}</td><td><span class="kind">${kind}</span></td><td class="words">${text}${by === '' ? undefined : markup` <small>by ${by}</small>`}</td></tr>`,
  );
  return markup`<div class="scroll"><table><thead><tr><th class="n">after</th><th>kind</th><th>what happened</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

export function recordsSection({ status, events }: ReleaseEvidence, startMs: number): Markup {
  const ordered = events.toSorted((a, b) => a.sequence - b.sequence);
  const document = JSON.stringify(status.spec, undefined, 2);
  return markup`<h2>Records</h2><div class="grid wide">${adviceCard(status.advice, status.spec.advisor.use)}<section><h3>Everything that happened</h3>${eventTable(ordered, startMs)}</section><section><h3>The document as it was resolved</h3><p class="soft">Times in milliseconds, shares in parts of ten thousand, margins as numbers.</p><pre>${document}</pre></section></div>`;
}
