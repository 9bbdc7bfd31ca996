// The tables of the report: what was tried, what was refused and why, nodes by pass and level.
import { shownBytes, shownRate, shownShare, shownTime } from './figures.js';
import { html, type Markup, nothing } from './markup.js';
import { colourOf } from './pareto.js';
import type { TuneReport } from './tune-report.js';

const residualText = (residual: { readonly before: number; readonly after: number } | undefined): string =>
  residual === undefined ? '–' : `${residual.before.toPrecision(3)} → ${residual.after.toPrecision(3)}`;

export function variantTable({ variants, trials, chosen }: TuneReport): Markup {
  const best = (variant: string): number =>
    Math.min(
      ...trials
        .filter(trial => trial.variant === variant && trial.settings.batch === chosen.settings.batch)
        .map(({ p50Ms }) => p50Ms),
    );
  const rows = variants.map(
    ({ id, label, bytes, nodes, accuracy }) =>
      html`<tr><td class="id"><span class="dot" style="background:${colourOf(id, variants)}"></span>${id}</td><td class="words">${label}</td><td class="n">${shownBytes(bytes)}</td><td class="n">${nodes}</td><td class="n">${shownTime(best(id))}</td><td class="n">${shownShare(accuracy.deviation.relativeL2)}</td><td class="n">${shownShare(accuracy.deviation.worstRelativeL2)}</td><td class="n">${accuracy.error === undefined ? '–' : shownShare(accuracy.error.after)}</td><td class="n">${residualText(accuracy.residual)}</td></tr>`,
  );
  return html`<div class="scroll"><table><thead><tr><th>model</th><th></th><th class="n">file</th><th class="n">nodes</th><th class="n">best median</th><th class="n">distance</th><th class="n">worst sample</th><th class="n">test error</th><th class="n">physics residual</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

export function refusedTable({ refused }: TuneReport): Markup {
  if (refused.length === 0) return nothing;
  const rows = refused.map(
    ({ id, label, reason, accuracy, bytes }) =>
      html`<tr><td class="id">${id}</td><td class="words">${label}</td><td class="words">${reason}</td><td class="n">${accuracy === undefined ? '–' : shownShare(accuracy.deviation.relativeL2)}</td><td class="n">${residualText(accuracy?.residual)}</td><td class="n">${bytes === undefined ? '–' : shownBytes(bytes)}</td></tr>`,
  );
  return html`<section class="wide"><h2>Refused</h2><p class="soft">What does not keep the budget, or could not be made of this model.</p><div class="scroll"><table><thead><tr><th>model</th><th></th><th>why</th><th class="n">distance</th><th class="n">physics residual</th><th class="n">file</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}

export function nodeTable({ nodes }: TuneReport): Markup {
  if (nodes.length === 0) return nothing;
  const rows = nodes.map(
    ({ variant, written, run }) =>
      html`<tr><td class="id">${variant}</td><td class="n">${written}</td><td class="n">${run.basic ?? '–'}</td><td class="n">${run.extended ?? '–'}</td><td class="n">${run.all ?? '–'}</td></tr>`,
  );
  return html`<section><h2>Nodes</h2><p class="soft">In the file, and as run at each level of the runtime’s own optimizations.</p><div class="scroll"><table><thead><tr><th>model</th><th class="n">file</th><th class="n">basic</th><th class="n">extended</th><th class="n">all</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}

export function trialTable({ trials, chosen, unmeasured }: TuneReport): Markup {
  const rows = trials
    .toSorted((a, b) => a.p50Ms - b.p50Ms)
    .map(
      ({ id, variant, settings, p50Ms, p95Ms, itemsPerSecond, runs, outcome, memoryBytes }) =>
        html`<tr class="${id === chosen.id ? 'chosen' : ''}"><td class="id">${variant}</td><td>${settings.graphLevel}</td><td class="n">${settings.threads}</td><td class="n">${settings.instances}</td><td class="n">${settings.batch}</td><td class="n">${shownTime(p50Ms)}</td><td class="n">${shownTime(p95Ms)}</td><td class="n">${shownRate(itemsPerSecond)}</td><td class="n">${memoryBytes === undefined ? '–' : shownBytes(memoryBytes)}</td><td class="n">${runs}</td><td>${outcome}</td></tr>`,
    );
  const more = unmeasured.length === 0 ? '' : ` Time did not reach ${unmeasured.length} more.`;
  return html`<section class="wide"><details><summary>All ${trials.length} ways that were measured, with their figures.${more}</summary><div class="scroll"><table><thead><tr><th>model</th><th>level</th><th class="n">threads</th><th class="n">instances</th><th class="n">batch</th><th class="n">p50</th><th class="n">p95</th><th class="n">items/s</th><th class="n">memory</th><th class="n">runs</th><th></th></tr></thead><tbody>${rows}</tbody></table></div></details></section>`;
}
