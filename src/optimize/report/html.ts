// The report of a tuning as one page that needs nothing else: no script, no font, no picture from anywhere.
import { memoryBars, operatorBars, rungBars, timeBars } from './bars.js';
import { shownBytes, shownRate, shownShare, shownTime } from './figures.js';
import { html, type Markup, nothing } from './markup.js';
import { pageStyle } from './page-style.js';
import { colourOf, paretoPlot } from './pareto.js';
import { nodeTable, refusedTable, trialTable, variantTable } from './tables.js';
import type { TuneReport } from './tune-report.js';

const words = { met: 'target met', missed: 'target missed', best: 'best within the budgets' } as const;
const origins = { package: 'of its package', file: 'of a file', random: 'random numbers' } as const;

function card(name: string, value: string, { before, gain }: { before?: string; gain?: number }): Markup {
  const isGain = (gain ?? 1) >= 1;
  const factor =
    gain === undefined || !(Math.abs(gain - 1) >= 0.02) || !Number.isFinite(gain)
      ? nothing
      : html` <span class="${isGain ? 'gain' : 'loss'}">${gain.toFixed(2)} ×</span>`;
  const was = before === undefined ? nothing : html`today ${before}`;
  return html`<div class="card"><small>${name}</small><b>${value}</b><small>${was}${factor}</small></div>`;
}

function cards({ baseline, chosen, variants }: TuneReport): Markup {
  const [before, after] = [baseline, chosen].map(({ variant }) => variants.find(({ id }) => id === variant));
  const accuracy = after?.accuracy;
  const isSameBatch = baseline.settings.batch === chosen.settings.batch;
  const faster = (one: number, other: number): number => (isSameBatch ? one / other : Number.NaN);
  const memory = {
    before: shownBytes(baseline.memoryBytes ?? NaN),
    gain: (baseline.memoryBytes ?? NaN) / (chosen.memoryBytes ?? NaN),
  };
  const quality =
    accuracy?.error === undefined
      ? card('distance from the original', shownShare(accuracy?.deviation.relativeL2 ?? NaN), {})
      : card('test error', shownShare(accuracy.error.after), { before: shownShare(accuracy.error.before) });
  const all = [
    card('median of a run', shownTime(chosen.p50Ms), {
      before: shownTime(baseline.p50Ms),
      gain: faster(baseline.p50Ms, chosen.p50Ms),
    }),
    card('p95', shownTime(chosen.p95Ms), {
      before: shownTime(baseline.p95Ms),
      gain: faster(baseline.p95Ms, chosen.p95Ms),
    }),
    card('items a second', shownRate(chosen.itemsPerSecond), {
      before: shownRate(baseline.itemsPerSecond),
      gain: chosen.itemsPerSecond / baseline.itemsPerSecond,
    }),
    card('memory', shownBytes(chosen.memoryBytes ?? NaN), memory),
    card('file', shownBytes(after?.bytes ?? NaN), {
      before: shownBytes(before?.bytes ?? NaN),
      gain: (before?.bytes ?? NaN) / (after?.bytes ?? NaN),
    }),
    quality,
  ];
  return html`<div class="cards">${all}</div>`;
}

function targets({ targets: list }: TuneReport): Markup {
  if (list.length === 0) return nothing;
  const shown = (unit: string, value: number): string =>
    unit === 'ms' ? shownTime(value) : unit === 'bytes' ? shownBytes(value) : `${shownRate(value)} items/s`;
  const rows = list.map(
    ({ name, unit, wanted, got, isMet }) =>
      html`<li class="${isMet ? 'met' : 'not'}">${isMet ? 'Met' : 'Missed'}: ${name} ${shown(unit, got)}, wanted ${name === 'throughput' ? 'at least' : 'at most'} ${shown(unit, wanted)}</li>`,
  );
  return html`<ul class="targets">${rows}</ul>`;
}

const legend = ({ variants }: TuneReport): Markup =>
  html`<div class="legend">${variants.map(({ id }) => html`<span><span class="dot" style="background:${colourOf(id, variants)}"></span>${id}</span>`)}</div>`;

const pairLegend = html`<div class="legend"><span><span class="dot" style="background:var(--today)"></span>today</span><span><span class="dot" style="background:var(--chosen)"></span>chosen</span></div>`;

const section = (title: string, text: string, content: Markup, isWide = false): Markup =>
  html`<section class="${isWide ? 'wide' : ''}"><h2>${title}</h2><p class="soft">${text}</p>${content}</section>`;

function head(report: TuneReport): Markup {
  const { model, status, reason, machine, samples, strategy, tookMs, chosen } = report;
  const { threads, instances, graphLevel, batch } = chosen.settings;
  const name = model.version === undefined ? model.name : `${model.name} ${model.version}`;
  const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
  const settings = `${chosen.variant}, level ${graphLevel}, ${counted(threads, 'thread')} × ${counted(instances, 'instance')}, ${batch === 1 ? 'single items' : `batches of ${batch}`}`;
  return html`<header><h1>${name}<span class="badge ${status}">${words[status]}</span></h1><p class="lead">${reason}</p><p class="soft">${settings} · optimized for ${strategy} in ${shownTime(tookMs)} on ${machine.cores} cores of ${machine.processor} · accuracy on ${samples.count} samples ${origins[samples.origin]}</p>${targets(report)}</header>`;
}

const column = (sections: readonly Markup[]): Markup => html`<div class="column">${sections}</div>`;

function plots(report: TuneReport): Markup {
  const left = [
    section(
      'Time against accuracy',
      'Each dot is a way to run the model. The line joins those that nothing beats in both. Distance: mean relative L2 from the original’s answers.',
      html`${paretoPlot(report)}${legend(report)}`,
    ),
    section(
      'The quickest ways',
      'Model · level of the runtime · threads × instances. Dot: median; line: up to p95.',
      timeBars(report),
    ),
    nodeTable(report),
  ];
  const right = [
    section(
      'Where the time goes',
      'Each operator in one run, by the runtime’s own profile; the two were not taken in turns.',
      html`${operatorBars(report)}${pairLegend}`,
    ),
    section('Memory', 'Peak growth of a fresh process that opens and runs all instances.', memoryBars(report)),
    section(
      'The race',
      'Each rung keeps the better part and runs it twice as often. The model as it is served today meets the best in the finals.',
      rungBars(report),
    ),
  ];
  const models = section('Models', 'Each within the error budget on the samples.', variantTable(report), true);
  return html`<div class="columns">${column(left)}${column(right)}${models}${refusedTable(report)}${trialTable(report)}</div>`;
}

const footer = html`<footer class="soft"><p>Times are of single runs inside worker threads, all instances busy, as a server runs them, without the way over the network. The finalists and the model as it is served today were run in turns; figures of others come from earlier rungs and fewer runs. They hold for this machine and the load that it had.</p></footer>`;

/** One HTML file: plots as SVG and bars, light and dark, for screens of any width. */
export function htmlReport(report: TuneReport): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${report.model.name}: optimization report</title>
<style>${{ markup: pageStyle }}</style>
</head>
<body><main>
${head(report)}
${cards(report)}
${plots(report)}
${footer}
</main></body>
</html>
`;
  return page.markup;
}
