// How the two versions' figures were distributed: sketches side by side, quantiles in a table.
import type { ArmSketch } from '../judge/judge.js';
import { histogram } from './histogram.js';
import { type Markup, markup } from './markup.js';
import { shownNumber, shownPercent, withSign } from './shown.js';

const titles: Readonly<Record<ArmSketch['figure'], string>> = {
  latency: 'Latency',
  residual: 'Residual of the equation',
  difference: 'Difference of the answers, pair by pair',
  compute: 'Computation per request',
};

/** '1' is the unit of what has none. */
const unitOf = (sketch: ArmSketch | undefined): string =>
  sketch === undefined || sketch.unit === '1' ? '' : sketch.unit;

const shownIn = (value: number | undefined, unit: string): string =>
  value === undefined ? '–' : `${shownNumber(value)}${unit === '' ? '' : ` ${unit}`}`;

const quantileOf = (sketch: ArmSketch | undefined, probability: number): number | undefined =>
  sketch?.quantiles.find(each => each.probability === probability)?.value;

const change = (stable: number | undefined, candidate: number | undefined): string => {
  if (stable === undefined || candidate === undefined || !(stable > 0)) return '–';
  const ratio = candidate / stable - 1;
  return withSign(shownPercent(ratio), ratio);
};

function quantileTable(stable: ArmSketch | undefined, candidate: ArmSketch | undefined): Markup {
  const unit = unitOf(candidate ?? stable);
  const both = [...(stable?.quantiles ?? []), ...(candidate?.quantiles ?? [])].map(({ probability }) => probability);
  const rows = [...new Set(both)]
    .toSorted((a, b) => a - b)
    .map(probability => {
      const [one, other] = [quantileOf(stable, probability), quantileOf(candidate, probability)];
      const name = probability === 0.5 ? 'median' : `p${String(Number((100 * probability).toPrecision(4)))}`;
      return markup`<tr><td>${name}</td><td class="n">${shownIn(one, unit)}</td><td class="n">${shownIn(other, unit)}</td><td class="n">${change(one, other)}</td></tr>`;
    });
  return markup`<div class="scroll"><table><thead><tr><th></th><th class="n">stable</th><th class="n">candidate</th><th class="n">change</th></tr></thead><tbody>${rows}<tr><td>samples</td><td class="n">${stable === undefined ? '–' : String(stable.count)}</td><td class="n">${candidate === undefined ? '–' : String(candidate.count)}</td><td></td></tr></tbody></table></div>`;
}

function card(figure: ArmSketch['figure'], sketches: readonly ArmSketch[]): Markup {
  const arms = (['stable', 'candidate'] as const).flatMap(arm => sketches.find(each => each.arm === arm) ?? []);
  const [stable, candidate] = (['stable', 'candidate'] as const).map(arm => arms.find(each => each.arm === arm));
  const unit = unitOf(arms[0]);
  const picture = histogram(arms) ?? markup`<p class="soft">No sample yet.</p>`;
  return markup`<section><h3>${titles[figure]}${unit === '' ? undefined : markup` <small>[${unit}]</small>`}</h3>${picture}${quantileTable(stable, candidate)}</section>`;
}

/** Nothing where no sketch is kept. */
export function distributionSection(sketches: readonly ArmSketch[]): Markup | undefined {
  const figures = [...new Set(sketches.map(({ figure }) => figure))];
  if (figures.length === 0) return undefined;
  const cards = figures.map(figure =>
    card(
      figure,
      sketches.filter(each => each.figure === figure),
    ),
  );
  return markup`<h2>How both versions answered</h2><div class="grid">${cards}</div>`;
}
