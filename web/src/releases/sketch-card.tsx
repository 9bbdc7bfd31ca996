// How both versions' figures are distributed: bars one above the other, quantiles beside each other.
import type { ArmSketch } from '../api/release-schemas.js';
import { formatValue } from '../format.js';
import { type Bars, quantileName, sketchBars } from './sketch-bars.js';
import { formatFigure } from './words.js';

const titles: Readonly<Record<ArmSketch['figure'], string>> = {
  latency: 'Latency',
  residual: 'Residual',
  difference: 'Difference of answers, pair by pair',
  compute: 'Computation per request',
};

const arms = ['stable', 'candidate'] as const;
const [width, height] = [300, 46];

function Row({ bars }: { readonly bars: Bars }) {
  const step = width / bars.heights.length;
  return (
    <div class="sketch-row" data-arm={bars.arm}>
      <span>{bars.arm}</span>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        {bars.heights.map((each, k) => (
          <rect
            key={k}
            x={k * step}
            y={height - each * (height - 2)}
            width={Math.max(0.5, step - 0.6)}
            height={each * (height - 2)}
          />
        ))}
        <path class="ground" d={`M0 ${height}H${width}`} />
        {bars.quantiles
          .filter(({ at }) => at >= 0 && at <= 1)
          .map(({ name, at }) => (
            <path key={name} class="quantile" d={`M${at * width} 0V${height}`}>
              <title>{name}</title>
            </path>
          ))}
      </svg>
    </div>
  );
}

const shown = (value: number | null | undefined) => formatFigure(value ?? null);

function change(stable: number | null | undefined, candidate: number | null | undefined): string {
  if (stable === undefined || stable === null || candidate === undefined || candidate === null || stable <= 0)
    return '–';
  const percent = 100 * (candidate / stable - 1);
  return `${percent > 0 ? '+' : ''}${formatValue(percent)} %`;
}

export function SketchCard({ sketches }: { readonly sketches: readonly ArmSketch[] }) {
  const figure = sketches[0]?.figure ?? 'latency';
  const { unit = '1' } = sketches[0] ?? {};
  const drawn = sketchBars(sketches);
  const [stable, candidate] = arms.map(arm => sketches.find(each => each.arm === arm));
  const probabilities = [...new Set(sketches.flatMap(({ quantiles }) => quantiles.map(each => each.probability)))].sort(
    (a, b) => a - b,
  );
  const quantile = (sketch: ArmSketch | undefined, probability: number) =>
    sketch?.quantiles.find(each => each.probability === probability)?.value;
  return (
    <section class="card sketch" aria-labelledby={`sketch-${figure}`} data-sketch={figure}>
      <header class="panel-head">
        <h2 id={`sketch-${figure}`}>
          {titles[figure]} {unit !== '1' && unit !== '' && <small>[{unit}]</small>}
        </h2>
      </header>
      {drawn === undefined ? (
        <p class="hint">No sample yet.</p>
      ) : (
        <>
          {drawn.arms.map(bars => (
            <Row key={bars.arm} bars={bars} />
          ))}
          <p class="sketch-ends">
            <span>{formatFigure(drawn.low)}</span>
            <span>{formatFigure(drawn.high)}</span>
          </p>
        </>
      )}
      <table>
        <thead>
          <tr>
            <th scope="col">quantile</th>
            <th scope="col">stable</th>
            <th scope="col">candidate</th>
            <th scope="col">change</th>
          </tr>
        </thead>
        <tbody>
          {probabilities.map(each => {
            const [one, other] = [quantile(stable, each), quantile(candidate, each)];
            return (
              <tr key={each}>
                <th scope="row">{quantileName(each)}</th>
                <td>{shown(one)}</td>
                <td>{shown(other)}</td>
                <td>{change(one, other)}</td>
              </tr>
            );
          })}
          <tr>
            <th scope="row">samples</th>
            <td>{stable?.count ?? '–'}</td>
            <td>{candidate?.count ?? '–'}</td>
            <td />
          </tr>
        </tbody>
      </table>
    </section>
  );
}
