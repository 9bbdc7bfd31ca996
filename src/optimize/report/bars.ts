// Bars that stretch with the page: where the time of a run goes before and after, how long each way took, and how much memory.
import { shownBytes, shownTime } from './figures.js';
import { html, type Markup } from './markup.js';
import type { OperatorTime } from './operators.js';
import { colourOf } from './pareto.js';
import type { TrialFacts, TuneReport } from './tune-report.js';

const share = (part: number, whole: number): string => `${Math.min(100, (100 * part) / whole || 0).toFixed(2)}%`;

interface Row {
  readonly label: string;
  readonly before: number;
  readonly after: number;
}

const mostOperators = 10;

/** Operators by their greater time, the small ones together. */
function operatorRows({ before, after }: TuneReport['operators']): Row[] {
  const timeOf = (list: readonly OperatorTime[], operator: string): number =>
    list.find(each => each.operator === operator)?.ms ?? 0;
  const names = [...new Set([...before, ...after].map(({ operator }) => operator))];
  const rows = names
    .map((label): Row => ({ label, before: timeOf(before, label), after: timeOf(after, label) }))
    .toSorted((a, b) => Math.max(b.before, b.after) - Math.max(a.before, a.after));
  if (rows.length <= mostOperators + 1) return rows;
  const rest = rows.slice(mostOperators);
  const sum = (key: 'before' | 'after'): number => rest.reduce((total, row) => total + row[key], 0);
  const others = { label: `${rest.length} others`, before: sum('before'), after: sum('after') };
  return [...rows.slice(0, mostOperators), others];
}

/** Two bars an operator: today above, chosen below. */
export function operatorBars(report: TuneReport): Markup {
  const rows = operatorRows(report.operators);
  const most = Math.max(...rows.map(({ before, after }) => Math.max(before, after)));
  const bars = rows.map(
    ({ label, before, after }) =>
      html`<span class="label" title="${label}">${label}</span><span class="track pair"><span class="bar" style="width:${share(before, most)}"></span><span class="bar chosen" style="width:${share(after, most)}"></span></span><span class="value">${shownTime(before)} → <span class="strong">${shownTime(after)}</span></span>`,
  );
  return html`<div class="bars">${bars}</div>`;
}

/** Of all ways that were tried, the quickest: median as a dot, and the way from there to p95. */
export function timeBars({ trials, variants, chosen, baseline }: TuneReport): Markup {
  const isSame = ({ settings }: TrialFacts): boolean => settings.batch === chosen.settings.batch;
  const ranked = trials.filter(isSame).toSorted((a, b) => a.p50Ms - b.p50Ms);
  const shown = ranked.filter((trial, k) => k < 12 || trial.id === baseline.id || trial.id === chosen.id);
  const most = Math.max(...shown.map(({ p95Ms }) => p95Ms));
  const bars = shown.map(trial => {
    const { id, p50Ms, p95Ms, variant } = trial;
    const strength = id === chosen.id ? 'label strong' : 'label';
    const note = id === chosen.id ? ' (chosen)' : id === baseline.id ? ' (today)' : '';
    return html`<span class="${strength}" title="${id}">${settingsName(trial)}${note}</span><span class="value"><span class="strong">${shownTime(p50Ms)}</span> · ${shownTime(p95Ms)}</span><span class="track" style="color:${colourOf(variant, variants)}"><span class="range" style="left:${share(p50Ms, most)};width:${share(p95Ms - p50Ms, most)}"></span><span class="tick" style="left:${share(p50Ms, most)}"></span></span>`;
  });
  return html`<div class="bars long">${bars}</div>`;
}

/** 'int8-dynamic · all · 2 x 1': variant, level, threads x instances. */
export const settingsName = ({ variant, settings }: TrialFacts): string =>
  `${variant} · ${settings.graphLevel} · ${settings.threads} × ${settings.instances}`;

/** Memory of the trials that were weighed. */
export function memoryBars({ trials, chosen, baseline }: TuneReport): Markup {
  const weighed = trials.filter(({ memoryBytes }) => memoryBytes !== undefined);
  const most = Math.max(...weighed.map(({ memoryBytes = 0 }) => memoryBytes));
  const bars = weighed
    .toSorted((a, b) => (a.memoryBytes ?? 0) - (b.memoryBytes ?? 0))
    .slice(0, 10)
    .map(trial => {
      const { id, memoryBytes = 0 } = trial;
      const note = id === chosen.id ? ' (chosen)' : id === baseline.id ? ' (today)' : '';
      return html`<span class="label" title="${id}">${settingsName(trial)}${note}</span><span class="value">${shownBytes(memoryBytes)}</span><span class="track"><span class="${id === chosen.id ? 'bar chosen' : 'bar'}" style="width:${share(memoryBytes, most)}"></span></span>`;
    });
  return html`<div class="bars long">${bars}</div>`;
}

/** The race, rung by rung: how many entered, and how many were kept. */
export function rungBars({ rungs }: TuneReport): Markup {
  const most = Math.max(1, ...rungs.map(({ entered }) => entered.length));
  const names = { variants: 'which model', placements: 'where it runs' } as const;
  const bars = rungs.map(
    ({ race, runs, entered, kept }) =>
      html`<span class="label">${names[race]}, ${runs} runs</span><span class="track"><span class="bar" style="width:${share(entered.length, most)}"></span><span class="bar chosen" style="width:${share(kept.length, most)}"></span></span><span class="value">${entered.length} → <span class="strong">${kept.length}</span></span>`,
  );
  return html`<div class="bars">${bars}</div>`;
}
